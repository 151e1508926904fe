import { Transform } from 'node:stream'
import { dumpEnd } from './dump.ts'

const tailBytes = 256

/** Lets a dump pass, telling how long it is by now. `isWhole` tells whether its last words have come. */
export function watchDump(onBytes: (bytes: number) => void): { stream: Transform; isWhole: () => boolean } {
  let bytes = 0
  let tail = Buffer.alloc(0)
  const stream = new Transform({
    transform(chunk: Buffer, _, next) {
      bytes += chunk.length
      tail = Buffer.concat([tail, chunk.subarray(-tailBytes)]).subarray(-tailBytes)
      onBytes(bytes)
      next(null, chunk)
    },
  })
  return { stream, isWhole: () => tail.includes(dumpEnd) }
}
