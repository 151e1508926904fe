// Proof that a webhook comes from the vendor. Each check takes several secrets, so that one can be rotated without
// losing a webhook; a secret that is empty never fits.

import { createHmac, timingSafeEqual } from 'node:crypto'

/**
 * Mandrill: base64 HMAC-SHA1 over the URL as registered (with query and basic-auth part) and every POST field, sorted:
 * key + value. While a webhook is being created the key is the literal `test-webhook`.
 */
export function verifyMandrill(
  keys: string | readonly string[],
  url: string,
  formFields: Record<string, string>,
  header: string | undefined,
): boolean {
  const fields = Object.keys(formFields).sort()
  const signed = url + fields.map((name) => name + formFields[name]).join('')
  return anyFits(keys, header, (key) => createHmac('sha1', key).update(signed).digest('base64'))
}

/**
 * WhatsApp: `sha256=` and hex HMAC-SHA256 of the app secret over the raw body. Meta signs its own escapes (`\u00e9`),
 * so a body that was parsed and printed again is rejected.
 */
export function verifyWhatsapp(
  secrets: string | readonly string[],
  rawBody: Uint8Array | string,
  header: string | undefined,
): boolean {
  return anyFits(
    secrets,
    header,
    (secret) => `sha256=${createHmac('sha256', secret).update(rawBody).digest('hex')}`,
  )
}

/** HubSpot's signature covers these escapes decoded, and no others. */
const HUBSPOT_ESCAPES: Record<string, string> = {
  '%3A': ':',
  '%2F': '/',
  '%3F': '?',
  '%40': '@',
  '%21': '!',
  '%24': '$',
  '%27': "'",
  '%28': '(',
  '%29': ')',
  '%2A': '*',
  '%2C': ',',
  '%3B': ';',
}

/** How far the time of a signature may be from ours, in milliseconds; HubSpot's own rule, used for Twenty as well. */
const SIGNATURE_MS = 5 * 60_000

/**
 * HubSpot v3: base64 HMAC-SHA256 over method, URI, raw body and timestamp. `uri` is the address as registered, built from
 * our public URL: behind a proxy the request names another host. The older versions have no key and are not accepted.
 */
export function verifyHubspot(
  secrets: string | readonly string[],
  request: {
    method: string
    uri: string
    rawBody: Uint8Array | string
    /** `X-HubSpot-Request-Timestamp`. */
    timestamp: string | undefined
  },
  header: string | undefined,
  nowMs: number,
): boolean {
  const { method, rawBody, timestamp } = request
  if (!isRecent(timestamp, nowMs)) return false
  const uri = request.uri.replace(/%[0-9a-f]{2}/gi, (code) => HUBSPOT_ESCAPES[code.toUpperCase()] ?? code)
  return anyFits(secrets, header, (secret) =>
    createHmac('sha256', secret)
      .update(method + uri)
      .update(rawBody)
      .update(timestamp)
      .digest('base64'),
  )
}

/** Twenty: hex HMAC-SHA256 over `X-Twenty-Webhook-Timestamp` (milliseconds), a colon and the raw body. */
export function verifyTwenty(
  secrets: string | readonly string[],
  rawBody: Uint8Array | string,
  timestamp: string | undefined,
  header: string | undefined,
  nowMs: number,
): boolean {
  if (!isRecent(timestamp, nowMs)) return false
  return anyFits(secrets, header, (secret) =>
    createHmac('sha256', secret).update(`${timestamp}:`).update(rawBody).digest('hex'),
  )
}

function isRecent(timestamp: string | undefined, nowMs: number): timestamp is string {
  return /^\d{13}$/.test(timestamp ?? '') && Math.abs(nowMs - Number(timestamp)) <= SIGNATURE_MS
}

/** A webhook of Mailchimp older or newer than this may be a replay. */
const MAILCHIMP_TOLERANCE_MS = 300_000

/**
 * Mailchimp: `X-Mailchimp-Signature: t=<Unix seconds>,v1=<hex>`, hex HMAC-SHA256 of the webhook's own secret over
 * `<t>.<raw body>`. There may be several `v1`. `nowMs` is our clock, in milliseconds.
 * (https://mailchimp.com/developer/marketing/guides/sync-audience-data-webhooks/)
 */
export function verifyMailchimp(
  secrets: string | readonly string[],
  rawBody: Uint8Array | string,
  header: string | undefined,
  nowMs: number,
): boolean {
  const parts = header?.split(',').map((part) => part.trim()) ?? []
  const times = parts.flatMap((part) => /^t=(\d{1,15})$/.exec(part)?.[1] ?? [])
  const [time] = times
  if (time === undefined || times.length > 1) return false
  if (Math.abs(nowMs - Number(time) * 1000) > MAILCHIMP_TOLERANCE_MS) return false
  const given = parts.filter((part) => part.startsWith('v1=')).map((part) => part.slice(3))
  const signed = [secrets]
    .flat()
    .filter((secret) => secret !== '')
    .map((secret) => createHmac('sha256', secret).update(`${time}.`).update(rawBody).digest('hex'))
  return signed.some((signature) => given.some((candidate) => sameText(signature, candidate)))
}

function anyFits(
  secrets: string | readonly string[],
  header: string | undefined,
  sign: (secret: string) => string,
): boolean {
  if (header === undefined) return false
  return [secrets].flat().some((secret) => secret !== '' && sameText(sign(secret), header))
}

/** timingSafeEqual throws when the lengths differ; that a length is wrong is no secret. */
function sameText(expected: string, given: string): boolean {
  const [left, right] = [Buffer.from(expected), Buffer.from(given)]
  return left.length === right.length && timingSafeEqual(left, right)
}
