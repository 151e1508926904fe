// Which part of a request proves, for each vendor, that a webhook is the vendor's.

import { verifyHubspot, verifyMailchimp, verifyMandrill, verifyTwenty, verifyWhatsapp } from './signatures.ts'

/** A request as far as signatures cover it. */
export interface SignedRequest {
  method: string
  /** The address the vendor called: our public one, with query. */
  uri: string
  /** The bytes as they came: a body that was parsed and printed again may not fit its signature. */
  rawBody: Buffer
  header(name: string): string | undefined
  /** Our clock, in milliseconds since 1970. */
  nowMs: number
}

type Verify = (secrets: readonly string[], request: SignedRequest) => boolean

const verifiers = {
  mailchimp: (secrets, { rawBody, header, nowMs }) =>
    verifyMailchimp(secrets, rawBody, header('x-mailchimp-signature'), nowMs),
  mandrill: verifyMandrillForm,
  whatsapp: (secrets, { rawBody, header }) => verifyWhatsapp(secrets, rawBody, header('x-hub-signature-256')),
  hubspot: (secrets, { method, uri, rawBody, header, nowMs }) => {
    const timestamp = header('x-hubspot-request-timestamp')
    return verifyHubspot(
      secrets,
      { method, uri, rawBody, timestamp },
      header('x-hubspot-signature-v3'),
      nowMs,
    )
  },
  twenty: (secrets, { rawBody, header, nowMs }) =>
    verifyTwenty(
      secrets,
      rawBody,
      header('x-twenty-webhook-timestamp'),
      header('x-twenty-webhook-signature'),
      nowMs,
    ),
} satisfies Record<string, Verify>

/** Whether a vendor signed a request with one of these secrets. Without secrets nothing is believed. */
export function verifyWebhook(
  vendor: keyof typeof verifiers,
  secrets: readonly string[],
  request: SignedRequest,
): boolean {
  return verifiers[vendor](secrets, request)
}

/** Signs the test of a new webhook, which has no key of its own yet; that test tells of no events. */
const testKey = 'test-webhook'

function verifyMandrillForm(keys: readonly string[], { uri, rawBody, header }: SignedRequest): boolean {
  const fields = Object.fromEntries(new URLSearchParams(rawBody.toString()))
  const known = fields.mandrill_events === '[]' ? [...keys, testKey] : keys
  return verifyMandrill(known, uri, fields, header('x-mandrill-signature'))
}
