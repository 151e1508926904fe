// Error tables are data: each vendor lists its rules, the first that fits wins, and statuses no rule names fall back to
// what HTTP says.

import { type ErrorClass, scrub, type ThrottleScope, VendorError } from './errors.ts'
import type { VendorRequest } from './http.ts'

/** One row of a vendor's error table. All conditions given must hold. */
export interface ErrorRule {
  status?: readonly number[]
  code?: readonly string[] | RegExp
  /** Tested against the vendor's free text. */
  detail?: RegExp
  /** `UNKNOWN` here means "unknown, unless the call may be repeated": then it is `TRANSIENT`. */
  errorClass: ErrorClass
  meaning: string
  /** Adds the vendor's own explanation, scrubbed: only where somebody has to correct what we sent. */
  quote?: true
  /** Milliseconds to wait when the vendor itself names no time. */
  retryAfterMs?: number
  recipientRefused?: true
  throttleScope?: ThrottleScope
}

/** A refusal as read from a vendor's answer. */
export interface Problem {
  status: number
  code: string
  detail: string
  requestId?: string | undefined
  retryAfterMs?: number | undefined
  /** What may be quoted of it: names of fields alone. Without it `detail` is quoted, scrubbed. */
  quotable?: string | undefined
}

const BY_STATUS: readonly ErrorRule[] = [
  {
    status: range(300, 399),
    // A proxy or a maintenance page does this too, and nothing was done.
    errorClass: 'TRANSIENT',
    meaning:
      'not done: the vendor answered with a redirect, which is never followed; if it stays, check the base URL',
  },
  { status: [401, 402, 403], errorClass: 'AUTH', meaning: 'the account is not allowed to do this' },
  { status: [408], errorClass: 'UNKNOWN', meaning: 'the vendor gave up waiting' },
  { status: [429], errorClass: 'THROTTLED', meaning: 'too many requests', retryAfterMs: 10_000 },
  { status: range(500, 599), errorClass: 'UNKNOWN', meaning: 'the vendor failed' },
]
const REFUSED: ErrorRule = { errorClass: 'PERMANENT', meaning: 'the vendor refused the request' }

/** What a vendor asks us to wait is kept to, but no longer than this: then it is asked again. */
const longestRetryAfterMs = 3_600_000

/** Codes and ids leave this folder only in the form of codes and ids, never as free text. */
const NAME = /^[A-Za-z0-9_ ]{1,60}$/
const IDENTIFIER = /^[\w.:-]{1,80}$/

/** All whole numbers from `first` to `last`, both included. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

/** Classifies a refusal by the vendor's table. `known` are values that must not appear in the error's text. */
export function classify(
  request: Pick<VendorRequest, 'vendor' | 'operation' | 'repeatable'>,
  problem: Problem,
  rules: readonly ErrorRule[],
  known: readonly string[],
): VendorError {
  const rule = [...rules, ...BY_STATUS].find((candidate) => fits(candidate, problem)) ?? REFUSED
  const { vendor, operation, repeatable } = request
  const errorClass = rule.errorClass === 'UNKNOWN' && repeatable ? 'TRANSIENT' : rule.errorClass
  return new VendorError({
    vendor,
    operation,
    errorClass,
    status: problem.status,
    code: NAME.test(problem.code) ? problem.code : `HTTP_${problem.status}`,
    meaning: meaningOf(rule, errorClass, problem, known),
    retryAfterMs: waitOf(problem) ?? rule.retryAfterMs,
    requestId: IDENTIFIER.test(problem.requestId ?? '') ? problem.requestId : undefined,
    recipientRefused: rule.recipientRefused,
    throttleScope: rule.throttleScope,
  })
}

function waitOf({ retryAfterMs }: Problem): number | undefined {
  return retryAfterMs === undefined ? undefined : Math.min(retryAfterMs, longestRetryAfterMs)
}

function fits(rule: ErrorRule, { status, code, detail }: Problem): boolean {
  if (rule.status && !rule.status.includes(status)) return false
  if (rule.detail && !rule.detail.test(detail)) return false
  if (!rule.code) return true
  return rule.code instanceof RegExp ? rule.code.test(code) : rule.code.includes(code)
}

function meaningOf(
  rule: ErrorRule,
  errorClass: ErrorClass,
  problem: Problem,
  known: readonly string[],
): string {
  if (errorClass === 'UNKNOWN') return `${rule.meaning}; the request may have been executed`
  const quoted = problem.quotable ?? scrub(problem.detail, known)
  return rule.quote && quoted !== '' ? `${rule.meaning} (${quoted})` : rule.meaning
}
