import type { Logger } from 'pino'
import type { Em } from '../entities/index.ts'
import type { JobState } from '../entities/job.ts'
import { fromSql, marks } from '../entities/sql.ts'
import { plainId, sortableId } from '../queue/keys.ts'
import type { QueueState, Queues } from '../queue/queues.ts'
import { type AttemptChange, allStarts, applyEvent, attemptOf } from './apply.ts'
import { endLost, writeAttempts } from './attempts.ts'
import { seeToDead } from './dead.ts'
import type { AnyJobDefinition } from './definition.ts'
import { dispatch } from './dispatch.ts'
import { writeJobs } from './project.ts'
import type { JobRow } from './row.ts'
import { inTransaction, loadJobs } from './sql.ts'

/** Rows taken up at once. */
const batchSize = 500

/** A row that was taken up is looked at again after so long, should this process die on the way. */
const leaseMs = 10_000

export interface DueWork {
  fork: () => Em
  queues: Queues
  definitions: readonly AnyJobDefinition[]
  log: Logger
}

/**
 * Takes up the jobs of one queue whose time has come: scheduled ones, ones Redis has not seen, and ones that have not
 * moved for long.
 * 1. Claim them in SQL for a while, skipping rows another process holds; no lock is kept while Redis is asked.
 * 2. Hand over those that are only rows. Adding one that is already there is harmless.
 * 3. Do what follows the death of those that are dead.
 * 4. Compare the others with BullMQ, and repair what differs.
 * @param through all events up to then are applied, so a row that still says PENDING is not in Redis
 * @returns whether more may be due
 */
export async function takeUpDue(work: DueWork, queue: string, through: Date): Promise<boolean> {
  const rows = await claim(work.fork, queue, through)
  const open = rows.filter((row) => row.state === 'PENDING')
  const dead = rows.filter((row) => row.state === 'DEAD')
  const quiet = rows.filter((row) => row.state !== 'PENDING' && row.state !== 'DEAD')
  await handOver(work, open)
  if (dead.length > 0) await seeToDead(work, dead)
  if (quiet.length > 0) await reconcile(work, queue, quiet)
  return rows.length === batchSize
}

async function claim(fork: () => Em, queue: string, through: Date): Promise<JobRow[]> {
  const now = new Date()
  return inTransaction(fork, async (em) => {
    const found = await em.execute<Record<string, unknown>[]>(
      `select * from job where name = ? and check_at <= ? and (check_at <= ? or state = 'SCHEDULED')
       order by check_at limit ${batchSize} for update skip locked`,
      [queue, now, through],
    )
    const rows = found.map((raw) => fromSql<JobRow>(raw))
    if (rows.length === 0) return []
    const ids = rows.map(({ id }) => id)
    await em.execute(
      `update job set check_at = ?, state = if(state = 'SCHEDULED', 'PENDING', state), updated_at = ? where id in ${marks(ids)}`,
      [new Date(now.getTime() + leaseMs), now, ...ids],
    )
    return rows.map((row) => (row.state === 'SCHEDULED' ? { ...row, state: 'PENDING' as const } : row))
  })
}

async function handOver({ fork, queues, log }: DueWork, rows: JobRow[]): Promise<void> {
  if (rows.length === 0) return
  try {
    await dispatch(queues, rows)
  } catch (error) {
    log.warn({ err: error, jobs: rows.length }, 'Redis did not take jobs; they are tried again')
    const ids = rows.map(({ id }) => id)
    await fork().execute(`update job set check_at = ? where state = 'PENDING' and id in ${marks(ids)}`, [
      new Date(Date.now() + 1_000),
      ...ids,
    ])
  }
}

const stateOf: Record<Exclude<QueueState, 'unknown' | 'completed' | 'failed'>, JobState> = {
  waiting: 'WAITING',
  prioritized: 'WAITING',
  delayed: 'DELAYED',
  active: 'ACTIVE',
  'waiting-children': 'WAITING_CHILDREN',
}

async function reconcile(work: DueWork, queue: string, rows: JobRow[]): Promise<void> {
  const states = await work.queues.states(
    queue,
    rows.map(({ id, run }) => ({ jobId: id, run })),
  )
  const lost = rows.filter((_, index) => states[index] === 'unknown')
  const repaired: Repair[] = []
  for (const [index, row] of rows.entries()) {
    const next = await compare(work.queues, row, states[index]!)
    if (next) repaired.push(next)
  }
  await write(work.fork, repaired)
  await redispatch(work, lost)
}

/** A row as it is to be, and the attempt that ended, if it is known. */
interface Repair {
  row: JobRow
  attempt?: AttemptChange | undefined
}

/** The row as BullMQ has it, or undefined when BullMQ does not know the job. */
async function compare(queues: Queues, row: JobRow, state: QueueState): Promise<Repair | undefined> {
  if (state === 'unknown') return undefined
  if (state === 'completed' || state === 'failed') return finish(queues, row, state)
  return { row: { ...row, state: stateOf[state], checkAt: new Date(Date.now() + 60_000) } }
}

/** A finished run whose last event was trimmed away. */
async function finish(
  queues: Queues,
  row: JobRow,
  name: 'completed' | 'failed',
): Promise<Repair | undefined> {
  const outcome = await queues.outcome(row.name, row.id, row.run)
  if (!outcome) return undefined
  const fields = {
    returnvalue: JSON.stringify(outcome.returnvalue),
    failedReason: outcome.failedReason ?? '',
  }
  const id = sortableId(`${outcome.finishedOn}-999999`)
  const event = {
    id: row.lastEventId && row.lastEventId > id ? after(row.lastEventId) : id,
    at: new Date(outcome.finishedOn),
    name,
    jobId: row.id,
    run: row.run,
    fields,
  }
  return { row: applyEvent(row, event), attempt: attemptOf(row, event) }
}

function after(id: string): string {
  const [ms, seq] = plainId(id).split('-')
  return sortableId(`${ms}-${Number(seq) + 1}`)
}

/** Writes the rows that have not moved since they were read. Where a job does not run, none of its attempts does. */
async function write(fork: () => Em, repairs: Repair[]): Promise<void> {
  if (repairs.length === 0) return
  await inTransaction(fork, async (em) => {
    const rows = await unmoved(
      em,
      repairs.map(({ row }) => row),
    )
    const ended = repairs.filter(({ row }) => rows.includes(row)).flatMap(({ attempt }) => attempt ?? [])
    await writeJobs(em, rows)
    await writeAttempts(em, ended)
    await endLost(em, rows.filter(({ state }) => state !== 'ACTIVE').map(allStarts))
  })
}

async function unmoved(em: Em, rows: JobRow[]): Promise<JobRow[]> {
  const current = new Map(
    (await loadJobs(em, rows.map(({ id }) => id).sort(), 'for update')).map((row) => [row.id, row]),
  )
  return rows.filter((row) => {
    const now = current.get(row.id)
    if (!now || now.run !== row.run) return false
    const cancelled = now.cancelRequestedAt && !row.cancelRequestedAt
    return !cancelled && (now.lastEventId ?? '') <= (row.lastEventId ?? '')
  })
}

/** Hands jobs over again that Redis has lost. */
async function redispatch(work: DueWork, rows: JobRow[]): Promise<void> {
  if (rows.length === 0) return
  work.log.warn(
    { jobs: rows.length, queue: rows[0]!.name },
    'Redis has lost jobs; they are handed over again',
  )
  const pending = rows.map((row) => ({
    ...row,
    state: 'PENDING' as const,
    checkAt: new Date(Date.now() + leaseMs),
  }))
  await write(
    work.fork,
    pending.map((row) => ({ row })),
  )
  await handOver(work, pending)
}
