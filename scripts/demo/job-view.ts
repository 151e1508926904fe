import { type JobEvent, type JobRow, type JobState, type Step, steps } from './operations.ts'

/** What is known of one job from its events so far. */
export interface JobView {
  state: JobState
  /** The try it is in, from 1. */
  attempt: number
  /** What came of each step: DONE, SKIPPED, ACCEPTED, UNKNOWN, …; a step not done yet is missing. */
  steps: Partial<Record<Step, string>>
  /** Why the last try failed. */
  error: string | undefined
  errorClass: string | undefined
  /** When the next try begins. */
  nextAt: Date | undefined
}

const finals: readonly JobState[] = ['COMPLETED', 'DEAD', 'CANCELLED']

export const isFinal = ({ state }: Pick<JobView, 'state'>): boolean => finals.includes(state)

/** Whether the job waits for a person: a vendor has locked us out (a wrong key, say), which no retry changes. */
export const isLockedOut = ({ state, errorClass }: JobView): boolean =>
  state === 'DELAYED' && errorClass === 'AUTH'

export const newJob = (): JobView => ({
  state: 'PENDING',
  attempt: 1,
  steps: {},
  error: undefined,
  errorClass: undefined,
  nextAt: undefined,
})

/** Takes in an event. Events come at least once, so older ones may follow the end of a job; they change nothing. */
export function applyEvent(job: JobView, event: JobEvent): void {
  if (isFinal(job)) return
  job.state = event.state
  job.attempt = Math.max(job.attempt, event.attempt ?? 1)
  job.error = event.errorMessage ?? job.error
  job.errorClass = event.errorClass ?? job.errorClass
  job.nextAt = event.nextAt ? new Date(event.nextAt) : event.type === 'ACTIVE' ? undefined : job.nextAt
  note(job, event)
}

/** Takes in a job as it is in the ledger. */
export function applyRow(job: JobView, row: JobRow): void {
  if (isFinal(job)) return
  job.state = row.state
  job.error = row.error?.message ?? job.error
  job.errorClass = row.error?.class ?? job.errorClass
  note(job, row)
}

/** Progress names the step done last, a result what came of each. */
function note(job: JobView, { progress, result }: Pick<JobRow, 'progress' | 'result'>): void {
  const { step } = (progress ?? {}) as { step?: Step }
  if (step && steps.includes(step)) job.steps[step] ??= 'DONE'
  for (const name of steps) {
    const outcome = ((result ?? {}) as Partial<Record<Step, string>>)[name]
    if (outcome) job.steps[name] = outcome
  }
}
