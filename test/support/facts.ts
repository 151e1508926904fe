import fc from 'fast-check'
import type { Em } from '../../entities/index.ts'
import { fromSql } from '../../entities/sql.ts'
import type { StatHour } from '../../entities/stat-hour.ts'
import type { NewFact } from '../../marketing/facts.ts'

/** For tests: facts of all kinds, and what their buckets must be. */

const base = Date.UTC(2026, 2, 29)
const minuteMs = 60_000
const hourMs = 60 * minuteMs

/** Where the facts of `anyFact` lie: ten hours, of which both ends are empty. */
export const factRange = { from: new Date(base - hourMs), to: new Date(base + 9 * hourMs) }

/** Few values for each column, so that facts meet in buckets; sources that MariaDB takes for one. */
export function anyFact(workspaces: readonly string[]): fc.Arbitrary<NewFact> {
  const oneOf = <T>(...values: T[]) => fc.constantFrom(...values)
  return fc.record({
    workspaceId: fc.constantFrom(...workspaces),
    metric: oneOf('SENT', 'OPENED', 'CLICKED'),
    channel: oneOf('EMAIL', 'WHATSAPP', null),
    occurredAt: fc
      .tuple(fc.nat(8 * 60 - 1), oneOf(0, 1, 59_999))
      .map(([minute, ms]) => new Date(base + minute * minuteMs + ms)),
    sourceEvent: fc.nat(60).map((event) => `test:${event}`),
    count: oneOf(1, 1, 1, 5, -2),
    campaignId: oneOf('camp_a', 'camp_b', null),
    source: oneOf('Ads', 'ads', 'ADS ', 'Müller', 'muller', '', null),
    template: oneOf('WELCOME', null),
    bot: fc.boolean(),
  })
}

export type Buckets = Record<string, number[]>

/** Counts facts as plainly as possible. Of those with the same source event, the first counts. */
export function countFacts(facts: readonly NewFact[]): Buckets {
  const known = new Set<string>()
  const buckets: Buckets = {}
  for (const fact of facts) {
    const event = `${fact.workspaceId} ${fact.sourceEvent}`
    if (known.has(event)) continue
    known.add(event)
    const at = fact.occurredAt
    const key = keyOf(fact, new Date(Math.floor(at.getTime() / hourMs) * hourMs))
    const quarters = buckets[key] ?? [0, 0, 0, 0]
    quarters[Math.floor(at.getUTCMinutes() / 15)]! += fact.count ?? 1
    buckets[key] = quarters
  }
  return buckets
}

type Key = Pick<NewFact, 'workspaceId' | 'metric' | 'channel' | 'campaignId' | 'template' | 'source' | 'bot'>

function keyOf(key: Key, hourAt: Date): string {
  const { workspaceId, metric, channel, campaignId, template, source, bot } = key
  const texts = [channel, campaignId, template, plain(source ?? '')].map((text) => text ?? '')
  return [workspaceId, hourAt.toISOString(), metric, ...texts, Boolean(bot)].join('|')
}

/** Equal for texts that utf8mb4_unicode_ci takes for equal, as far as `anyFact` makes them. */
const plain = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().trimEnd()

/** All buckets there are. */
export async function readBuckets(em: Em): Promise<Buckets> {
  const raw = await em.execute<Record<string, unknown>[]>('select * from stat_hour')
  const rows = raw.map((row) => fromSql<StatHour & Key>(row))
  return Object.fromEntries(rows.map((row) => [keyOf(row, row.hourAt), [row.q0, row.q1, row.q2, row.q3]]))
}

/** Forgets all facts and what was counted of them. */
export async function forgetFacts(em: Em): Promise<void> {
  await em.execute('delete from fact')
  await em.execute('delete from stat_hour')
  await em.execute(
    "update stat_position set fact_id = 0, at = '1970-01-01' where name in ('FACTS', 'PRUNED')",
  )
}
