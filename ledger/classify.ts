import type { ErrorClass } from '../entities/job.ts'
import type { Attempt, AttemptError, AttemptOutcome } from '../queue/worker.ts'
import { type AnyJobDefinition, jobDefaults } from './definition.ts'
import { LedgerError } from './errors.ts'
import { isDatabaseAway } from './sql.ts'

/**
 * What follows from an error (docs/retries-and-errors.md):
 * TRANSIENT, UNKNOWN, TIMEOUT use an attempt and come again after the backoff · THROTTLED, AUTH and an absent database
 * come again without using one · PERMANENT ends the job, and so does a failure of the last attempt.
 */

/** Reasons a signal of ours can end for. */
export const stopReasons = { shutdown: 'shutdown', cancelled: 'cancelled' } as const

/** Work of an account that is locked out waits so long before it knocks again. */
const authWaitMs = 60_000
const throttleWaitMs = 5_000
const databaseWaitMs = 5_000

/** Largest share of memory an error text may take: it travels through Redis. */
const maxText = 1_000

/** An error that knows its class, whatever folder it comes from. */
interface ClassifiedError extends Error {
  errorClass: ErrorClass
  code?: string
  retryAfterMs?: number
}

export function classify(error: unknown, definition: AnyJobDefinition, attempt: Attempt): AttemptOutcome {
  const known = toAttemptError(error)
  const retryAfterMs = (error as ClassifiedError).retryAfterMs
  if (isDatabaseAway(error))
    return {
      kind: 'postponed',
      error: { errorClass: 'TRANSIENT', message: 'MariaDB is away' },
      delayMs: databaseWaitMs,
    }
  switch (known.errorClass) {
    case 'THROTTLED':
      return { kind: 'postponed', error: known, delayMs: retryAfterMs ?? throttleWaitMs }
    case 'AUTH':
      return { kind: 'postponed', error: known, delayMs: retryAfterMs ?? authWaitMs }
    case 'PERMANENT':
      return { kind: 'failed', error: known, final: true, delayMs: 0 }
    default:
      return {
        kind: 'failed',
        error: known,
        final: attempt.isLast,
        delayMs: Math.max(retryAfterMs ?? 0, backoffMs(definition, attempt.attempt)),
      }
  }
}

function toAttemptError(error: unknown): AttemptError {
  if (error instanceof LedgerError)
    return { errorClass: 'PERMANENT', message: error.message, code: error.code }
  const { errorClass, code, message, name } = error as ClassifiedError
  if (errorClass) return { errorClass, message: safeText(message), code }
  return {
    errorClass: 'TRANSIENT',
    message: safeText(error instanceof Error ? `${name}: ${message}` : String(error)),
  }
}

/**
 * Takes what may be personal out of a text: mail addresses, phone numbers, and anything in quotes, where databases and
 * vendors repeat values.
 */
export function safeText(text: string): string {
  return text
    .replace(/[^\s@'"<>]+@[^\s@'"<>]+/g, '[e-mail]')
    .replace(/\+?\d[\d\s().-]{6,}\d/g, '[number]')
    .replace(/'[^']*'/g, "'…'")
    .slice(0, maxText)
}

/** Wait before the attempt after number `attempt`, in ms: exponential by default, with a random share. */
export function backoffMs(definition: AnyJobDefinition, attempt: number, random = Math.random()): number {
  const { type, delay, jitter, maxDelay } = {
    jitter: 0.5,
    maxDelay: 300_000,
    ...(definition.backoff ?? jobDefaults.backoff),
  }
  const full = Math.min(type === 'exponential' ? delay * 2 ** (attempt - 1) : delay, maxDelay)
  return Math.round(full * (1 - jitter * random))
}
