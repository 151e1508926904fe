import type { Em } from '../../entities/index.ts'
import { audit } from '../audit.ts'
import type { AnyJobDefinition } from '../definition.ts'
import { fingerprint } from '../input.ts'
import type { Actor } from '../ledger.ts'
import { parseCron } from './cron.ts'
import { checkCron } from './cron-syntax.ts'
import { inputOf, newSchedule, refused, type ScheduleWish } from './new-schedule.ts'
import { insertSchedules, type ScheduleRow, selectSchedules } from './schedule-row.ts'

/**
 * Creates a schedule, or changes the one of this name. When its ticks change, what passed before is not caught up.
 * @throws InvalidInputError naming what is wrong with the expression, the time zone, the name or the job's input
 */
export async function saveSchedule(
  em: Em,
  definitions: readonly AnyJobDefinition[],
  actor: Actor,
  wish: ScheduleWish,
  now = new Date(),
): Promise<{ schedule: ScheduleRow; created: boolean }> {
  const before = await byName(em, actor.workspaceId, wish.name)
  if (!before) await insertSchedules(em, [await newSchedule(em, definitions, actor, wish, now)], now)
  const row = before ?? (await byName(em, actor.workspaceId, wish.name))!
  const schedule = await change(em, row, wish, now)
  await audit(em, actor, 'upsertSchedule', schedule.id, wish.reason)
  return { schedule, created: !before }
}

async function byName(em: Em, workspaceId: string, name: string): Promise<ScheduleRow | undefined> {
  const [row] = await selectSchedules(em, 'workspace_id = ? and name = ?', [workspaceId, name], 'for update')
  return row
}

async function change(em: Em, row: ScheduleRow, wish: ScheduleWish, now: Date): Promise<ScheduleRow> {
  if (wish.definition.name !== row.jobName)
    throw refused(
      'job',
      `is ${row.jobName} for this schedule and stays so; give a schedule of another job its own name`,
    )
  const cron = checkCron(wish.cron)
  const timeZone = wish.timeZone ?? row.timeZone
  const ticks = parseCron(cron, timeZone)
  const sameTicks = cron === row.cron && timeZone === row.timeZone && !row.problem
  const next: ScheduleRow = {
    ...row,
    ...changedInput(row, wish),
    cron,
    timeZone,
    priority: wish.priority ?? row.priority ?? null,
    overlap: wish.overlap ?? row.overlap,
    catchUp: wish.catchUp ?? row.catchUp,
    nextAt: row.pausedAt ? null : sameTicks ? row.nextAt : (ticks.next(now) ?? null),
    problem: null,
    updatedAt: now,
  }
  await em.execute(
    `update schedule set input = ?, input_version = ?, cron = ?, time_zone = ?, priority = ?, overlap = ?, catch_up = ?, next_at = ?,
     problem = null, updated_at = ? where id = ?`,
    [
      JSON.stringify(next.input),
      next.inputVersion,
      cron,
      timeZone,
      next.priority,
      next.overlap,
      next.catchUp,
      next.nextAt ?? null,
      now,
      row.id,
    ],
  )
  return next
}

/** A job that nobody may start from outside keeps the input it came with. */
function changedInput(
  row: ScheduleRow,
  { definition, input }: ScheduleWish,
): Partial<Pick<ScheduleRow, 'input' | 'inputVersion'>> {
  if (input === undefined) return {}
  const parsed = inputOf(definition, input)
  if (!definition.mutation && fingerprint(parsed) !== fingerprint(row.input))
    throw refused('input', `cannot be changed: ${row.jobName} cannot be started from outside`)
  return { input: parsed, inputVersion: definition.version ?? 1 }
}
