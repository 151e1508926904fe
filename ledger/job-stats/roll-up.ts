import type { Em } from '../../entities/index.ts'
import { fromSql } from '../../entities/sql.ts'
import { sqlTime } from '../sql.ts'
import { classOf } from './classes.ts'

/**
 * Statistics of jobs: what became of them in each UTC hour. Hours that may still change are counted again from the rows;
 * older ones stand, whatever retention takes away. What happened in an hour does not change when an operator retries the
 * job: the end of an earlier run is where its last attempt ended, as its row holds the newest run alone.
 */

const hourMs = 3_600_000

/** Rows may change so long after what they tell of. */
const lookBackMs = 2 * hourMs

/** Beginning of the first hour that is still counted again; jobs that finished later must be kept. */
export function openSince(position: Date): Date {
  return new Date(Math.floor((position.getTime() - lookBackMs) / hourMs) * hourMs)
}

/** Up to when jobs were counted. `lock` takes the row's lock for the rest of the transaction. */
export async function jobsPosition(em: Em, lock: '' | 'for update' = ''): Promise<Date> {
  const [raw] = await em.execute<Record<string, unknown>[]>(
    `select at from stat_position where name = 'JOBS' ${lock}`,
  )
  return fromSql<{ at: Date }>(raw!).at
}

/** Which jobs may have changed since then: those that finished later or are open. */
const recent =
  'from job j left join job_attempt a on a.job_id = j.id where (j.finished_at >= ? or j.finished_at is null)'

const hourOf = (column: string) => `cast(date_format(${column}, '%Y-%m-%d %H:00:00') as datetime(3))`
const row = (at: string, measure: string, bucket = '0') =>
  `select j.workspace_id, ${hourOf(at)} as hour_at, j.name, ${measure} as measure, ${bucket} as bucket, ${at} as at`
const ms = (from: string, to: string) => `timestampdiff(microsecond, ${from}, ${to}) / 1000`

/** From when an attempt could have started: the first as the job says, the others as the attempt before them does. */
const couldStart = `coalesce(
  (select coalesce(b.next_at, b.finished_at) from job_attempt b where b.job_id = a.job_id and b.run = a.run and b.number = a.number - 1),
  if(a.run = j.run, j.run_at, a.started_at))`

/** Each takes the beginning of what is counted as its value. */
const parts = [
  `${row('j.finished_at', 'j.state')} from job j where j.finished_at >= ?`,
  `${row('a.finished_at', "if(a.error_class = 'CANCELLED', 'CANCELLED', 'DEAD')")} ${recent} and a.run < j.run
     and not exists (select 1 from job_attempt b where b.job_id = a.job_id and b.run = a.run and b.number > a.number)`,
  `${row('a.finished_at', "'FAILED'")} ${recent} and a.outcome = 'FAILED' and not a.error_class <=> 'CANCELLED'`,
  `${row('a.started_at', "'WAIT'", classOf(ms(couldStart, 'a.started_at')))} ${recent}`,
  `${row('a.finished_at', "'RUN'", classOf(ms('a.started_at', 'a.finished_at')))} ${recent}
     and a.started_at is not null and a.outcome in ('COMPLETED', 'FAILED')`,
]

const recount = `
  insert into job_stat_hour (workspace_id, hour_at, name, measure, bucket, count)
  select workspace_id, hour_at, name, measure, bucket, count(*) from (${parts.join(' union all ')}) counted
  where at >= ? group by workspace_id, hour_at, name, measure, bucket`

const forget = `
  delete s from workspace w straight_join job_stat_hour s on s.workspace_id = w.id and s.hour_at >= ?`

/**
 * Counts anew all hours that may have changed, in one transaction: a stop in the middle leaves what was there, and doing it
 * again changes nothing.
 * @param now up to when events are looked at
 */
export async function rollUpJobStats({
  transaction,
  now,
  signal,
}: {
  transaction: <T>(work: (em: Em) => Promise<T>) => Promise<T>
  now: Date
  signal: AbortSignal
}): Promise<void> {
  signal.throwIfAborted()
  await transaction(async (em) => {
    const since = openSince(await jobsPosition(em, 'for update'))
    const next = await projectedTo(em, now)
    await em.execute(forget, [since])
    await em.execute(recount, [...parts.map(() => since), since])
    await em.execute("update stat_position set at = greatest(at, ?) where name = 'JOBS'", [sqlTime(next)])
  })
}

/** A projection further behind than this has not told everything that happened before `now`. */
const behindMs = 60_000

/** Up to when the rows tell what happened: now, or less while a queue's events are being caught up with. */
async function projectedTo(em: Em, now: Date): Promise<Date> {
  const rows = await em.execute<Record<string, unknown>[]>('select event_id, updated_at from stream_position')
  const behind = rows.flatMap((raw) => {
    const { eventId, updatedAt } = fromSql<{ eventId: string; updatedAt: Date }>(raw)
    const eventMs = Number.parseInt(eventId, 10)
    const lagMs = updatedAt.getTime() - eventMs
    return eventMs > 0 && lagMs > behindMs ? [eventMs] : []
  })
  return new Date(Math.min(now.getTime(), ...behind))
}
