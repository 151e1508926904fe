/** What the sandbox's own tests are made of: one started sandbox, calls, and a webhook receiver. */
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type SandboxOptions, startSandbox } from '../../sandbox/server.ts'
import { readBody } from '../../sandbox/traffic.ts'

const mailchimpKey = '0123456789abcdef0123456789abcdef-us19'
const tokens: Record<string, string> = {
  '/mc': `Basic ${Buffer.from(`any:${mailchimpKey}`).toString('base64')}`,
  '/wa': 'Bearer EAAsandbox',
  '/hs': 'Bearer pat-na1-sandbox',
  '/tw': 'Bearer twenty-sandbox-key',
}

/** Tests read a body as what they expect it to be, like anything JSON.parse returns. */
type Answer = { status: number; body: ReturnType<typeof JSON.parse>; headers: Headers }

/** Calls a path with the vendor's credentials; objects are sent as JSON, texts as they are. */
type Ask = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>

export async function startTestSandbox(options: SandboxOptions = {}) {
  const sandbox = await startSandbox(options)
  const ask: Ask = async (method, path, body, headers = {}) => {
    const authorization = tokens[path.slice(0, 3)]
    const response = await fetch(sandbox.url + path, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(authorization ? { authorization } : {}),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const raw = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json')
    return { status: response.status, body: isJson ? JSON.parse(raw) : raw, headers: response.headers }
  }
  return { ...sandbox, ask }
}

export type Received = { method: string; headers: IncomingHttpHeaders; body: string; at: number }

/** Takes webhooks; `answers` are the statuses of the first ones, then 200. */
export async function startReceiver(answers: number[] = []) {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    const { method = '', headers } = request
    received.push({ method, headers, body: (await readBody(request)) ?? '', at: Date.now() })
    response.writeHead(answers.shift() ?? 200).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/hook?tenant=t1`,
    received,
    async until(count: number): Promise<Received[]> {
      for (let turn = 0; turn < 300 && received.length < count; turn += 1) await wait(10)
      return received
    },
    close() {
      server.closeAllConnections()
      return new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
