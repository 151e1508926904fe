import { Transform } from 'node:stream'
import { dumpEnd, firstTable } from './dump.ts'

const tailBytes = 256

/** A dump that passes. */
export interface DumpWatch {
  stream: Transform
  /** Resolves when the first table comes, which is after the dump's snapshot was taken. */
  begun: Promise<void>
  /** Whether its last words have come. */
  isWhole(): boolean
}

/** Lets a dump pass, telling how long it is by now. */
export function watchDump(onBytes: (bytes: number) => void): DumpWatch {
  const { promise: begun, resolve } = Promise.withResolvers<void>()
  let bytes = 0
  let head: string | undefined = ''
  let tail = Buffer.alloc(0)
  const stream = new Transform({
    transform(chunk: Buffer, _, next) {
      bytes += chunk.length
      tail = Buffer.concat([tail, chunk.subarray(-tailBytes)]).subarray(-tailBytes)
      if (head !== undefined) head += chunk.toString('latin1')
      if (head?.includes(firstTable)) {
        head = undefined
        resolve()
      }
      onBytes(bytes)
      next(null, chunk)
    },
  })
  return { stream, begun, isWhole: () => tail.includes(dumpEnd) }
}
