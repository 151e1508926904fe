import { newId } from '../../entities/ids.ts'
import type { Em } from '../../entities/index.ts'
import type { CatchUpPolicy, OverlapPolicy } from '../../entities/schedule.ts'
import { insertRows } from '../../entities/sql.ts'
import { audit } from '../audit.ts'
import type { AnyJobDefinition } from '../definition.ts'
import { InvalidInputError } from '../errors.ts'
import { fingerprint, parseInput } from '../input.ts'
import type { Actor } from '../ledger.ts'
import { parseCron } from './cron.ts'
import { checkCron } from './cron-syntax.ts'
import { type ScheduleRow, selectSchedules } from './schedule-row.ts'

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

const columns = [
  'id',
  'workspace_id',
  'name',
  'job_name',
  'input',
  'input_version',
  'cron',
  'time_zone',
  'overlap',
  'catch_up',
  'built_in',
  'next_at',
  'created_at',
  'updated_at',
] as const

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
  const created = !before && (await create(em, definitions, actor, wish, now))
  const saved = before ?? (await byName(em, actor.workspaceId, wish.name))!
  const schedule = created === saved.id ? saved : await change(em, saved, wish, now)
  await audit(em, actor, 'upsertSchedule', schedule.id, wish.reason)
  return { schedule, created: created === saved.id }
}

async function byName(em: Em, workspaceId: string, name: string): Promise<ScheduleRow | undefined> {
  const [row] = await selectSchedules(em, 'workspace_id = ? and name = ?', [workspaceId, name], 'for update')
  return row
}

/** @returns the new id, also when another caller was first with the name */
async function create(
  em: Em,
  definitions: readonly AnyJobDefinition[],
  { workspaceId }: Actor,
  wish: ScheduleWish,
  now: Date,
): Promise<string> {
  checkName(wish.name, definitions)
  const id = newId('schedule')
  const timeZone = wish.timeZone ?? (await zoneOf(em, workspaceId))
  const row = [
    id,
    workspaceId,
    wish.name,
    wish.definition.name,
    JSON.stringify(inputOf(wish.definition, wish.input ?? {})),
    wish.definition.version ?? 1,
    checkCron(wish.cron),
    timeZone,
    wish.overlap ?? 'SKIP',
    wish.catchUp ?? 'ONCE',
    false,
    parseCron(wish.cron, timeZone).next(now) ?? null,
    now,
    now,
  ]
  await insertRows(em, 'schedule', columns, [row], 'on duplicate key update id = id')
  return id
}

async function change(em: Em, row: ScheduleRow, wish: ScheduleWish, now: Date): Promise<ScheduleRow> {
  if (wish.definition.name !== row.jobName)
    throw refused('job', `is ${row.jobName} for this schedule and stays so; give a schedule of another job its own name`)
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
  if (!/^[\w.-]{1,64}$/.test(name) || !/\w/.test(name))
    throw refused('name', 'must be 1 to 64 letters, digits, dots, hyphens or underscores')
  if (definitions.some((definition) => definition.name === name))
    throw refused('name', 'is the name of a job, which is kept for the schedule that comes with it')
}

async function zoneOf(em: Em, workspaceId: string): Promise<string> {
  const [row] = await em.execute<{ zone: string }[]>('select time_zone as zone from workspace where id = ?', [
    workspaceId,
  ])
  return row!.zone
}

const refused = (path: string, message: string) => new InvalidInputError([{ path, message }])
