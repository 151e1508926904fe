import type { IncomingMessage } from 'node:http'

/**
 * Reads the body of a request.
 * @returns its text, or undefined when it is longer than `maxBytes`
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  return (await readBytes(request, maxBytes))?.toString()
}

/** The same as bytes, for signatures. */
export async function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return undefined
  const { promise, resolve, reject } = Promise.withResolvers<Buffer | undefined>()
  const chunks: Buffer[] = []
  let bytes = 0
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= maxBytes) chunks.push(chunk)
    else resolve(undefined)
  })
  request.on('end', () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)))
  request.on('error', reject)
  return promise
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
