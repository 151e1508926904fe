// Mandrill's error table. Its HTTP statuses changed over the years (a ValidationError was a 500), so `name` decides.

import { z } from 'zod'
import type { VendorAnswer } from '../http.ts'
import type { ErrorRule, Problem } from '../rules.ts'

export const MANDRILL_RULES: readonly ErrorRule[] = [
  {
    code: ['Invalid_Key'],
    errorClass: 'AUTH',
    meaning: 'the key is invalid, lacks this method, or our address is not allowed to use it',
  },
  { code: ['PaymentRequired'], errorClass: 'AUTH', meaning: 'the account has to pay for this' },
  { code: ['Unknown_Template'], errorClass: 'PERMANENT', meaning: 'no template of this name' },
  {
    code: ['Unknown_Message'],
    errorClass: 'PERMANENT',
    meaning: 'no such message, or it is not indexed yet',
  },
  { code: ['Unknown_Subaccount'], errorClass: 'PERMANENT', meaning: 'no such subaccount' },
  {
    code: ['ValidationError'],
    detail: /"to"\s*:/,
    errorClass: 'PERMANENT',
    meaning: 'Mandrill does not take this for an e-mail address',
    recipientRefused: true,
  },
  {
    code: ['ValidationError'],
    errorClass: 'PERMANENT',
    meaning: 'a field of the request is wrong',
    quote: true,
  },
  {
    code: ['RequestLimitExceeded'],
    errorClass: 'THROTTLED',
    meaning: 'too many requests (20 searches a minute)',
    retryAfterMs: 60_000,
  },
  {
    code: ['ServiceUnavailable'],
    errorClass: 'TRANSIENT',
    meaning: 'Mandrill is unavailable and took nothing',
  },
  {
    code: ['GeneralError'],
    detail: /You must specify/i,
    errorClass: 'PERMANENT',
    meaning: 'a required field of the request is missing',
    quote: true,
  },
  { code: ['GeneralError'], errorClass: 'UNKNOWN', meaning: 'Mandrill failed' },
  { code: /^(Unknown|Invalid)_/, errorClass: 'PERMANENT', meaning: 'what the request names does not exist' },
]

const Refusal = z.object({
  status: z.literal('error'),
  name: z.string().optional().catch(undefined),
  message: z.string().catch(''),
})

/** A refusal says `"status":"error"`; without such a body the HTTP status is all there is. */
export function mandrillProblem({ status, json }: VendorAnswer): Problem | undefined {
  const refusal = Refusal.safeParse(json).data
  if (!refusal && status >= 200 && status < 300) return undefined
  return { status, code: refusal?.name || `HTTP_${status}`, detail: refusal?.message ?? '' }
}
