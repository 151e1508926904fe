import type { FactMetric } from '../../entities/fact.ts'
import type { Em } from '../../entities/index.ts'
import { fromSql } from '../../entities/sql.ts'

/**
 * Counting facts into buckets, in SQL. What a fact lacks is ''. Sources that differ in case or trailing spaces alone are
 * one to MariaDB, in the grouping as in the key; a bucket keeps the spelling that came first.
 */

/** Start of the UTC hour. Counted from a date before all others, because the difference is cut off towards it. */
const hour =
  "timestampadd(hour, timestampdiff(hour, '1000-01-01', occurred_at), timestamp'1000-01-01 00:00:00')"

const quarter = (number: number) => `sum(if(minute(occurred_at) div 15 = ${number}, count, 0))`

const quarters = [0, 1, 2, 3] as const

const count = (where: string) => `
  insert into stat_hour (workspace_id, hour_at, metric, channel, campaign_id, template, source, bot, q0, q1, q2, q3)
  select workspace_id, ${hour} as hour_of, metric, coalesce(channel, '') as channel_of,
    coalesce(campaign_id, '') as campaign_of, coalesce(template, '') as template_of,
    coalesce(source, '') as source_of, bot, ${quarters.map(quarter).join(', ')}
  from fact where ${where}
  group by workspace_id, hour_of, metric, channel_of, campaign_of, template_of, source_of, bot`

const add = `on duplicate key update ${quarters.map((n) => `q${n} = stat_hour.q${n} + values(q${n})`).join(', ')}`

/** Adds the facts of `from` < id <= `to` to the buckets. */
export async function addToBuckets(em: Em, from: number, to: number): Promise<void> {
  await em.execute(`${count('id > ? and id <= ?')} ${add}`, [from, to])
}

/** What of a workspace, and up to which fact, is counted anew. `from` and `to` are whole hours; `to` is not included. */
export interface Stretch {
  workspaceId: string
  from: Date
  to: Date
  factId: number
}

/** Counts anew the buckets of a stretch from its facts. */
export async function recount(em: Em, { workspaceId, from, to, factId }: Stretch): Promise<void> {
  await em.execute('delete from stat_hour where workspace_id = ? and hour_at >= ? and hour_at < ?', [
    workspaceId,
    from,
    to,
  ])
  await em.execute(count(ofStretch), [workspaceId, from, to, factId])
}

// `id + 0`: MariaDB is to find them by their time, not to walk through all ids up to that one.
const ofStretch = 'workspace_id = ? and occurred_at >= ? and occurred_at < ? and id + 0 <= ?'

/** How often a metric is in an hour, by its facts and by its buckets. */
export interface Comparison {
  hourAt: Date
  metric: FactMetric
  /** Number of facts, each of which may count for several. */
  rows: number
  facts: number
  buckets: number
}

/** Compares the buckets of a stretch with the facts, hour by hour and metric by metric. */
export async function compare(em: Em, { workspaceId, from, to, factId }: Stretch): Promise<Comparison[]> {
  const raw = await em.execute<Record<string, unknown>[]>(
    `select hour_at, metric, sum(rows_of) as \`rows\`, sum(facts) as facts, sum(buckets) as buckets from (
       select ${hour} as hour_at, metric, count(*) as rows_of, sum(count) as facts, 0 as buckets
       from fact where ${ofStretch} group by hour_at, metric
       union all
       select hour_at, metric, 0, 0, sum(q0 + q1 + q2 + q3)
       from stat_hour where workspace_id = ? and hour_at >= ? and hour_at < ? group by hour_at, metric) both_sides
     group by hour_at, metric`,
    [workspaceId, from, to, factId, workspaceId, from, to],
  )
  return raw.map((row) => {
    const { hourAt, metric, rows, facts, buckets } = fromSql<Comparison>(row)
    return { hourAt, metric, rows: Number(rows), facts: Number(facts), buckets: Number(buckets) }
  })
}
