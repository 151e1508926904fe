import type { JobState } from '../entities/job.ts'

/** A request that cannot be met as asked; the message is for the caller and holds no personal data. */
export class LedgerError extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.name = new.target.name
    this.code = code
  }
}

export interface InputIssue {
  /** Path to the value, e.g. `leads.3.email`. */
  path: string
  message: string
}

export class InvalidInputError extends LedgerError {
  readonly issues: InputIssue[]
  constructor(issues: InputIssue[]) {
    super(
      'INVALID_INPUT',
      `Input is not valid: ${issues.map(({ path, message }) => `${path || 'input'}: ${message}`).join('; ')}`,
    )
    this.issues = issues
  }
}

export class IdempotencyConflictError extends LedgerError {
  readonly jobId: string
  constructor(jobId: string) {
    super('IDEMPOTENCY_CONFLICT', `This idempotency key was used with other input, for job ${jobId}`)
    this.jobId = jobId
  }
}

export class UnknownJobError extends LedgerError {
  constructor(name: string, known: string[]) {
    super('UNKNOWN_JOB', `There is no job named "${name}"; there are: ${known.join(', ')}`)
  }
}

export class NotFoundError extends LedgerError {
  readonly id: string
  constructor(id: string) {
    super('NOT_FOUND', `There is nothing with id ${id} in this workspace`)
    this.id = id
  }
}

export class WrongStateError extends LedgerError {
  readonly state: JobState
  constructor(id: string, state: JobState, expected: readonly JobState[]) {
    super('WRONG_STATE', `Job ${id} is ${state}; this needs one that is ${expected.join(' or ')}`)
    this.state = state
  }
}

/** A job of the schedule is not final yet, and its jobs must not overlap. */
export class ScheduleBusyError extends LedgerError {
  readonly jobId: string
  constructor(id: string, jobId: string) {
    super('SCHEDULE_BUSY', `Job ${jobId} of schedule ${id} is not final yet, and its overlap is SKIP`)
    this.jobId = jobId
  }
}

/** The schedule comes with the product. */
export class BuiltInScheduleError extends LedgerError {
  constructor(id: string) {
    super('BUILT_IN_SCHEDULE', `Schedule ${id} comes with its job and cannot be deleted; pause it instead`)
  }
}

export class InvalidCursorError extends LedgerError {
  constructor() {
    super('INVALID_CURSOR', 'The cursor is not one this API gave out')
  }
}
