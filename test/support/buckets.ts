import type { FactMetric } from '../../entities/fact.ts'
import type { Em } from '../../entities/index.ts'
import { insertRows } from '../../entities/sql.ts'

/** A fact, as far as statistics look at it. */
export interface Counted {
  at: Date
  metric: FactMetric
  channel?: string
  campaignId?: string
  template?: string
  source?: string
  bot?: boolean
  count?: number
}

const quarterMs = 900_000
const hourMs = 4 * quarterMs
const columns =
  'workspace_id, hour_at, metric, channel, campaign_id, template, source, bot, q0, q1, q2, q3'.split(', ')

/** Counts facts into the hourly buckets of a workspace, as the rollup leaves them. */
export async function fillBuckets(em: Em, workspaceId: string, facts: readonly Counted[]): Promise<void> {
  const buckets = new Map<string, unknown[]>()
  for (const {
    at,
    metric,
    channel = '',
    campaignId = '',
    template = '',
    source = '',
    bot = false,
    count = 1,
  } of facts) {
    const hour = new Date(Math.floor(at.getTime() / hourMs) * hourMs)
    const key = [workspaceId, hour, metric, channel, campaignId, template, source, bot]
    const bucket = buckets.get(JSON.stringify(key)) ?? [...key, 0, 0, 0, 0]
    const quarter = Math.floor((at.getTime() - hour.getTime()) / quarterMs)
    bucket[8 + quarter] = (bucket[8 + quarter] as number) + count
    buckets.set(JSON.stringify(key), bucket)
  }
  await insertRows(em, 'stat_hour', columns, [...buckets.values()])
}
