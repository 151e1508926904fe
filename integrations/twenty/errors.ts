// Twenty's error table. A GraphQL error comes with HTTP 200; `extensions.code` decides, but three different things share
// BAD_USER_INPUT and are told apart by the sub-code or the text.

import { z } from 'zod'
import type { VendorAnswer } from '../http.ts'
import type { ErrorRule, Problem } from '../rules.ts'

export const TWENTY_RULES: readonly ErrorRule[] = [
  {
    // A bucket that fills up again bit by bit, 100 in a minute.
    code: ['LIMIT_REACHED'],
    errorClass: 'THROTTLED',
    meaning: 'the requests of this minute are used up',
    retryAfterMs: 10_000,
  },
  { code: ['UNAUTHENTICATED'], errorClass: 'AUTH', meaning: 'the API key is not valid, or was revoked' },
  { code: ['FORBIDDEN'], errorClass: 'AUTH', meaning: 'the role of the API key does not allow this' },
  {
    code: ['BAD_USER_INPUT'],
    detail: /^Invalid string value .* for email field/,
    errorClass: 'PERMANENT',
    meaning: 'Twenty does not take this for an e-mail address',
    recipientRefused: true,
  },
  {
    code: ['DUPLICATE_ENTRY'],
    errorClass: 'PERMANENT',
    meaning: 'another record has a value that must be unique',
  },
  { code: ['BAD_USER_INPUT'], errorClass: 'PERMANENT', meaning: 'Twenty does not take a value', quote: true },
  {
    code: ['GRAPHQL_VALIDATION_FAILED', 'GRAPHQL_PARSE_FAILED'],
    errorClass: 'PERMANENT',
    meaning: 'the workspace has no such field or type',
    quote: true,
  },
  { code: ['NOT_FOUND'], errorClass: 'PERMANENT', meaning: 'the record does not exist, or was deleted' },
  { code: ['CONFLICT'], errorClass: 'PERMANENT', meaning: 'the record is in conflict with another' },
  {
    code: ['METHOD_NOT_ALLOWED', 'PERSISTED_QUERY_NOT_FOUND', 'PERSISTED_QUERY_NOT_SUPPORTED'],
    errorClass: 'PERMANENT',
    meaning: 'Twenty does not support this request',
  },
  { code: ['TIMEOUT'], errorClass: 'UNKNOWN', meaning: 'Twenty gave up waiting for its database' },
  { code: ['INTERNAL_SERVER_ERROR'], errorClass: 'UNKNOWN', meaning: 'Twenty failed' },
  { status: [404], errorClass: 'PERMANENT', meaning: 'there is no Twenty at this address' },
]

const Failure = z.object({
  message: z.string().catch(''),
  extensions: z
    .object({ code: z.string().optional().catch(undefined), subCode: z.string().optional().catch(undefined) })
    .catch({}),
})
const Refusal = z.object({ errors: z.array(Failure).min(1) })

/** Reads the first GraphQL error; a proxy in front of Twenty, or its own guard, may answer without one. */
export function twentyProblem({ status, json }: VendorAnswer): Problem | undefined {
  const failure = Refusal.safeParse(json).data?.errors[0]
  if (failure) return { status, code: codeOf(failure, status), detail: failure.message }
  return status >= 200 && status < 300 ? undefined : { status, code: `HTTP_${status}`, detail: '' }
}

const DUPLICATE = /^(A duplicate entry was detected|Duplicate |duplicate key value)/

function codeOf({ message, extensions }: z.infer<typeof Failure>, status: number): string {
  const { code, subCode } = extensions
  if (subCode === 'LIMIT_REACHED' || /^Limit reached/i.test(message)) return 'LIMIT_REACHED'
  if (DUPLICATE.test(message)) return 'DUPLICATE_ENTRY'
  return code || (status === 200 ? 'GRAPHQL_ERROR' : `HTTP_${status}`)
}
