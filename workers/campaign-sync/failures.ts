/**
 * What an error means for the run.
 * - `STOP`: the account is throttled, locked out or down, or the job is to end: no campaign will do better now, so the
 *   whole job comes again later and goes on where it was
 * - `LATER`: this campaign comes again with the job's next attempt; the others go on
 * - `GIVE_UP`: it will not go; it is reported, and the others go on
 */
type Verdict = 'STOP' | 'LATER' | 'GIVE_UP'

/** One campaign has to wait: another job has it in hand, or nobody knows yet whether it was created. Uses no attempt. */
export class NotYet extends Error {
  readonly errorClass = 'THROTTLED'
  readonly code: string
  readonly retryAfterMs: number
  constructor(code: 'IN_HAND' | 'CREATION_UNSETTLED', retryAfterMs: number) {
    super('A campaign has to wait for another job, or for Mailchimp')
    this.code = code
    this.retryAfterMs = retryAfterMs
  }
}

/** An error that says in its own words, without personal data, what is wrong. */
interface Classified {
  errorClass?: string
  code?: string
  message: string
}

export function verdictOf(
  error: unknown,
  { signal, isLast }: { signal: AbortSignal; isLast: boolean },
): Verdict {
  const { errorClass } = error as Classified
  if (signal.aborted) return 'STOP'
  if (error instanceof NotYet) return 'LATER'
  if (errorClass === 'THROTTLED' || errorClass === 'AUTH') return 'STOP'
  return errorClass === 'PERMANENT' || isLast ? 'GIVE_UP' : 'LATER'
}

/** The code an error is known by in reports and events. */
export function codeOf(error: unknown): string {
  const { code, errorClass } = error as Classified
  return (code ?? errorClass ?? 'UNEXPECTED').slice(0, 60)
}

/** What an operator reads. Texts of unclassified errors may hold values, so only their code is told. */
export function textOf(error: unknown): string {
  const { errorClass, message } = error as Classified
  return errorClass ? message : codeOf(error)
}

export const isPermanent = (error: unknown) => (error as Classified).errorClass === 'PERMANENT'
export const isUnknown = (error: unknown) => (error as Classified).errorClass === 'UNKNOWN'

/** Throws what the job is to be tried again for. What uses an attempt goes first, so that a job ends some day. */
export function throwFirst(errors: readonly unknown[]): void {
  const first = errors.find((error) => !(error instanceof NotYet)) ?? errors[0]
  if (first !== undefined) throw first
}
