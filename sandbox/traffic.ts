/**
 * The way of one request to a vendor:
 * 1. A vendor that is down cuts the connection.
 * 2. The request is read and takes one of the account's connections.
 * 3. A fault may cut the connection or answer, before the vendor sees the request.
 * 4. The vendor answers: now the effect has happened and its webhooks are on their way.
 * 5. The vendor's latency and the fault's delay pass, so webhooks can overtake the answer.
 * 6. The answer is written, replaced or lost.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Call, Refusal, type Reply, redact, replyOf, type Vendor } from './exchange.ts'
import { type Action, type Fault, faultyReply } from './faults.ts'
import type { World } from './world.ts'

const prefixes: [prefix: string, vendor: Vendor][] = [
  ['/mc/3.0', 'mailchimp'],
  ['/mc/results', 'mailchimp'],
  ['/mandrill/api/1.0', 'mandrill'],
  ['/wa', 'whatsapp'],
  ['/hs', 'hubspot'],
  ['/twenty', 'twenty'],
]
/** A document of 100 MB with its form around it. */
const BODY_MAX = 106_000_000

/** The vendor a path belongs to, and the path as that vendor knows it. */
export function addresseeOf(path: string): { vendor: Vendor; path: string } | undefined {
  const [prefix, vendor] = prefixes.find(([start]) => path.startsWith(`${start}/`)) ?? []
  return prefix && vendor ? { vendor, path: path.slice(prefix.length) } : undefined
}

type Exchange = { request: IncomingMessage; response: ServerResponse; url: URL; vendor: Vendor; path: string }

/** Answers one request to a vendor and writes it into the history. */
export async function serve(world: World, exchange: Exchange): Promise<void> {
  const { request, response, url, vendor, path } = exchange
  const method = request.method ?? 'GET'
  const entry = {
    vendor,
    method,
    path: url.pathname,
    auth: 'none',
    fault: null,
    at: new Date().toISOString(),
  }
  if (world.down.has(vendor)) {
    request.socket.destroy()
    return world.history.add({ ...entry, status: null, fault: 'down' })
  }
  const bytes = await readBytes(request)
  if (bytes === undefined) return write(response, { status: 413 })
  const { searchParams: query } = url
  const call: Call = { method, path, query, headers: request.headers, body: bytes.toString(), bytes }
  const fault = world.faults.take(vendor, method, url.pathname, path)
  const reply = await answer(world, vendor, call, fault)
  const isCut = reply === undefined || world.down.has(vendor)
  const auth = redact(world.vendors[vendor].credential(call))
  world.history.add({ ...entry, auth, fault: fault?.id ?? null, status: isCut ? null : reply.status })
  if (isCut) request.socket.destroy()
  else write(response, reply)
}

/** The vendor's answer as faults leave it; undefined = the answer is lost. */
async function answer(
  world: World,
  vendor: Vendor,
  call: Call,
  fault: Fault | undefined,
): Promise<Reply | undefined> {
  const api = world.vendors[vendor]
  let leave: (() => void) | undefined
  try {
    leave = api.enter?.(call)
    const action = fault?.action ?? {}
    const real = keepsFromVendor(action) ? null : await replyOf(() => api.handle(call))
    await pause(world.settings[`${vendor}LatencyMs`] + (action.delayMs ?? 0))
    if (action.drop) return undefined
    return faultyReply(action, real, api.failure) ?? real ?? undefined
  } catch (error) {
    if (error instanceof Refusal) return error.reply
    throw error
  } finally {
    leave?.()
  }
}

function keepsFromVendor({ drop, status, effect }: Action): boolean {
  if (drop !== undefined) return drop === 'before'
  return status !== undefined && effect !== true
}

async function pause(delayMs: number): Promise<void> {
  if (delayMs > 0) await sleep(delayMs)
}

/** The whole body as text; undefined = larger than any vendor takes. */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  return (await readBytes(request))?.toString()
}

/** The whole body; undefined = larger than any vendor takes. */
export async function readBytes(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > BODY_MAX) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Writes an answer: texts and bytes as they are, everything else as JSON. */
export function write(response: ServerResponse, { status, body, headers }: Reply): void {
  const content = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
  const type = body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }
  response.writeHead(status, { ...type, 'content-length': Buffer.byteLength(content ?? ''), ...headers })
  response.end(content)
}
