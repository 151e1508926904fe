import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { control } from './control.ts'
import { type Call, replyOf } from './exchange.ts'
import type { Settings } from './settings.ts'
import { addresseeOf, readBytes, serve, write } from './traffic.ts'
import type { Webhooks } from './webhooks.ts'
import { createWorld, type World } from './world.ts'

/** `port` 0 (the default) takes a free one; `settings` are those a reset returns to. */
export type SandboxOptions = { port?: number; webhooks?: Webhooks; settings?: Partial<Settings> }
export type Sandbox = { url: string; port: number; close(): Promise<void> }

const KEEP_ALIVE_MS = 60_000

/**
 * Starts stand-ins for Mailchimp (`/mc/3.0`), Mandrill (`/mandrill/api/1.0`), WhatsApp (`/wa`),
 * HubSpot (`/hs`) and Twenty (`/twenty`) on one local port, with a control API under `/_sandbox`.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const start = { webhooks: options.webhooks ?? {}, settings: options.settings ?? {} }
  let world = createWorld(start)
  const reset = (): void => {
    world.courier.close()
    world = createWorld({ ...start, webhooks: world.webhooks })
  }
  const server = createServer((request, response) => {
    handle({ world: () => world, reset }, request, response).catch((error: unknown) =>
      giveUp(response, error),
    )
  })
  server.keepAliveTimeout = KEEP_ALIVE_MS
  const port = await listen(server, options.port ?? 0)
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    async close() {
      world.courier.close()
      await closed(server)
    },
  }
}

type Holder = { world(): World; reset(): void }

async function handle(holder: Holder, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://sandbox')
  const addressee = addresseeOf(url.pathname)
  if (addressee) return serve(holder.world(), { request, response, url, ...addressee })
  const bytes = (await readBytes(request)) ?? Buffer.alloc(0)
  const call: Call = {
    method: request.method ?? 'GET',
    path: url.pathname.replace(/^\/_sandbox/, ''),
    query: url.searchParams,
    headers: request.headers,
    body: bytes.toString(),
    bytes,
  }
  const isControl = url.pathname === '/_sandbox' || url.pathname.startsWith('/_sandbox/')
  write(
    response,
    isControl
      ? await replyOf(() => control(holder, call))
      : { status: 404, body: { error: 'see /_sandbox' } },
  )
}

/** A fault of the sandbox itself is told as such; a caller who left gets nothing. */
function giveUp(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.req.aborted) response.destroy()
  else write(response, { status: 500, body: { error: `the sandbox failed: ${String(error)}` } })
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
