import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import type { Em } from '../entities/index.ts'
import type { DeliveryReport } from '../marketing/messages.ts'
import { recordDelivery } from '../marketing/messages.ts'
import { mandrillReports, whatsappReports } from '../marketing/reports.ts'
import type { Route } from './start.ts'

export interface WebhookSettings {
  log: Logger
  transaction: <T>(work: (em: Em) => Promise<T>) => Promise<T>
  /** Whether Mandrill signed these form fields. */
  isFromMandrill(fields: Record<string, string>, signature: string | undefined): boolean
  /** Whether Meta signed these bytes. */
  isFromWhatsapp(body: Buffer, signature: string | undefined): boolean
  /** What Meta sends when the webhook is set up; empty: no set-up. */
  whatsappVerifyToken: string
  maxBytes: number
}

/**
 * What vendors report. Only signed bytes are believed; 200 is answered once the report is committed, 503 when it cannot
 * be, so that the vendor repeats it. Replays change nothing.
 */
export function webhookRoutes(settings: WebhookSettings): Record<string, Route> {
  return {
    '/webhooks/mandrill': (request, response) =>
      guarded(settings, response, () => mandrill(settings, request, response)),
    '/webhooks/whatsapp': (request, response) =>
      guarded(settings, response, () => whatsapp(settings, request, response)),
  }
}

async function mandrill(
  settings: WebhookSettings,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // Mandrill tests a new address with HEAD.
  if (request.method !== 'POST') return end(response, request.method === 'HEAD' ? 200 : 405)
  const fields = Object.fromEntries(
    new URLSearchParams((await readBody(request, settings.maxBytes)).toString()),
  )
  if (!settings.isFromMandrill(fields, header(request, 'x-mandrill-signature'))) return end(response, 401)
  await apply(settings, mandrillReports(fields.mandrill_events ?? '[]'))
  end(response, 200)
}

async function whatsapp(
  settings: WebhookSettings,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method === 'GET') return confirmSetUp(settings, request, response)
  if (request.method !== 'POST') return end(response, 405)
  const body = await readBody(request, settings.maxBytes)
  if (!settings.isFromWhatsapp(body, header(request, 'x-hub-signature-256'))) return end(response, 401)
  await apply(settings, whatsappReports(body.toString()))
  end(response, 200)
}

/** Meta's handshake: the challenge comes back when the token is ours. */
function confirmSetUp(
  { whatsappVerifyToken }: WebhookSettings,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const query = new URL(request.url ?? '', 'http://localhost').searchParams
  const ours = whatsappVerifyToken !== '' && query.get('hub.verify_token') === whatsappVerifyToken
  if (query.get('hub.mode') !== 'subscribe' || !ours) end(response, 403)
  else response.writeHead(200, { 'content-type': 'text/plain' }).end(query.get('hub.challenge') ?? '')
}

async function apply({ transaction, log }: WebhookSettings, reports: DeliveryReport[]): Promise<void> {
  for (const report of reports) {
    const known = await transaction((em) => recordDelivery(em, report))
    if (!known) log.debug({ provider: report.provider }, 'A report about a message that is not ours')
  }
}

async function guarded(
  { log }: WebhookSettings,
  response: ServerResponse,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work()
  } catch (error) {
    const status = error instanceof BodyTooLarge ? 413 : error instanceof SyntaxError ? 400 : 503
    log.warn({ err: error, status }, 'A webhook was not taken')
    end(response, status)
  }
}

class BodyTooLarge extends Error {}

async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) throw new BodyTooLarge(`over ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const header = (request: IncomingMessage, name: string) => request.headers[name]?.toString()

function end(response: ServerResponse, status: number): void {
  if (!response.headersSent) response.writeHead(status).end()
}
