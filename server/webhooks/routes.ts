import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { type WebhookVendor, webhookVendors } from '../../entities/webhook-receipt.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { isForeign } from '../../marketing/webhooks/account.ts'
import { type ReportedEvent, splitBody, UnreadableBody } from '../../marketing/webhooks/split.ts'
import { readBytes } from '../body.ts'
import { BodyRefused } from '../body-budget.ts'
import { correlationIdOf } from '../edge-context.ts'
import type { Route } from '../start.ts'
import { pathOf } from '../upgrade.ts'
import type { FindAccount, WebhookAccount } from './account.ts'
import { answerChallenge, handshakeOf } from './handshake.ts'
import { storeEvents } from './store.ts'

export interface WebhookSettings {
  log: Logger
  ledger: Ledger
  account: FindAccount
  /** Our address as vendors know it, without a slash at its end. Some sign it. */
  publicUrl: string
}

/** Vendors send up to 1000 events at once; GraphQL's own limit would be too small for that. */
const maxBytes = 8_000_000

/** Where vendors report to. The path before the vendor's name, for `startServer`. */
const webhooksPath = '/webhooks/'

/**
 * What vendors report, taken in five steps.
 * 1. Whose account is it? 2. What of it is signed? Nothing else is read. 3. Split it into events, and tell ours from
 * those about other accounts. 4. Keep each of ours once, with a job for each that is new: one transaction. 5. Answer 200. The job does the rest.
 * While the database is away the answer is 503, so that the vendor repeats the report; never 410, at which Mailchimp would
 * stop for good.
 */
export function webhookRoutes(settings: WebhookSettings): Record<string, Route> {
  return {
    [webhooksPath]: async (request, response) => {
      const [vendor, integrationId, ...more] = pathOf(request).slice(webhooksPath.length).split('/')
      if (!isVendor(vendor) || more.length > 0) return end(response, 404)
      try {
        await take(settings, vendor, integrationId, request, response)
      } catch (error) {
        refuse(settings.log, vendor, error, response)
      }
    },
  }
}

const isVendor = (name: string | undefined): name is WebhookVendor =>
  (webhookVendors as readonly (string | undefined)[]).includes(name)

async function take(
  settings: WebhookSettings,
  vendor: WebhookVendor,
  integrationId: string | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = '', url = '' } = request
  const handshake = handshakeOf(vendor, method)
  if (handshake === 'welcome') return end(response, 200)
  if (!handshake && method !== 'POST') return end(response, 405)
  const account = await settings.account(vendor, integrationId)
  if (!account) return end(response, 404)
  if (handshake) return answerChallenge(response, url, account)
  const rawBody = await readBytes(request, maxBytes)
  // Mailchimp may test a new address with a POST of nothing.
  if (vendor === 'mailchimp' && rawBody.length === 0) return end(response, 200)
  const signed = signedText(settings, account, request, rawBody)
  if (signed === undefined) return end(response, 401)
  const about = {
    workspaceId: account.workspaceId,
    vendor,
    correlationId: correlationIdOf(request.headers['x-correlation-id']),
  }
  const events = splitBody(vendor, signed)
  const foreign = events.filter((event) => isForeign(vendor, event.about, account.ids))
  const ours = events.filter((event) => !foreign.includes(event))
  await storeEvents(settings.ledger, about, { ours, foreign })
  if (foreign[0]) logForeign(settings.log, about, foreign)
  end(response, 200)
}

/** Answered like any other, so that the vendor does not give our address up for what concerns somebody else. */
function logForeign(
  log: Logger,
  { vendor, workspaceId }: { vendor: WebhookVendor; workspaceId: string },
  foreign: readonly ReportedEvent[],
): void {
  const named = [...new Set(foreign.map(({ about }) => JSON.stringify(about)))].slice(0, 10)
  log.warn(
    { vendor, workspaceId, events: foreign.length, named },
    'Webhook events about another account were not applied; if it is yours, set its id in the account’s settings',
  )
}

function signedText(
  { publicUrl }: WebhookSettings,
  account: WebhookAccount,
  { method = '', url = '', headers }: IncomingMessage,
  rawBody: Buffer,
): string | undefined {
  const header = (name: string) => headers[name]?.toString()
  return account.open({ method, uri: publicUrl + url, rawBody, header, nowMs: Date.now() })
}

/** Says what went wrong without repeating what was sent: not even the error's text, which may hold values. */
function refuse(log: Logger, vendor: WebhookVendor, error: unknown, response: ServerResponse): void {
  const status = error instanceof BodyRefused ? error.status : error instanceof UnreadableBody ? 400 : 503
  const { name, code } = error as Error & { code?: string }
  log.warn({ vendor, status, code: code ?? name }, 'A webhook was not taken')
  end(response, status)
}

function end(response: ServerResponse, status: number): void {
  // What was not read would be taken for the next request.
  if ([408, 413, 429, 503].includes(status)) response.setHeader('Connection', 'close')
  if (status === 429 || status === 503) response.setHeader('Retry-After', 5)
  if (!response.headersSent) response.writeHead(status).end()
}
