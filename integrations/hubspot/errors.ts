// HubSpot's error table. `category` decides where there is one; a 429 is told apart by `policyName`.

import { z } from 'zod'
import type { VendorAnswer } from '../http.ts'
import { type ErrorRule, type Problem, range } from '../rules.ts'

export const HUBSPOT_RULES: readonly ErrorRule[] = [
  {
    code: ['VALIDATION_ERROR'],
    detail: /INVALID_EMAIL/,
    errorClass: 'PERMANENT',
    meaning: 'HubSpot does not take this for an e-mail address',
    recipientRefused: true,
  },
  {
    code: ['VALIDATION_ERROR'],
    errorClass: 'PERMANENT',
    meaning: 'a property, option or rule of the portal is violated',
    quote: true,
  },
  // A service key cannot be renewed, and a token that was renewed is not expired: either way a person has to act.
  {
    code: ['EXPIRED_AUTHENTICATION'],
    errorClass: 'AUTH',
    meaning: 'the access token is expired or malformed',
  },
  { code: ['INVALID_AUTHENTICATION'], errorClass: 'AUTH', meaning: 'the access token is invalid' },
  { code: ['MISSING_SCOPES'], errorClass: 'AUTH', meaning: 'the access token lacks a scope' },
  {
    code: ['OBJECT_NOT_FOUND'],
    errorClass: 'PERMANENT',
    meaning: 'the record does not exist, or was merged',
  },
  { code: ['CONFLICT'], errorClass: 'PERMANENT', meaning: 'another record has this value' },
  {
    code: ['TEN_SECONDLY_ROLLING'],
    errorClass: 'THROTTLED',
    meaning: 'the limit per 10 seconds is used up',
    retryAfterMs: 10_000,
  },
  {
    code: ['SECONDLY'],
    errorClass: 'THROTTLED',
    meaning: 'the limit per second is used up',
    retryAfterMs: 1_000,
  },
  {
    // Resets at midnight of the portal's own time zone, which we do not know: look again every hour.
    code: ['DAILY'],
    errorClass: 'THROTTLED',
    meaning: 'the limit of the day is used up',
    retryAfterMs: 3_600_000,
  },
  { status: [400], errorClass: 'PERMANENT', meaning: 'HubSpot does not understand the request', quote: true },
  { status: [404], errorClass: 'PERMANENT', meaning: 'no such record or path' },
  { status: [409], errorClass: 'PERMANENT', meaning: 'another record has this value' },
  { status: [414], errorClass: 'PERMANENT', meaning: 'the address of the request is too long' },
  { status: [423], errorClass: 'TRANSIENT', meaning: 'the record is locked', retryAfterMs: 2_000 },
  { status: [477], errorClass: 'THROTTLED', meaning: 'the account is being moved', retryAfterMs: 60_000 },
  { status: [500, 502, 503, 504, ...range(521, 524)], errorClass: 'UNKNOWN', meaning: 'HubSpot failed' },
]

/** For the first try with an access token that can be renewed: then nothing is wrong with the account yet. */
export const RENEWABLE_RULES: readonly ErrorRule[] = [
  { code: ['EXPIRED_AUTHENTICATION'], errorClass: 'PERMANENT', meaning: 'this access token is expired' },
  ...HUBSPOT_RULES,
]

/** Renewing the access token. Whatever is wrong with the app or its refresh token, a person has to act. */
export const TOKEN_RULES: readonly ErrorRule[] = [
  {
    code: ['BAD_REFRESH_TOKEN', 'BAD_HUB', 'invalid_grant'],
    errorClass: 'AUTH',
    meaning: 'HubSpot no longer accepts the refresh token: connect the account again',
  },
  {
    status: [400, 401, 403],
    errorClass: 'AUTH',
    meaning: 'HubSpot does not accept the app: check client id and client secret',
  },
  { status: [477], errorClass: 'THROTTLED', meaning: 'the account is being moved', retryAfterMs: 60_000 },
]

const Refusal = z.object({
  message: z.string().catch(''),
  category: z.string().optional().catch(undefined),
  errorType: z.string().optional().catch(undefined),
  policyName: z.string().optional().catch(undefined),
  correlationId: z.string().optional().catch(undefined),
  errors: z.array(z.object({ message: z.string().catch(''), code: z.string().catch('') })).catch([]),
})
const Multi = z.object({ results: z.array(z.unknown()).catch([]), errors: z.array(Refusal).catch([]) })

/** A batch of one that answers 207 failed when it has an error instead of a result. */
export function hubspotProblem({ status, json }: VendorAnswer): Problem | undefined {
  if (status !== 207) return status >= 200 && status < 300 ? undefined : problemFrom(status, json)
  const { results, errors } = Multi.safeParse(json).data ?? { results: [], errors: [] }
  return results.length === 0 && errors[0] ? problemFrom(status, errors[0]) : undefined
}

/** A conflict that names the record in the way is an answer: that record is the one we want. */
export function unlessExisting(answer: VendorAnswer): Problem | undefined {
  return answer.status === 409 && Existing.safeParse(answer.json).success ? undefined : hubspotProblem(answer)
}

/** `Contact already exists. Existing ID: 512` */
export const Existing = z
  .object({ message: z.string().regex(/Existing ID: \d+/) })
  .transform(({ message }) => /Existing ID: (\d+)/.exec(message)![1]!)

const TokenRefusal = z.object({
  status: z.string().catch(''),
  error: z.string().catch(''),
  message: z.string().catch(''),
})

/** The token service names its codes `status` or, as OAuth says, `error`. */
export function tokenProblem({ status, json }: VendorAnswer): Problem | undefined {
  if (status >= 200 && status < 300) return undefined
  const refusal = TokenRefusal.safeParse(json).data
  const named = refusal?.error || (refusal?.status === 'error' ? '' : refusal?.status)
  return { status, code: named || `HTTP_${status}`, detail: refusal?.message ?? '' }
}

function problemFrom(status: number, json: unknown): Problem {
  const refusal = Refusal.safeParse(json).data
  const code = refusal?.policyName || refusal?.category || refusal?.errorType || `HTTP_${status}`
  const items = refusal?.errors.map(({ code, message }) => [code, message].filter(Boolean).join(': ')) ?? []
  const detail = [refusal?.message ?? '', ...items].filter(Boolean).join('; ')
  return { status, code, detail, requestId: refusal?.correlationId }
}
