import type { Em } from '../entities/index.ts'
import { insertRows } from '../entities/sql.ts'
import type { AttemptChange, LostStarts } from './apply.ts'

/** The rows of attempts. */

const attemptColumns = [
  'job_id',
  'run',
  'number',
  'outcome',
  'worker',
  'started_at',
  'finished_at',
  'error_class',
  'error_message',
  'error_code',
  'next_at',
]

const newer = (column: string) => `${column} = coalesce(values(${column}), ${column})`
/** A worker that lost the job may tell of its start after the end was told. */
const endKept = "outcome = if(values(outcome) = 'RUNNING', outcome, values(outcome))"

/** Writes how attempts went, in the order of their events: several may be about one attempt. */
export async function writeAttempts(em: Em, attempts: AttemptChange[]): Promise<void> {
  const values = attempts.map((each) => [
    each.jobId,
    each.run,
    each.number,
    each.outcome,
    each.worker,
    each.startedAt,
    each.finishedAt,
    each.errorClass,
    each.errorMessage,
    each.errorCode,
    each.nextAt,
  ])
  await insertRows(
    em,
    'job_attempt',
    attemptColumns,
    values,
    `on duplicate key update ${[endKept, ...attemptColumns.slice(4).map(newer)].join(', ')}`,
  )
}

/** Ends attempts that are shown as running and can be so no more: their worker was lost, and nobody told of their end. */
export async function endLost(em: Em, lost: readonly LostStarts[]): Promise<void> {
  if (lost.length === 0) return
  const each = lost.map(() => '(job_id = ? and run = ? and number < ?)').join(' or ')
  await em.execute(
    `update job_attempt set outcome = 'FAILED', finished_at = ?, error_class = 'STALLED',
       error_message = 'The worker was lost while it ran this attempt'
     where outcome = 'RUNNING' and (${each})`,
    [new Date(), ...lost.flatMap(({ jobId, run, below }) => [jobId, run, below])],
  )
}
