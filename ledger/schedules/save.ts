import type { Em } from '../../entities/index.ts'
import type { CatchUpPolicy, OverlapPolicy } from '../../entities/schedule.ts'
import { audit } from '../audit.ts'
import type { AnyJobDefinition } from '../definition.ts'
import { InvalidInputError } from '../errors.ts'
import { fingerprint, parseInput } from '../input.ts'
import type { Actor } from '../ledger.ts'
import { parseCron } from './cron.ts'
import { checkCron } from './cron-syntax.ts'
import { insertSchedules, type NewSchedule, type ScheduleRow, selectSchedules } from './schedule-row.ts'
import { workspaceZone } from './workspace-zone.ts'

/** Most schedules of a workspace, about; the dispatcher handles those of all workspaces in turn. */
const maxSchedules = 500

/** What a schedule is to be; what is left out stays as it is, or becomes the default. */
export interface ScheduleWish {
  name: string
  definition: AnyJobDefinition
  cron: string
  input?: unknown
  /** Default: the workspace's. */
  timeZone?: string | undefined
  /** Default SKIP. */
  overlap?: OverlapPolicy | undefined
  /** Default ONCE. */
  catchUp?: CatchUpPolicy | undefined
  reason?: string | undefined
}

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

async function newSchedule(
  em: Em,
  definitions: readonly AnyJobDefinition[],
  { workspaceId }: Actor,
  { name, definition, cron, input, timeZone, overlap, catchUp }: ScheduleWish,
  now: Date,
): Promise<NewSchedule> {
  checkName(name, definitions)
  await checkCount(em, workspaceId)
  if (!definition.mutation)
    throw refused('job', `cannot be ${definition.name}: only the schedule that comes with it starts it`)
  const zone = timeZone ?? (await workspaceZone(em, workspaceId))
  return {
    workspaceId,
    name,
    definition,
    input: inputOf(definition, input ?? {}),
    cron: checkCron(cron),
    timeZone: zone,
    overlap: overlap ?? 'SKIP',
    catchUp: catchUp ?? 'ONCE',
    builtIn: false,
    nextAt: parseCron(cron, zone).next(now),
  }
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
    overlap: wish.overlap ?? row.overlap,
    catchUp: wish.catchUp ?? row.catchUp,
    nextAt: row.pausedAt ? null : sameTicks ? row.nextAt : (ticks.next(now) ?? null),
    problem: null,
    updatedAt: now,
  }
  await em.execute(
    `update schedule set input = ?, input_version = ?, cron = ?, time_zone = ?, overlap = ?, catch_up = ?, next_at = ?,
     problem = null, updated_at = ? where id = ?`,
    [
      JSON.stringify(next.input),
      next.inputVersion,
      cron,
      timeZone,
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

/** The input of the job, with paths as the caller wrote them. */
function inputOf(definition: AnyJobDefinition, input: unknown): Record<string, unknown> {
  try {
    return parseInput(definition, input)
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    throw new InvalidInputError(
      error.issues.map(({ path, message }) => ({ path: path ? `input.${path}` : 'input', message })),
    )
  }
}

function checkName(name: string, definitions: readonly AnyJobDefinition[]): void {
  if (!/^\w[\w.-]{0,63}$/.test(name))
    throw refused(
      'name',
      'must be 1 to 64 letters, digits, dots, hyphens or underscores, not beginning with a dot or hyphen',
    )
  if (definitions.some((definition) => definition.name === name))
    throw refused('name', 'is the name of a job, which is kept for the schedule that comes with it')
}

async function checkCount(em: Em, workspaceId: string): Promise<void> {
  const [row] = await em.execute<{ n: number }[]>(
    'select count(*) as n from schedule where workspace_id = ?',
    [workspaceId],
  )
  if (Number(row?.n) >= maxSchedules)
    throw refused('name', `would be one too many: a workspace has ${maxSchedules} schedules at most`)
}

const refused = (path: string, message: string) => new InvalidInputError([{ path, message }])
