// Why a call was not let out, as the error its caller gets.

import { type ErrorClass, type ThrottleScope, type Vendor, VendorError } from './errors.ts'

/** What the gate says to a call. */
export type Verdict =
  | 'GO'
  | 'WAIT'
  | 'LATER'
  | 'PAUSED'
  | 'RECIPIENT'
  | 'OPEN'
  | 'AUTH'
  | 'FORCED'
  | 'UNANSWERED'
  | 'PROBE'

interface Refusal {
  errorClass: ErrorClass
  code: string
  meaning: string
  throttleScope?: ThrottleScope
  /** Share of the wait that is random, so that those who wait do not come back all at once. */
  spread: number
}

const busy: Refusal = {
  errorClass: 'THROTTLED',
  code: 'RATE_LIMITED',
  meaning: 'not sent: the account is at its limit',
  spread: 0.05,
}

type Refused = Exclude<Verdict, 'GO' | 'PROBE'>

const refusals: Record<Refused, Refusal> = {
  WAIT: busy,
  LATER: busy,
  PAUSED: { ...busy, code: 'PAUSED', meaning: 'not sent: the vendor asked for a pause' },
  RECIPIENT: {
    errorClass: 'THROTTLED',
    code: 'RECIPIENT_RATE_LIMITED',
    meaning: 'not sent: this person got messages too fast',
    throttleScope: 'recipient',
    spread: 0.05,
  },
  OPEN: {
    errorClass: 'THROTTLED',
    code: 'BREAKER_OPEN',
    meaning: 'not sent: the vendor is down, work for it waits',
    spread: 0.2,
  },
  AUTH: {
    errorClass: 'AUTH',
    code: 'ACCOUNT_LOCKED',
    meaning: 'not sent: the vendor does not let the account in, work for it waits',
    spread: 0.2,
  },
  UNANSWERED: {
    errorClass: 'THROTTLED',
    code: 'UNANSWERED',
    meaning: 'not sent: the vendor has not answered those before it',
    spread: 0.2,
  },
  FORCED: {
    errorClass: 'THROTTLED',
    code: 'STOPPED_BY_OPERATOR',
    meaning: 'not sent: an operator stopped this integration',
    spread: 0.2,
  },
}

/** The error for a call that waits `waitMs` or longer. `cause` is the failure that made it wait. */
export function refusedEntry(
  vendor: Vendor,
  operation: string,
  verdict: Refused,
  waitMs: number,
  cause?: VendorError,
): VendorError {
  const { spread, ...refusal } = refusals[verdict]
  const retryAfterMs = Math.ceil(Math.max(waitMs, 100) * (1 + Math.random() * spread))
  const known = cause && {
    code: cause.code,
    status: cause.status,
    meaning: 'the vendor is down, work for it waits',
  }
  return new VendorError({ vendor, operation, ...refusal, ...known, retryAfterMs })
}
