// Mailchimp Marketing's error table. `type` may be missing from an answer, so rules look at status and title. Titles
// are documented with and without spaces ("Too Many Requests", "TooManyRequests").

import { z } from 'zod'
import type { VendorAnswer } from '../http.ts'
import { type ErrorRule, type Problem, range } from '../rules.ts'

const MINUTE_MS = 60_000

export const MAILCHIMP_RULES: readonly ErrorRule[] = [
  {
    status: [400],
    detail: /signed up to a lot of lists|not allowing more signups/i,
    errorClass: 'TRANSIENT',
    meaning: 'this address signed up to many lists lately; Mailchimp accepts it again later, perhaps in days',
    retryAfterMs: 5 * MINUTE_MS,
    throttleScope: 'recipient',
  },
  {
    status: [400],
    detail: /looks fake or invalid|provide a valid email/i,
    errorClass: 'PERMANENT',
    meaning: 'Mailchimp takes the address for fake or invalid',
    recipientRefused: true,
  },
  {
    status: [400],
    code: /^Forgotten ?Email ?Not ?Subscribed$/i,
    errorClass: 'PERMANENT',
    meaning: 'the contact was deleted for good; only the person can sign up again, by a Mailchimp form',
    recipientRefused: true,
  },
  {
    status: [400],
    code: /^Member ?In ?Compliance ?State$/i,
    errorClass: 'PERMANENT',
    meaning: 'the person unsubscribed, bounced or is under review; only a new opt-in (pending) is possible',
    recipientRefused: true,
  },
  {
    status: [400],
    code: /^Member ?Exists$/i,
    errorClass: 'PERMANENT',
    meaning: 'another contact of the audience has this address or one that is written alike',
  },
  {
    status: [400],
    detail: /campaign is not ready to send.*recipients/is,
    errorClass: 'TRANSIENT',
    meaning: 'the recipients are not counted yet',
  },
  {
    status: [400],
    detail: /campaign is not ready to send/i,
    errorClass: 'PERMANENT',
    meaning: 'the campaign is incomplete: sender, domain or content',
  },
  {
    status: [400],
    code: /^Invalid ?Resource$/i,
    errorClass: 'PERMANENT',
    meaning: 'a field has a value the audience does not accept',
    quote: true,
  },
  {
    status: [400],
    errorClass: 'PERMANENT',
    meaning: 'a wrong request or a wrong moment for it',
    quote: true,
  },
  { status: [401], errorClass: 'AUTH', meaning: 'the API key is invalid or the access was revoked' },
  {
    // A refusal by Mailchimp itself has a title; without one it is the CDN that had enough of us.
    status: [403],
    code: ['HTTP_403'],
    errorClass: 'THROTTLED',
    meaning: 'very many requests: the network in front of Mailchimp turned us away',
    retryAfterMs: MINUTE_MS,
  },
  { status: [403], errorClass: 'AUTH', meaning: 'the user is disabled or the plan lacks this feature' },
  { status: [404], errorClass: 'PERMANENT', meaning: 'no such audience or contact' },
  { status: [405], errorClass: 'PERMANENT', meaning: 'this cannot be done to that contact or campaign' },
  { status: [414, 422, 426], errorClass: 'PERMANENT', meaning: 'the request has a wrong form' },
  {
    status: [429],
    detail: /500 pending/i,
    errorClass: 'THROTTLED',
    meaning: 'more than 500 batches or batch webhooks are waiting',
    retryAfterMs: MINUTE_MS,
  },
  {
    status: [429],
    errorClass: 'THROTTLED',
    meaning: 'more than 10 simultaneous connections',
    retryAfterMs: 5_000,
  },
  { status: range(500, 504), errorClass: 'UNKNOWN', meaning: 'Mailchimp failed' },
]

const FieldError = z.object({ field: z.string().catch(''), message: z.string().catch('') })
const Refusal = z.object({
  title: z.string().optional().catch(undefined),
  detail: z.string().catch(''),
  instance: z.string().optional().catch(undefined),
  errors: z.array(FieldError).catch([]),
})

/** A merge tag or a name of the API. */
const FIELD_NAME = /^[A-Za-z_][\w.[\]]{0,39}$/

/** Reads `application/problem+json`; a body that is empty or HTML leaves only the status. */
export function mailchimpProblem({ status, json }: VendorAnswer): Problem | undefined {
  if (status >= 200 && status < 300) return undefined
  const refusal = Refusal.safeParse(json).data
  const fields = refusal?.errors.map(({ field, message }) => `${field}: ${message}`) ?? []
  const detail = [...fields, refusal?.detail].filter(Boolean).join('; ')
  // Mailchimp's sentences repeat what was sent, names of people included.
  const names = refusal?.errors.map(({ field }) => field).filter((field) => FIELD_NAME.test(field)) ?? []
  const quotable = names.length > 0 ? `fields: ${names.join(', ')}` : ''
  return { status, code: refusal?.title || `HTTP_${status}`, detail, quotable, requestId: refusal?.instance }
}
