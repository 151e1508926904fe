// For tests: a real HTTP server that gives the answers it was told to and remembers the requests it got.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface StubAnswer {
  status?: number
  /** An object is sent as JSON, a string as it is. */
  body?: unknown
  headers?: Record<string, string>
}

/** An answer, or a function that treats the connection as badly as it likes. */
type StubReply = StubAnswer | ((request: IncomingMessage, response: ServerResponse) => void)

interface StubRequest {
  method: string
  path: string
  headers: IncomingMessage['headers']
  body: unknown
}

export interface Stub {
  url: string
  requests: StubRequest[]
  /** What the next requests get, until told otherwise. */
  reply: StubReply
  [Symbol.asyncDispose](): Promise<void>
}

/** Starts a stub on a free port of this machine. */
export async function startStub(reply: StubReply = {}): Promise<Stub> {
  const server = createServer((request, response) => void answer(stub, request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stub: Stub = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    reply,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return stub
}

async function answer(stub: Stub, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  const { method = '', url: path = '', headers } = request
  stub.requests.push({ method, path, headers, body: bodyOf(headers['content-type'], text) })
  if (typeof stub.reply === 'function') return stub.reply(request, response)
  const { status = 200, body = '' } = stub.reply
  response.writeHead(status, stub.reply.headers).end(typeof body === 'string' ? body : JSON.stringify(body))
}

/** JSON is parsed, anything else stays as it came. */
function bodyOf(type: string | undefined, text: string): unknown {
  if (text === '') return undefined
  return type?.includes('json') ? JSON.parse(text) : text
}

/** The rejection of a promise that must not be fulfilled. */
export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    (value) => {
      throw new Error(`expected a failure, got ${JSON.stringify(value)}`)
    },
    (error: unknown) => error,
  )
}
