import { createHash, createHmac } from 'node:crypto'

/** Mailchimp signs `${unix seconds}.${raw body}`; header X-Mailchimp-Signature (integrations.md 3.7). */
export function signMailchimp(secret: string, rawBody: string, unixSeconds: number): string {
  const hex = createHmac('sha256', secret).update(`${unixSeconds}.${rawBody}`).digest('hex')
  return `t=${unixSeconds},v1=${hex}`
}

/** Mandrill signs the URL as registered, then key and value of each form field in key order (4.4). */
export function signMandrill(key: string, url: string, fields: Record<string, string>): string {
  const parts = Object.keys(fields)
    .sort()
    .map((name) => name + fields[name])
  return createHmac('sha1', key)
    .update(url + parts.join(''))
    .digest('base64')
}

/** Meta signs the raw body; header X-Hub-Signature-256 (5.7). */
export function signWhatsApp(appSecret: string, rawBody: string): string {
  return `sha256=${createHmac('sha256', appSecret).update(rawBody).digest('hex')}`
}

/** Meta writes everything outside ASCII as lower-case \uXXXX, and signs that text (5.7). */
export function escapedJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** HubSpot v3 signs method, full URI, raw body and the timestamp in milliseconds (6.6). */
export function signHubSpot(secret: string, url: string, rawBody: string, timestampMs: number): string {
  return createHmac('sha256', secret).update(`POST${url}${rawBody}${timestampMs}`).digest('base64')
}

/** Twenty signs the timestamp in milliseconds, a colon and the raw body; header X-Twenty-Webhook-Signature (7). */
export function signTwenty(secret: string, rawBody: string, timestampMs: number): string {
  return createHmac('sha256', secret).update(`${timestampMs}:${rawBody}`).digest('hex')
}

/** Mailchimp's subscriber hash: MD5 of the lower-cased address (8.6). */
export function subscriberHash(email: string): string {
  return createHash('md5').update(email.toLowerCase()).digest('hex')
}
