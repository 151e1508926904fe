// What of a request a vendor signed. Only that may be acted upon, so reading it and checking it are one step.

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

/** The signed text: a body, or the one field of a form that is read. Undefined: nobody of these secrets signed it. */
type Open = (secrets: readonly string[], request: SignedRequest) => string | undefined

const openers = {
  mailchimp(secrets, { rawBody, header, nowMs }) {
    const signed = verifyMailchimp(secrets, rawBody, header('x-mailchimp-signature'), nowMs)
    return signed && formOf(rawBody) ? rawBody.toString() : undefined
  },
  mandrill: openMandrillForm,
  whatsapp: (secrets, { rawBody, header }) =>
    verifyWhatsapp(secrets, rawBody, header('x-hub-signature-256')) ? rawBody.toString() : undefined,
  hubspot(secrets, { method, uri, rawBody, header, nowMs }) {
    const request = { method, uri, rawBody, timestamp: header('x-hubspot-request-timestamp') }
    const signed = verifyHubspot(secrets, request, header('x-hubspot-signature-v3'), nowMs)
    return signed ? rawBody.toString() : undefined
  },
  twenty(secrets, { rawBody, header, nowMs }) {
    const [timestamp, signature] = ['x-twenty-webhook-timestamp', 'x-twenty-webhook-signature'].map(header)
    return verifyTwenty(secrets, rawBody, timestamp, signature, nowMs) ? rawBody.toString() : undefined
  },
} satisfies Record<string, Open>

/**
 * The text a vendor signed with one of these secrets, to be read instead of the request: for Mandrill the JSON of its
 * events, for the others the body. Undefined when the signature does not fit, or a form names a field twice.
 * Without secrets nothing is believed.
 */
export function openWebhook(
  vendor: keyof typeof openers,
  secrets: readonly string[],
  request: SignedRequest,
): string | undefined {
  return openers[vendor](secrets, request)
}

/** Signs the test of a new webhook, which has no key of its own yet. Everybody knows it, so it never signs events. */
const testKey = 'test-webhook'

/** Mandrill sends one field and signs it by name and value; anything beside it would be read by nobody. */
function openMandrillForm(
  keys: readonly string[],
  { uri, rawBody, header }: SignedRequest,
): string | undefined {
  const form = formOf(rawBody)
  const events = form?.get('mandrill_events')
  if (form?.size !== 1 || events === undefined) return undefined
  const own = keys.filter((key) => key !== testKey)
  const known = events === '[]' ? [...own, testKey] : own
  const signed = verifyMandrill(known, uri, { mandrill_events: events }, header('x-mandrill-signature'))
  return signed ? events : undefined
}

/** The fields of a form; undefined when one comes twice, as readers differ in which of the two they take. */
function formOf(rawBody: Buffer): Map<string, string> | undefined {
  const pairs = [...new URLSearchParams(rawBody.toString())]
  const fields = new Map(pairs)
  return fields.size === pairs.length ? fields : undefined
}
