import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import type { Em } from '../../entities/index.ts'
import { marks } from '../../entities/sql.ts'
import { type AnyJobDefinition, definitionOf } from '../definition.ts'
import { enqueueIn } from '../enqueue.ts'
import { InvalidInputError } from '../errors.ts'
import { upcastInput } from '../input.ts'
import type { EnqueueRequest } from '../ledger.ts'
import type { JobRow } from '../row.ts'
import { inTransaction } from '../sql.ts'
import { parseCron } from './cron.ts'
import { type Plan, planTicks } from './plan.ts'
import { openJobOf, type ScheduleRow, selectSchedules } from './schedule-row.ts'

export interface TickWork {
  fork: () => Em
  definitions: readonly AnyJobDefinition[]
  log: Logger
}

/** Schedules looked at in one round. */
const batchSize = 200

/**
 * Turns the ticks that have passed by `now` into jobs.
 * 1. Find the schedules that are due. Those of a job this code does not know are left alone: another version may.
 * 2. Per schedule, in one transaction that holds its row: decide, enqueue, and move on to the next tick. So a tick is
 *    taken wholly or not at all, and of two dispatchers the later one finds nothing to do.
 * 3. A schedule that cannot be handled does not hold up the others.
 * @returns the jobs that were started, for the caller to hand over
 */
export async function takeTicks(work: TickWork, now: Date): Promise<JobRow[]> {
  const started: JobRow[] = []
  for (const id of await dueSchedules(work, now))
    try {
      started.push(...(await takeOne(work, id, now)))
    } catch (error) {
      work.log.warn({ err: error, scheduleId: id }, 'A schedule could not be handled; it is tried again')
    }
  return started
}

async function dueSchedules({ fork, definitions }: TickWork, now: Date): Promise<string[]> {
  if (definitions.length === 0) return []
  const names = definitions.map(({ name }) => name)
  const rows = await fork().execute<{ id: string }[]>(
    `select id from schedule where next_at <= ? and job_name in ${marks(names)} order by next_at limit ${batchSize}`,
    [now, ...names],
  )
  return rows.map(({ id }) => id)
}

function takeOne(work: TickWork, id: string, now: Date): Promise<JobRow[]> {
  return inTransaction(work.fork, async (em) => {
    const [schedule] = await selectSchedules(
      em,
      'id = ? and next_at <= ?',
      [id, now],
      'for update skip locked',
    )
    return schedule ? take(em, work, schedule, now) : []
  })
}

async function take(em: Em, work: TickWork, schedule: ScheduleRow, now: Date): Promise<JobRow[]> {
  const plan = planOf(schedule, now)
  if (plan instanceof InvalidInputError) {
    work.log.error({ err: plan, scheduleId: schedule.id }, 'A schedule does not tick any more')
    await em.execute('update schedule set next_at = null, problem = ? where id = ?', [
      textOf(plan),
      schedule.id,
    ])
    return []
  }
  const skip = schedule.overlap === 'SKIP' && (await openJobOf(em, schedule)) !== undefined
  const outcomes = await start(em, work, schedule, skip ? [] : plan.start)
  const jobs = outcomes.filter((outcome): outcome is JobRow => !(outcome instanceof Error))
  const refusal = outcomes.find((outcome) => outcome instanceof Error)
  if (refusal) work.log.warn({ err: refusal, scheduleId: schedule.id }, 'A schedule could not start its job')
  await moveOn(em, schedule, plan, jobs.at(-1)?.id, refusal)
  return jobs
}

function planOf(schedule: ScheduleRow, now: Date): Plan | InvalidInputError {
  try {
    return planTicks(
      { ...schedule, nextAt: schedule.nextAt! },
      parseCron(schedule.cron, schedule.timeZone),
      now,
    )
  } catch (error) {
    if (error instanceof InvalidInputError) return error
    throw error
  }
}

async function start(
  em: Em,
  { definitions }: TickWork,
  schedule: ScheduleRow,
  ticks: Date[],
): Promise<(JobRow | Error)[]> {
  try {
    const requests = ticks.map((tick) => requestOf(definitions, schedule, tick))
    const outcomes = await enqueueIn(em, definitions, requests)
    return outcomes.map((outcome) => (outcome instanceof Error ? outcome : outcome.job))
  } catch (error) {
    if (error instanceof InvalidInputError) return [error]
    throw error
  }
}

/** The key makes a tick unique for as long as its job is kept; the tick alone tells a repeat, however the input changed since. */
function requestOf(
  definitions: readonly AnyJobDefinition[],
  { id, jobName, input, inputVersion, workspaceId, priority }: ScheduleRow,
  tick: Date,
): EnqueueRequest {
  const definition = definitionOf(definitions, jobName)!
  return {
    definition,
    input: upcastInput(definition, input, inputVersion),
    actor: { workspaceId, correlationId: randomUUID() },
    scheduleId: id,
    priority: priority ?? undefined,
    idempotencyKey: `schedule:${id}:${tick.toISOString()}`,
    fingerprintOf: { scheduleId: id, tick: tick.toISOString() },
  }
}

async function moveOn(
  em: Em,
  { id, lastJobId }: ScheduleRow,
  plan: Plan,
  jobId: string | undefined,
  refusal: Error | undefined,
): Promise<void> {
  await em.execute(
    'update schedule set next_at = ?, last_tick_at = ?, last_job_id = ?, problem = ? where id = ?',
    [plan.nextAt ?? null, plan.handled, jobId ?? lastJobId, refusal ? textOf(refusal) : null, id],
  )
}

const textOf = ({ message }: Error) => message.slice(0, 500)
