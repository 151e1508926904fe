import type { Em } from '../entities/index.ts'
import type { JobState } from '../entities/job.ts'
import { isFinal } from './apply.ts'
import { type Act, audit } from './audit.ts'
import { type AnyJobDefinition, definitionOf } from './definition.ts'
import { enqueueIn } from './enqueue.ts'
import { NotFoundError, UnknownJobError, WrongStateError } from './errors.ts'
import type { Actor } from './ledger.ts'
import type { JobRow } from './row.ts'
import { loadJobs } from './sql.ts'

/** What operators do to jobs; each writes its audit row in the same transaction. */

const retryable: readonly JobState[] = ['DEAD', 'CANCELLED']
const open: readonly JobState[] = ['SCHEDULED', 'PENDING', 'WAITING', 'ACTIVE', 'DELAYED', 'WAITING_CHILDREN']

/** Starts the next run of a dead or cancelled job; its attempts so far stay. */
export async function retryIn(em: Em, actor: Actor, jobId: string, act: Act): Promise<JobRow> {
  const row = await lockJob(em, actor.workspaceId, jobId)
  if (!retryable.includes(row.state)) throw new WrongStateError(jobId, row.state, retryable)
  const now = new Date()
  const next: JobRow = {
    ...row,
    state: 'PENDING',
    run: row.run + 1,
    attemptsMade: 0,
    starts: 0,
    runAt: now,
    checkAt: new Date(now.getTime() + 2_000),
    cancelRequestedAt: null,
    startedAt: null,
    finishedAt: null,
    updatedAt: now,
  }
  await em.execute(
    `update job set state = 'PENDING', run = ?, attempts_made = 0, starts = 0, run_at = ?, check_at = ?, cancel_requested_at = null,
     started_at = null, finished_at = null, updated_at = ? where id = ?`,
    [next.run, next.runAt, next.checkAt, now, jobId],
  )
  await audit(em, actor, act.action, act.subjectId ?? jobId, act.reason)
  return next
}

/** A new job like a final one, with other input. */
export async function rerunIn(
  em: Em,
  definitions: readonly AnyJobDefinition[],
  actor: Actor,
  jobId: string,
  input: unknown,
  reason?: string,
): Promise<JobRow> {
  const row = await lockJob(em, actor.workspaceId, jobId)
  if (!isFinal(row.state)) throw new WrongStateError(jobId, row.state, ['COMPLETED', 'DEAD', 'CANCELLED'])
  const definition = definitionOf(definitions, row.name)
  if (!definition)
    throw new UnknownJobError(
      row.name,
      definitions.map(({ name }) => name),
    )
  const [outcome] = await enqueueIn(em, definitions, [
    { definition, input, actor, retryOf: jobId, priority: row.priority },
  ])
  if (outcome instanceof Error) throw outcome
  await audit(em, actor, 'rerunJob', jobId, reason)
  return outcome!.job
}

/** Cancels a job that does not run, or notes that its worker is to stop it. */
export async function cancelIn(em: Em, actor: Actor, jobId: string, reason?: string): Promise<JobRow> {
  const row = await lockJob(em, actor.workspaceId, jobId)
  if (!open.includes(row.state)) throw new WrongStateError(jobId, row.state, open)
  const now = new Date()
  const running = row.state === 'ACTIVE'
  const next: JobRow = {
    ...row,
    cancelRequestedAt: now,
    updatedAt: now,
    ...(!running && { state: 'CANCELLED' as const, finishedAt: now, checkAt: null }),
  }
  await em.execute(
    'update job set state = ?, cancel_requested_at = ?, finished_at = ?, check_at = ?, updated_at = ? where id = ?',
    [next.state, now, next.finishedAt ?? null, next.checkAt ?? null, now, jobId],
  )
  await audit(em, actor, 'cancelJob', jobId, reason)
  return next
}

async function lockJob(em: Em, workspaceId: string, jobId: string): Promise<JobRow> {
  const [row] = await loadJobs(em, [jobId], 'for update')
  if (row?.workspaceId !== workspaceId) throw new NotFoundError(jobId)
  return row
}
