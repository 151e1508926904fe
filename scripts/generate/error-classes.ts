import type { ErrorClass } from '../../entities/job.ts'

/** What an operator has to know about a class of error. */
interface ErrorClassHelp {
  meaning: string
  /** Whether it counts against the job's attempts. */
  usesAttempt: boolean
  next: string
  operator: string
}

/** Every class an attempt can fail with. The numbers are those of ledger/classify.ts and queue/worker.ts. */
export const errorClassHelp = {
  TRANSIENT: {
    meaning:
      'Something that passes: a vendor fails, a connection breaks, or `run` threw an error without a class.',
    usesAttempt: true,
    next: 'The next attempt comes after the backoff, or later if the vendor says when. After the last one the job is dead.',
    operator: 'Nothing at first. If the job is dead: repair the cause, then retry the job.',
  },
  THROTTLED: {
    meaning: 'A vendor takes no more for now, so it is left in peace for a while.',
    usesAttempt: false,
    next: 'It comes again at the time the vendor names, else after 5 s.',
    operator: 'Nothing. If it lasts: lower `WORKER_CONCURRENCY`, or ask the vendor for a higher limit.',
  },
  PERMANENT: {
    meaning: 'The same input would fail again: it is invalid, or the vendor refuses it.',
    usesAttempt: true,
    next: 'The job is dead at once, however many attempts are left.',
    operator: 'Read the error. Correct what it is about and retry the job, or run it again with other input.',
  },
  AUTH: {
    meaning: 'A vendor does not accept our key, or the account is locked.',
    usesAttempt: false,
    next: 'It comes again after 60 s, until the key is accepted.',
    operator: 'Replace the key in the settings and restart the worker. The jobs go on by themselves.',
  },
  UNKNOWN: {
    meaning: 'The request was sent and its answer was lost, so it may have been executed.',
    usesAttempt: true,
    next: "The next attempt comes after the backoff. A message to a person is never resent blindly: it becomes `UNKNOWN` until the vendor's search or webhook tells.",
    operator:
      'Look at messages that stay `UNKNOWN`, ask the vendor or the person, and tell it with `resolveMessage`.',
  },
  TIMEOUT: {
    meaning: "The attempt took longer than the job's timeout.",
    usesAttempt: true,
    next: 'The next attempt comes after the backoff; steps that are done are not done again.',
    operator: 'If it lasts: find what is slow in the log of the job, or raise `timeoutMs` in its definition.',
  },
  STALLED: {
    meaning:
      'The worker was lost while it ran the job: it crashed, was killed, or its event loop stood still.',
    usesAttempt: false,
    next: 'Another worker takes the job up. A job that lost its worker more than 3 times is dead, as it may be the cause.',
    operator: 'Look at the log and the memory of the worker named in the attempt, then retry the job.',
  },
  CANCELLED: {
    meaning: 'An operator cancelled the job.',
    usesAttempt: false,
    next: 'None: the job is cancelled. What it did until then stays done.',
    operator: 'Retry the job if it is to run after all.',
  },
} satisfies Record<ErrorClass, ErrorClassHelp>
