import type { ServerResponse } from 'node:http'
import type { WebhookVendor } from '../../entities/webhook-receipt.ts'
import type { WebhookAccount } from './account.ts'

/**
 * How a vendor tests an address when a webhook is created; undefined for a method that is not accepted. The tests of
 * Mailchimp and Mandrill prove nothing and tell nothing, so anybody gets their answer.
 */
const handshakes: Record<WebhookVendor, Record<string, 'welcome' | 'challenge'>> = {
  mailchimp: { GET: 'welcome', HEAD: 'welcome' },
  mandrill: { HEAD: 'welcome' },
  whatsapp: { GET: 'challenge' },
  hubspot: {},
  twenty: {},
}

/** What a request that is no POST asks for. */
export function handshakeOf(vendor: WebhookVendor, method: string): 'welcome' | 'challenge' | undefined {
  return handshakes[vendor][method]
}

/** Meta's test: its challenge comes back, as plain text, when it knows our token. */
export function answerChallenge(
  response: ServerResponse,
  url: string,
  { whatsappVerifyToken: token }: WebhookAccount,
): void {
  const query = new URL(url, 'http://localhost').searchParams
  const isOurs = Boolean(token) && query.get('hub.verify_token') === token
  if (query.get('hub.mode') !== 'subscribe' || !isOurs) response.writeHead(403).end()
  else response.writeHead(200, { 'content-type': 'text/plain' }).end(query.get('hub.challenge') ?? '')
}
