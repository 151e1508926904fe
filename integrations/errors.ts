// The one error that leaves this folder. Callers outside may import only types from here, so they tell it by its
// fields (`name`, `errorClass`), never by `instanceof`.

/** Every system we call. `smtp` is a mail server, `twenty` the CRM of that name. */
const vendors = ['mailchimp', 'mandrill', 'smtp', 'whatsapp', 'hubspot', 'twenty'] as const
export type Vendor = (typeof vendors)[number]

/**
 * What a failed call means for whoever made it.
 * - `TRANSIENT`: it had no effect, or repeating it is harmless; try again later
 * - `THROTTLED`: back later, without using an attempt
 * - `PERMANENT`: the same request will never succeed
 * - `AUTH`: the account is stopped (key, permission, payment, policy); a person has to act, so park the jobs
 * - `UNKNOWN`: it may have been executed and the answer is lost; never repeat it blindly
 */
export type ErrorClass = 'TRANSIENT' | 'THROTTLED' | 'PERMANENT' | 'AUTH' | 'UNKNOWN'

/** Who has to wait: everybody who uses the account, or only messages to this one recipient. */
export type ThrottleScope = 'account' | 'recipient'

interface VendorErrorFields {
  vendor: Vendor
  operation: string
  errorClass: ErrorClass
  /** The vendor's own code, title or name; for transport failures the code of Node. */
  code: string
  /** What it means, in our words: no value from the request or the answer. */
  meaning: string
  status?: number | undefined
  retryAfterMs?: number | undefined
  requestId?: string | undefined
  recipientRefused?: boolean | undefined
  throttleScope?: ThrottleScope | undefined
}

/** A vendor's refusal or silence, classified. Its message never holds personal data or keys. */
export class VendorError extends Error {
  override readonly name = 'VendorError'
  readonly vendor: Vendor
  readonly operation: string
  readonly errorClass: ErrorClass
  readonly code: string
  readonly status: number | undefined
  /** How long the vendor wants us to wait, in milliseconds; an hour at most. */
  readonly retryAfterMs: number | undefined
  /** The vendor's id of this request, for its support. */
  readonly requestId: string | undefined
  /** The vendor will not deliver to this person: give the recipient up, not the campaign. */
  readonly recipientRefused: boolean
  readonly throttleScope: ThrottleScope

  constructor(fields: VendorErrorFields) {
    super(describe(fields))
    this.vendor = fields.vendor
    this.operation = fields.operation
    this.errorClass = fields.errorClass
    this.code = fields.code
    this.status = fields.status
    this.retryAfterMs = fields.retryAfterMs
    this.requestId = fields.requestId
    this.recipientRefused = fields.recipientRefused ?? false
    this.throttleScope = fields.throttleScope ?? 'account'
  }
}

function describe({ vendor, operation, status, code, meaning }: VendorErrorFields): string {
  const answer = status === undefined ? 'no answer' : `${vendor === 'smtp' ? 'SMTP' : 'HTTP'} ${status}`
  return `${vendor} ${operation}: ${answer}, ${code}: ${meaning}`
}

const EMAIL = /[^\s"'<>()[\]{},;:=]+(?:@|%40)[^\s"'<>()[\]{},;:=]+/gi
const PHONE = /\+?\d[\d\s()./-]{5,}\d/g
/** Long runs are keys, tokens, subscriber hashes and message ids. */
const OPAQUE = /[\w~+/=-]{24,}/g

/**
 * Makes a vendor's free text fit for logs and for the job's row: everything that looks like an address, `known` (the
 * person's data and our credentials, as sent), phone numbers and tokens are blotted out; at most 300 characters.
 */
export function scrub(text: string, known: readonly string[]): string {
  const withoutEmails = shorten(text).replace(EMAIL, '[email]')
  const clean = known
    .filter((value) => value.trim().length > 1)
    .reduce(blot, withoutEmails)
    .replace(PHONE, (run) => (run.replace(/\D/g, '').length >= 7 ? '[number]' : run))
    .replace(OPAQUE, '[id]')
  return clean.length > 300 ? `${clean.slice(0, 299)}…` : clean
}

/** Keeps the patterns fast on a huge text, and never cuts an address in two, where it would not be recognised. */
function shorten(text: string): string {
  return text.length > 1_000 ? text.slice(0, 1_000).replace(/\S*$/, '') : text
}

function blot(text: string, value: string): string {
  const literal = value.trim().replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  return text.replace(new RegExp(`(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])`, 'giu'), '[…]')
}
