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
