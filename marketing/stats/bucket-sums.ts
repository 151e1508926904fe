import type { FactMetric } from '../../entities/fact.ts'
import type { Em } from '../../entities/index.ts'
import { marks } from '../../entities/sql.ts'
import { intoHour } from './calendar.ts'

/** What statistics can be divided by: the columns of `stat_hour`. */
const columns = {
  CAMPAIGN: 'campaign_id',
  CHANNEL: 'channel',
  SOURCE: 'source',
  TEMPLATE: 'template',
} as const
export type Dimension = keyof typeof columns
const dimensions = Object.keys(columns) as Dimension[]

/** Which buckets; every list given must hold the bucket's value. */
export type StatFilter = Partial<Record<Dimension, readonly string[]>>

export interface BucketQuery {
  workspaceId: string
  metrics: readonly FactMetric[]
  filter: StatFilter
  /** Where each point begins, and where the last one ends: ms since 1970, ascending, on quarters of an hour. */
  bounds: readonly number[]
  groupBy: readonly Dimension[]
  /** Groups told apart, by their values in the order of `groupBy`; all others are one. Default: every group by itself. */
  only?: readonly (readonly string[])[]
}

/** So many of a metric at a point of a group. */
export interface BucketSum {
  point: number
  /** In the order of `groupBy`; '' for what is not known. Undefined: all groups that are not told apart. */
  group: string[] | undefined
  /** Names the group; '' for all that are not told apart. */
  key: string
  metric: FactMetric
  bot: boolean
  count: number
}

/**
 * Sums buckets by point, group and metric. Hours within one point are read whole; of hours that a bound cuts, the quarters
 * are.
 */
export async function sumBuckets(em: Em, query: BucketQuery): Promise<BucketSum[]> {
  const cut = [...new Set(query.bounds.filter(intoHour).map((bound) => bound - intoHour(bound)))]
  const whole = await sum(em, query, {
    from: 'stat_hour',
    at: 'to_seconds(hour_at)',
    count: 'q0 + q1 + q2 + q3',
    where: cut.length > 0 ? `hour_at not in ${marks(cut)}` : 'true',
    values: cut.map((hour) => new Date(hour)),
  })
  if (cut.length === 0) return whole
  const { bounds } = query
  const count = 'case k when 0 then q0 when 1 then q1 when 2 then q2 else q3 end'
  const quarters = await sum(em, query, {
    from: 'stat_hour join (select 0 as k union all select 1 union all select 2 union all select 3) as quarter',
    at: 'to_seconds(hour_at) + 900 * k',
    count,
    // Of a bucket that only counted outside of the range nothing is to be shown, not even its group.
    where: `hour_at in ${marks(cut)} and to_seconds(hour_at) + 900 * k between ? and ? and ${count} <> 0`,
    values: [...cut.map((hour) => new Date(hour)), toSeconds(bounds[0]!), toSeconds(bounds.at(-1)!) - 1],
  })
  return [...whole, ...quarters]
}

/** What is summed up. */
interface Part {
  from: string
  /** When it was, by `to_seconds`. */
  at: string
  count: string
  where: string
  values: readonly unknown[]
}

/** The same as MariaDB's `to_seconds`. */
const toSeconds = (time: number) => time / 1_000 + 62_167_219_200

/** Sums as doubles: they are exact as far as we count, and much faster than the decimals MariaDB would sum whole numbers to. */
async function sum(em: Em, query: BucketQuery, part: Part): Promise<BucketSum[]> {
  const starts = query.bounds.slice(0, -1).map(toSeconds)
  const groups = groupColumns(query)
  const keys = ['point_no', ...groups.names, 'metric', 'bot'].join(', ')
  const conditions = conditionsOf(query)
  const rows = await em.execute<SumRow[]>(
    `select interval(${part.at}, ${starts.join(', ')}) - 1 as point_no, ${groups.select} metric, bot, sum(1e0 * (${part.count})) as total
     from ${part.from} where ${conditions.sql} and ${part.where}
     group by ${keys} order by null`,
    [...groups.values, ...conditions.values, ...part.values],
  )
  return rows.map((row) => {
    const group = row.is_other ? undefined : groups.columns.map((column) => String(row[column]))
    return {
      point: Number(row.point_no),
      group,
      key: group ? keyOf(query.groupBy, group) : '',
      metric: row.metric,
      bot: Boolean(row.bot),
      count: Number(row.total),
    }
  })
}

function keyOf(groupBy: readonly Dimension[], group: readonly string[]): string {
  return JSON.stringify(group.map((value, index) => (groupBy[index] === 'SOURCE' ? folded(value) : value)))
}

/** MariaDB takes spellings of a source that differ in case or accents for one, so they are one here too. */
const folded = (source: string) => source.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().trimEnd()

interface SumRow extends Record<string, unknown> {
  point_no: number
  metric: FactMetric
  bot: number
  total: number
  is_other?: number
}

function groupColumns({ groupBy, only }: BucketQuery) {
  const names = groupBy.map((dimension) => columns[dimension])
  if (!only) return { columns: names, names, select: names.map((name) => `${name},`).join(' '), values: [] }
  const isOne = only.length > 0 ? `(${names.join(', ')}) in (${only.map(marks).join(', ')})` : 'false'
  const aliases = names.map((_, index) => `group_${index}`)
  const values = only.flat()
  return {
    columns: aliases,
    names: [...aliases, 'is_other'],
    select: [
      ...names.map((name, index) => `if(${isOne}, ${name}, '') as group_${index},`),
      `not ${isOne} as is_other,`,
    ].join(' '),
    values: [...names, 'is_other'].flatMap(() => values),
  }
}

function conditionsOf({ workspaceId, metrics, filter, bounds }: BucketQuery) {
  const first = bounds[0]!
  const lists = Object.entries({ metric: metrics, ...byColumn(filter) })
  return {
    sql: [
      'workspace_id = ? and hour_at >= ? and hour_at < ?',
      ...lists.map(([column, list]) => (list.length > 0 ? `${column} in ${marks(list)}` : 'false')),
    ].join(' and '),
    values: [
      workspaceId,
      new Date(first - intoHour(first)),
      new Date(bounds.at(-1)!),
      ...lists.flatMap(([, list]) => list),
    ],
  }
}

function byColumn(filter: StatFilter): Record<string, readonly string[]> {
  return Object.fromEntries(
    dimensions.flatMap((dimension) => (filter[dimension] ? [[columns[dimension], filter[dimension]]] : [])),
  )
}
