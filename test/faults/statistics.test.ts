import { afterAll, beforeAll, expect, test } from 'vitest'
import { fillFacts } from '../../bench/support/facts.ts'
import type { Process } from '../support/processes.ts'
import { type System, startTestSystem } from '../support/system.ts'
import { until } from '../support/world.ts'

let system: System
/** The one that runs now. */
let worker: Process
beforeAll(async () => {
  system = await startTestSystem()
  worker = system.worker
  await fillFacts(fork(), { workspaceId: system.workspaceId, facts: 250_000, ...year })
})
afterAll(() => system?.close())

const year = { from: new Date('2025-11-01T00:00:00Z'), to: new Date('2026-11-01T00:00:00Z') }
const fork = () => system.orm.em.fork()
const number = async (sql: string, values: unknown[] = []) =>
  Number((await fork().execute<{ n: string }[]>(sql, values))[0]!.n)

/** Three numbers between 0 and 1, ascending: the same in every run. */
function seededPoints(seed: number): number[] {
  let state = seed
  const next = () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state / 2 ** 31
  }
  return [next(), next(), next()].sort()
}

/** Kills the worker as soon as the point is reached, and starts another one. */
async function killAt(point: string, isReached: () => Promise<boolean>): Promise<void> {
  await until(point, isReached, 60_000)
  await worker.stop('SIGKILL')
  worker = await system.start('worker')
}

async function untilCompleted(jobId: string): Promise<Record<string, number>> {
  const { job } = await until(
    `job ${jobId} is final`,
    async () => {
      const found = await system.ask<{ job: { state: string; result: Record<string, number> } }>(
        'query ($id: ID!) { job(id: $id) { state result } }',
        { id: jobId },
      )
      return ['COMPLETED', 'DEAD', 'CANCELLED'].includes(found.job.state) && found
    },
    60_000,
  )
  expect(job.state).toBe('COMPLETED')
  return job.result
}

/** Number of buckets that do not equal a plain count of the facts, those that are missing or too many included. */
const wrongBuckets = () =>
  number(`
    select count(*) as n from (
      select sum(facts) - sum(buckets) as difference from (
        select date_format(occurred_at, '%Y-%m-%d %H') as hour_of, metric, coalesce(channel, '') as channel_of,
          coalesce(campaign_id, '') as campaign_of, coalesce(template, '') as template_of,
          coalesce(source, '') as source_of, bot, count as facts, 0 as buckets from fact
        union all
        select date_format(hour_at, '%Y-%m-%d %H'), metric, channel, campaign_id, template, source, bot,
          0, q0 + q1 + q2 + q3 from stat_hour
      ) both_sides
      group by hour_of, metric, channel_of, campaign_of, template_of, source_of, bot
    ) compared where difference <> 0`)

test('a worker is killed three times while it rolls up: every fact is counted once', async () => {
  const highest = await number('select max(id) as n from fact')
  const { enqueueStatsRollup } = await system.ask<{ enqueueStatsRollup: { job: { id: string } } }>(
    'mutation { enqueueStatsRollup(input: {}) { ... on EnqueuePayload { job { id } } } }',
  )
  for (const point of seededPoints(41))
    await killAt(`fact ${point * highest} is counted`, async () => {
      const position = await number("select fact_id as n from stat_position where name = 'FACTS'")
      return position >= Math.min(point, 0.75) * highest
    })
  await untilCompleted(enqueueStatsRollup.job.id)
  expect(await number("select fact_id as n from stat_position where name = 'FACTS'")).toBe(highest)
  expect(await number('select sum(q0 + q1 + q2 + q3) as n from stat_hour')).toBe(250_000)
  expect(await wrongBuckets()).toBe(0)
}, 120_000)

test('a worker is killed three times while it rebuilds wrong statistics: they are right in the end', async () => {
  const from = Date.UTC(2026, 3, 1)
  const dayAt = (day: number) => new Date(from + day * 86_400_000)
  // Of each day, one bucket too many at its first hour.
  await fork().execute(
    `insert into stat_hour select ?, timestampadd(day, seq, cast(? as datetime(3))), 'FAILED', '', '', '', '', 0, 1, 0, 0, 0
     from seq_0_to_119`,
    [system.workspaceId, dayAt(0)],
  )
  const isRight = async (day: number) =>
    (await number(
      "select count(*) as n from stat_hour where workspace_id = ? and hour_at = ? and metric = 'FAILED'",
      [system.workspaceId, dayAt(day)],
    )) === 0
  const { rebuildStats } = await system.ask<{ rebuildStats: { job: { id: string } } }>(
    'mutation ($input: RebuildStatsInput!) { rebuildStats(input: $input) { ... on RebuildStatsPayload { job { id } } } }',
    { input: { from: dayAt(0).toISOString(), to: dayAt(120).toISOString() } },
  )
  for (const point of seededPoints(42)) {
    const day = Math.floor(point * 100)
    await killAt(`day ${day} is right`, () => isRight(day))
  }
  expect(await untilCompleted(rebuildStats.job.id)).toMatchObject({ hours: 120 * 24 })
  expect(await wrongBuckets()).toBe(0)
}, 120_000)
