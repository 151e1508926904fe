// WhatsApp's error table. Meta: build on `code`; titles will go, and the HTTP status is unreliable.

import { z } from 'zod'
import { type ErrorClass, VendorError } from '../errors.ts'
import type { VendorAnswer } from '../http.ts'
import { type ErrorRule, type Problem, range } from '../rules.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

const PERMISSION = codes(3, 10, ...range(200, 299), 131005)

export const WHATSAPP_RULES: readonly ErrorRule[] = [
  {
    code: codes(0, 190, 102, 104),
    errorClass: 'AUTH',
    meaning: 'the access token is missing, expired or revoked',
  },
  {
    code: PERMISSION,
    errorClass: 'AUTH',
    meaning: 'the token lacks the permission whatsapp_business_messaging',
  },
  // An answer with an error code means the message was not accepted: unlike silence, it may be sent again.
  { code: codes(1, 2), errorClass: 'TRANSIENT', meaning: 'the service is down' },
  { code: codes(131000, 131016), errorClass: 'TRANSIENT', meaning: 'WhatsApp failed or is overloaded' },
  { code: codes(131057), errorClass: 'TRANSIENT', meaning: 'the account is in maintenance' },
  { code: codes(133004, 133005), errorClass: 'TRANSIENT', meaning: 'the registration server is unavailable' },
  {
    code: codes(4, 80007),
    errorClass: 'THROTTLED',
    meaning: 'the call limit of the app or the business account is used up',
    retryAfterMs: MINUTE_MS,
  },
  {
    code: codes(130429),
    errorClass: 'THROTTLED',
    meaning: 'too many messages per second',
    retryAfterMs: 1_000,
  },
  { code: codes(132069), errorClass: 'THROTTLED', meaning: 'the flow is throttled', retryAfterMs: MINUTE_MS },
  {
    // Concerns one pair of numbers; it must not hold up anybody else. Meta: after 6 s, then 4^n seconds.
    code: codes(131056),
    errorClass: 'THROTTLED',
    meaning: 'too many messages to this one recipient',
    retryAfterMs: 6_000,
    throttleScope: 'recipient',
  },
  {
    // Looks like a rate limit, but people reported us as spam: going on makes it worse. Stop the sender for hours and
    // call somebody, as for a locked account; the time is the earliest moment for a trial.
    code: codes(131048),
    errorClass: 'AUTH',
    meaning: 'the number is restricted because too many people blocked or reported it',
    retryAfterMs: 4 * HOUR_MS,
  },
  {
    code: codes(368, 131031),
    errorClass: 'AUTH',
    meaning: 'the account is blocked or locked for its conduct',
  },
  { code: codes(130497), errorClass: 'AUTH', meaning: 'the account may not message people in this country' },
  { code: codes(131042), errorClass: 'AUTH', meaning: 'there is a problem with the payment method' },
  {
    code: codes(131045, 133010, 131037, ...range(133000, 133009)),
    errorClass: 'AUTH',
    meaning: 'the sending number is not registered or its display name is not approved',
  },
  // Looks like a rate limit too; sending again within 24 h makes it worse.
  refused(131049, 'WhatsApp keeps this message from the person for the sake of healthy engagement'),
  refused(131047, 'more than 24 hours since the person wrote: only a template may be sent'),
  refused(131026, 'not deliverable: not on WhatsApp, old app, terms not accepted, or blocked us'),
  refused(131050, 'the person opted out of marketing messages'),
  refused(130472, 'the person is part of an experiment of WhatsApp'),
  { code: codes(131051), errorClass: 'PERMANENT', meaning: 'this type of message is not supported' },
  { code: codes(131052), errorClass: 'PERMANENT', meaning: 'the media could not be fetched: check its link' },
  { code: codes(131053), errorClass: 'PERMANENT', meaning: 'the media could not be uploaded' },
  {
    code: codes(131008, 131009, 100),
    errorClass: 'PERMANENT',
    meaning: 'a parameter is missing or invalid',
    quote: true,
  },
  { code: codes(131021), errorClass: 'PERMANENT', meaning: 'sender and recipient are the same number' },
  { code: codes(33), errorClass: 'PERMANENT', meaning: 'the sending number was deleted' },
  {
    code: codes(132000),
    errorClass: 'PERMANENT',
    meaning: 'the template takes another number of values',
    quote: true,
  },
  {
    code: codes(132001),
    errorClass: 'PERMANENT',
    meaning: 'no approved template of this name and language',
    quote: true,
  },
  { code: codes(132005), errorClass: 'PERMANENT', meaning: 'the filled-in text is too long', quote: true },
  { code: codes(132007), errorClass: 'PERMANENT', meaning: 'the template breaks the content policy' },
  {
    code: codes(132012),
    errorClass: 'PERMANENT',
    meaning: 'a value of the template has the wrong format',
    quote: true,
  },
  { code: codes(132015), errorClass: 'PERMANENT', meaning: 'the template is paused for its low quality' },
  { code: codes(132016), errorClass: 'PERMANENT', meaning: 'the template is disabled for its low quality' },
  { code: codes(132068), errorClass: 'PERMANENT', meaning: 'the flow is blocked' },
  {
    code: codes(131062),
    errorClass: 'PERMANENT',
    meaning: 'not allowed for a recipient known only by user id',
  },
]

/**
 * For calls about the business account. They need a permission of their own, and that it is missing says nothing about
 * messages: it must not stop them.
 */
export const MANAGEMENT_RULES: readonly ErrorRule[] = [
  {
    code: PERMISSION,
    errorClass: 'PERMANENT',
    meaning: 'the token lacks the permission whatsapp_business_management',
  },
  ...WHATSAPP_RULES,
]

function codes(...numbers: number[]): string[] {
  return numbers.map(String)
}

function refused(code: number, meaning: string): ErrorRule {
  return { code: codes(code), errorClass: 'PERMANENT', meaning, recipientRefused: true }
}

/**
 * The class of a code that WhatsApp reports later, in `statuses[].errors[]` or `value.errors[]` of a webhook. A message
 * that failed for a reason we do not know has failed for good.
 */
export function whatsappErrorClass(code: number): ErrorClass {
  const name = String(code)
  const rule = WHATSAPP_RULES.find(
    (candidate) => Array.isArray(candidate.code) && candidate.code.includes(name),
  )
  return rule?.errorClass ?? 'PERMANENT'
}

/** WhatsApp would refuse this, so it is refused before anything is sent. */
export function notSent(operation: string, code: string, reason: string): VendorError {
  const meaning = `not sent: ${reason}`
  return new VendorError({ vendor: 'whatsapp', operation, errorClass: 'PERMANENT', code, meaning })
}

const Refusal = z.object({
  error: z.object({
    code: z.number(),
    message: z.string().catch(''),
    error_data: z.object({ details: z.string().catch('') }).catch({ details: '' }),
    fbtrace_id: z.string().optional().catch(undefined),
  }),
})

/** Any answer with an `error` object is a refusal. */
export function whatsappProblem({ status, json, headers }: VendorAnswer): Problem | undefined {
  const error = Refusal.safeParse(json).data?.error
  if (!error && status >= 200 && status < 300) return undefined
  return {
    status,
    code: error ? String(error.code) : `HTTP_${status}`,
    detail: error?.error_data.details || error?.message || '',
    requestId: error?.fbtrace_id,
    retryAfterMs: regainAccessMs(headers.get('x-business-use-case-usage')),
  }
}

const Usage = z.record(
  z.string(),
  z.array(z.object({ estimated_time_to_regain_access: z.number().catch(0) })),
)

/** Meta names the minutes until calls are allowed again, per account, in a header of JSON. */
function regainAccessMs(header: string | null): number | undefined {
  try {
    const accounts = Object.values(Usage.parse(JSON.parse(header ?? '')))
    const minutes = Math.max(...accounts.flat().map((usage) => usage.estimated_time_to_regain_access))
    return minutes > 0 ? minutes * MINUTE_MS : undefined
  } catch {
    return undefined
  }
}
