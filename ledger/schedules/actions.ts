import type { Em } from '../../entities/index.ts'
import { audit } from '../audit.ts'
import { type AnyJobDefinition, definitionOf } from '../definition.ts'
import { findByKeys } from '../enqueue.ts'
import { BuiltInScheduleError, NotFoundError, ScheduleBusyError, UnknownJobError } from '../errors.ts'
import { upcastInput } from '../input.ts'
import type { Actor, Enqueued, EnqueueRequest } from '../ledger.ts'
import { parseCron } from './cron.ts'
import { openJobOf, type ScheduleRow, selectSchedules } from './schedule-row.ts'

/** What operators do to schedules; each writes its audit row in the same transaction. */

/**
 * A schedule of the workspace, locked for the rest of the transaction.
 * @throws NotFoundError
 */
export async function lockSchedule(em: Em, { workspaceId }: Actor, id: string): Promise<ScheduleRow> {
  const [row] = await selectSchedules(em, 'id = ? and workspace_id = ?', [id, workspaceId], 'for update')
  if (!row) throw new NotFoundError(id)
  return row
}

/** Stops the ticks of a schedule. One that is paused stays so since when it was. */
export async function pauseIn(
  em: Em,
  actor: Actor,
  row: ScheduleRow,
  reason: string | undefined,
  now = new Date(),
): Promise<ScheduleRow> {
  await audit(em, actor, 'pauseSchedule', row.id, reason)
  return move(em, row, row.pausedAt ?? now, null, now)
}

/**
 * Lets a schedule tick again, from now on: what passed during the pause is not caught up.
 * @throws InvalidInputError when its expression is not valid any more
 */
export async function resumeIn(
  em: Em,
  actor: Actor,
  row: ScheduleRow,
  reason: string | undefined,
  now = new Date(),
): Promise<ScheduleRow> {
  await audit(em, actor, 'resumeSchedule', row.id, reason)
  if (!row.pausedAt) return row
  return move(em, row, null, parseCron(row.cron, row.timeZone).next(now) ?? null, now)
}

async function move(
  em: Em,
  row: ScheduleRow,
  pausedAt: Date | null,
  nextAt: Date | null,
  updatedAt: Date,
): Promise<ScheduleRow> {
  await em.execute('update schedule set paused_at = ?, next_at = ?, updated_at = ? where id = ?', [
    pausedAt,
    nextAt,
    updatedAt,
    row.id,
  ])
  return { ...row, pausedAt, nextAt, updatedAt }
}

/**
 * Forgets a schedule; the jobs it started stay.
 * @throws BuiltInScheduleError
 */
export async function deleteIn(
  em: Em,
  actor: Actor,
  { id, builtIn }: ScheduleRow,
  reason: string | undefined,
): Promise<void> {
  if (builtIn) throw new BuiltInScheduleError(id)
  await em.execute('delete from schedule where id = ?', [id])
  await audit(em, actor, 'deleteSchedule', id, reason)
}

export interface RunNow {
  definitions: readonly AnyJobDefinition[]
  /** Enqueues in the transaction: `enqueueIn` of the ledger. */
  enqueue: (em: Em, requests: EnqueueRequest[]) => Promise<(Enqueued | Error)[]>
}

/**
 * Starts a job of a schedule at once, paused or not; its ticks are not touched.
 * @throws ScheduleBusyError, UnknownJobError, InvalidInputError, IdempotencyConflictError
 */
export async function runNowIn(
  em: Em,
  { definitions, enqueue }: RunNow,
  actor: Actor,
  row: ScheduleRow,
  { idempotencyKey, reason }: { idempotencyKey?: string | undefined; reason?: string | undefined },
): Promise<Enqueued> {
  const definition = definitionOf(definitions, row.jobName)
  if (!definition)
    throw new UnknownJobError(
      row.jobName,
      definitions.map(({ name }) => name),
    )
  if (!(await isRepeat(em, row, idempotencyKey))) await refuseOverlap(em, row)
  const [outcome] = await enqueue(em, [
    {
      definition,
      input: upcastInput(definition, row.input, row.inputVersion),
      actor,
      scheduleId: row.id,
      idempotencyKey,
      fingerprintOf: { scheduleId: row.id, runNow: true },
    },
  ])
  if (!outcome || outcome instanceof Error) throw outcome
  if (outcome.created)
    await em.execute('update schedule set last_job_id = ? where id = ?', [outcome.job.id, row.id])
  await audit(em, actor, 'runScheduleNow', row.id, reason)
  return outcome
}

async function isRepeat(em: Em, { workspaceId, jobName }: ScheduleRow, key?: string): Promise<boolean> {
  return key !== undefined && (await findByKeys(em, workspaceId, jobName, [key])).size > 0
}

async function refuseOverlap(em: Em, row: ScheduleRow): Promise<void> {
  const open = row.overlap === 'SKIP' ? await openJobOf(em, row) : undefined
  if (open) throw new ScheduleBusyError(row.id, open)
}
