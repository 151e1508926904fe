import type { IncomingMessage } from 'node:http'
import { BodyRefused, bodyAccountOf } from './body-budget.ts'

/**
 * Reads the body of a request.
 * @returns its text
 * @throws BodyRefused when it is longer than `maxBytes`, takes too long, or there is no room for it
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<string> {
  return (await readBytes(request, maxBytes)).toString()
}

/** The same as bytes, for signatures. */
export async function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw new BodyRefused(413)
  const account = bodyAccountOf(request)
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  let chunks: Buffer[] = []
  let bytes = 0
  let refused = false

  /** What still comes is let go, so that the answer can be read. */
  function refuse(reason: Error): void {
    refused = true
    chunks = []
    reject(reason)
  }
  function keep(chunk: Buffer): void {
    bytes += chunk.length
    if (bytes > maxBytes) throw new BodyRefused(413)
    account?.take(chunk.length)
    chunks.push(chunk)
  }
  const timer = account && setTimeout(() => refuse(new BodyRefused(408)), account.timeoutMs)
  request.on('data', (chunk: Buffer) => {
    if (refused) return
    try {
      keep(chunk)
    } catch (error) {
      refuse(error as Error)
    }
  })
  request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
  request.on('error', refuse)
  request.on('close', () => refuse(new Error('The client left')))
  return promise.finally(() => clearTimeout(timer))
}

/** The JSON in a text; undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Whether a body is sent as JSON in UTF-8. */
export function sendsJson({ headers }: IncomingMessage): boolean {
  const type = (headers['content-type'] ?? '').toLowerCase().replaceAll(' ', '')
  return type === 'application/json' || type === 'application/json;charset=utf-8'
}

/**
 * Hands a body that has been read to Yoga, the way it knows from other frameworks. A text that is no JSON object is
 * handed over as text (its beginning, which is no better), so that Yoga says what is wrong with it.
 */
export function handOver(request: IncomingMessage, text: string, parsed: unknown): void {
  const usable = typeof parsed === 'object' && parsed !== null && Object.keys(parsed).length > 0
  Object.assign(request, { body: usable ? parsed : text.slice(0, 200) || ' ' })
}
