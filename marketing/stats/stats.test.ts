import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { type FactMetric, factMetrics } from '../../entities/fact.ts'
import { newId } from '../../entities/ids.ts'
import type { Em } from '../../entities/index.ts'
import { statRates } from '../../entities/stat-definitions.ts'
import { type Orm, openOrm } from '../../runtime/db.ts'
import { type Counted, fillBuckets } from '../../test/support/buckets.ts'
import { createDatabase } from '../../test/support/database.ts'
import { type Comparison, type Granularity, granularities } from './axis.ts'
import type { Dimension } from './bucket-sums.ts'
import { dayMs, readDay, showDay, weekOf } from './calendar.ts'
import type { StatGroup, StatSeries } from './series.ts'
import { inSnapshot } from './snapshot.ts'
import { readStats, type Stats, type StatsRequest } from './stats.ts'

let orm: Orm
let drop: () => Promise<void>
beforeAll(async () => {
  const database = await createDatabase(inject('databaseUrl'))
  drop = database.drop
  orm = await openOrm({ DATABASE_URL: database.url, DATABASE_POOL: 3 })
})
afterAll(async () => {
  await orm?.close()
  await drop?.()
})
const fork = () => orm.em.fork() as Em

const standard: Omit<StatsRequest, 'workspaceId' | 'range'> = {
  metrics: factMetrics,
  rates: [],
  zone: 'UTC',
  granularity: 'DAY',
  groupBy: [],
  filter: {},
  top: 50,
}

async function statsOf(
  facts: readonly Counted[],
  from: string,
  to: string,
  request: Partial<StatsRequest> = {},
): Promise<Stats> {
  const workspaceId = newId('workspace')
  await fillBuckets(fork(), workspaceId, facts)
  const range = { from: readDay(from)!, to: readDay(to)! }
  return readStats(fork(), { ...standard, workspaceId, range, ...request })
}

const sent = (...times: string[]): Counted[] => times.map((at) => ({ at: new Date(at), metric: 'SENT' }))
const metricOf = (series: StatSeries, metric: FactMetric) =>
  series.metrics.find((each) => each.metric === metric)!
const sentValues = ({ total }: Stats) => metricOf(total, 'SENT').values

/** The naive way: asks Intl for the local time of each fact, and looks for the point that is labelled with it. */
const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/St_Johns',
  'America/Havana',
  'Africa/Cairo',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Pacific/Chatham',
  'Pacific/Kiritimati',
  'Pacific/Pago_Pago',
  'Atlantic/Azores',
]
const formats = new Map(
  zones.map((zone) => [
    zone,
    new Intl.DateTimeFormat('sv-SE', {
      timeZone: zone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      timeZoneName: 'longOffset',
    }),
  ]),
)
function localOf(zone: string, at: Date) {
  const parts = Object.fromEntries(
    formats
      .get(zone)!
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  )
  const offset = parts.timeZoneName!.replace('GMT', '').replace('−', '-') || '+00:00'
  return { day: `${parts.year}-${parts.month}-${parts.day}`, hour: parts.hour!, offset }
}
type Local = ReturnType<typeof localOf>
const labels: Record<Granularity, (local: Local) => string> = {
  HOUR: ({ day, hour, offset }) => `${day}T${hour}${offset}`,
  DAY: ({ day }) => day,
  WEEK: ({ day }) => showDay(weekOf(readDay(day)!)),
  MONTH: ({ day }) => day.slice(0, 7),
}
const pointLabels: Record<Granularity, (point: Stats['points'][number]) => string> = {
  HOUR: ({ local }) => `${local.slice(0, 13)}${local.slice(16)}`,
  DAY: ({ day }) => day,
  WEEK: ({ day }) => showDay(weekOf(readDay(day)!)),
  MONTH: ({ day }) => day.slice(0, 7),
}

const groupOf: Record<Dimension, (fact: Counted) => string> = {
  CAMPAIGN: ({ campaignId = '' }) => campaignId,
  CHANNEL: ({ channel = '' }) => channel,
  SOURCE: ({ source = '' }) => source,
  TEMPLATE: ({ template = '' }) => template,
}

function naive(facts: readonly Counted[], request: StatsRequest, stats: Stats) {
  const { zone, range, granularity, groupBy, filter } = request
  const counted = facts.filter((fact) => {
    const day = readDay(localOf(zone, fact.at).day)!
    const passes = Object.entries(filter).every(([dimension, list]) =>
      list.includes(groupOf[dimension as Dimension](fact)),
    )
    return passes && day >= range.from && day <= range.to
  })
  const count = (which: readonly Counted[], bot: boolean, metric: FactMetric) => {
    const values = stats.points.map(() => 0)
    for (const fact of which) {
      if (fact.metric !== metric || (fact.bot ?? false) !== bot) continue
      const label = labels[granularity](localOf(zone, fact.at))
      const point = stats.points.findIndex((each) => pointLabels[granularity](each) === label)
      values[point]! += fact.count ?? 1
    }
    return values
  }
  const show = (which: readonly Counted[]) =>
    request.metrics.map((metric) => [metric, count(which, false, metric), count(which, true, metric)])
  const keyOf = (fact: Counted) => JSON.stringify(groupBy.map((dimension) => groupOf[dimension](fact)))
  const groups = Map.groupBy(counted, keyOf)
  return {
    total: show(counted),
    groups: new Map([...groups].map(([key, which]) => [key, show(which)])),
  }
}

const shown = ({ metrics }: StatSeries) =>
  metrics.map(({ metric, values, machineValues }) => [metric, values, machineValues])
/** Groups in which something is left when corrections are taken off. */
const withCounts = <T extends unknown[]>(groups: Map<string, T[]>) =>
  new Map(
    [...groups].filter(([, numbers]) =>
      numbers.flat(2).some((each) => typeof each === 'number' && each !== 0),
    ),
  )
const keyOfGroup = (groupBy: readonly Dimension[], { values }: StatGroup) =>
  JSON.stringify(groupBy.map((dimension) => values[dimension]))

const dimension = fc.constantFrom<Dimension>('CAMPAIGN', 'CHANNEL', 'SOURCE', 'TEMPLATE')
const fact = (fromMs: number, toMs: number) =>
  fc.record({
    at: fc.integer({ min: fromMs, max: toMs }).map((ms) => new Date(ms)),
    metric: fc.constantFrom<FactMetric>('SENT', 'OPENED', 'UNIQUE_CLICKED'),
    channel: fc.constantFrom('', 'EMAIL', 'WHATSAPP'),
    campaignId: fc.constantFrom('', 'campaign_a', 'campaign_b', 'campaign_c'),
    template: fc.constantFrom('', 'welcome', 'Welcome'),
    source: fc.constantFrom('', 'fair', 'web'),
    bot: fc.boolean(),
    count: fc.integer({ min: -2, max: 5 }).filter((count) => count !== 0),
  })
/** Around the days on which clocks are changed, month ends and a leap day. */
const dayOfInterest = fc.constantFrom(
  '2024-02-26',
  '2026-03-07',
  '2026-03-27',
  '2026-04-03',
  '2026-04-22',
  '2026-10-02',
  '2026-10-23',
  '2026-10-30',
  '2026-12-28',
)
const question = fc
  .record({
    from: dayOfInterest.map((day) => readDay(day)!),
    days: fc.integer({ min: 0, max: 12 }),
    zone: fc.constantFrom(...zones),
    granularity: fc.constantFrom(...granularities),
    groupBy: fc.uniqueArray(dimension, { maxLength: 2 }),
    onlyWeb: fc.boolean(),
  })
  .chain(({ from, days, onlyWeb, ...request }) => {
    const to = from + days
    const facts = fc.array(fact((from - 2) * dayMs, (to + 3) * dayMs), { maxLength: 60 })
    const filter: StatsRequest['filter'] = onlyWeb ? { SOURCE: ['web', ''] } : {}
    return facts.map((counted) => ({ facts: counted, request: { ...request, filter, range: { from, to } } }))
  })

test('statistics are what counting the facts by the viewer’s clock gives', async () => {
  await fc.assert(
    fc.asyncProperty(question, async ({ facts, request }) => {
      const workspaceId = newId('workspace')
      await fillBuckets(fork(), workspaceId, facts)
      const full: StatsRequest = {
        ...standard,
        ...request,
        workspaceId,
        metrics: ['SENT', 'OPENED', 'UNIQUE_CLICKED'],
      }
      const stats = await readStats(fork(), full)
      const expected = naive(facts, full, stats)
      expect(shown(stats.total)).toEqual(expected.total)
      if (request.groupBy.length === 0) return
      const groups = new Map(
        stats.series.map((each) => [keyOfGroup(request.groupBy, each.group!), shown(each)]),
      )
      expect(withCounts(groups)).toEqual(withCounts(expected.groups))
    }),
    { numRuns: 80 },
  )
})

test('few groups are told apart and the rest is one, whatever the order of size', async () => {
  await fc.assert(
    fc.asyncProperty(question, fc.integer({ min: 1, max: 3 }), async ({ facts, request }, top) => {
      const groupBy: Dimension[] = request.groupBy.length > 0 ? request.groupBy : ['CAMPAIGN']
      const workspaceId = newId('workspace')
      await fillBuckets(fork(), workspaceId, facts)
      const full: StatsRequest = { ...standard, ...request, workspaceId, groupBy, top, metrics: ['SENT'] }
      const { series, total, points } = await readStats(fork(), full)
      expect(series.filter(({ group }) => !group!.isOther).length).toBeLessThanOrEqual(top)
      const sizes = series.filter(({ group }) => !group!.isOther).map((each) => metricOf(each, 'SENT').total)
      expect(sizes).toEqual([...sizes].sort((a, b) => b - a))
      const together = points.map((_, point) =>
        series.reduce((sum, each) => sum + metricOf(each, 'SENT').values[point]!, 0),
      )
      expect(together).toEqual(metricOf(total, 'SENT').values)
    }),
    { numRuns: 30 },
  )
})

describe('a bound within an hour of UTC', () => {
  test('shows no group that only counted outside of the range', async () => {
    const facts: Counted[] = [{ at: new Date('2026-11-23T18:29:59Z'), metric: 'SENT', source: 'fair' }]
    const request = { zone: 'Asia/Kolkata', groupBy: ['SOURCE' as const] }
    expect((await statsOf(facts, '2026-11-24', '2026-11-24', request)).series).toEqual([])
    expect((await statsOf(facts, '2026-11-23', '2026-11-23', request)).series).toHaveLength(1)
  })

  test('divides the hour by its quarters in India and Nepal', async () => {
    const facts = sent(
      '2026-11-23T18:14:59Z',
      '2026-11-23T18:15:00Z',
      '2026-11-23T18:29:59Z',
      '2026-11-23T18:30:00Z',
    )
    const values = async (zone: string) =>
      sentValues(await statsOf(facts, '2026-11-23', '2026-11-24', { zone }))
    expect(await values('Asia/Kathmandu')).toEqual([1, 3])
    expect(await values('Asia/Kolkata')).toEqual([3, 1])
    expect(await values('UTC')).toEqual([4, 0])
  })

  test('gives the viewer’s own hours', async () => {
    const facts = sent(
      '2026-11-23T18:29:59Z',
      '2026-11-23T18:30:00Z',
      '2026-11-23T19:29:59Z',
      '2026-11-23T19:30:00Z',
    )
    const stats = await statsOf(facts, '2026-11-24', '2026-11-24', {
      zone: 'Asia/Kolkata',
      granularity: 'HOUR',
    })
    expect(sentValues(stats).slice(0, 3)).toEqual([2, 1, 0])
    expect(stats.points[0]!.local).toBe('2026-11-24T00:00+05:30')
  })
})

describe('a comparison', () => {
  const compare = (facts: Counted[], from: string, to: string, compareTo: Comparison, zone = 'UTC') =>
    statsOf(facts, from, to, { compareTo, zone, metrics: ['SENT'] })
  const previous = ({ total }: Stats) => {
    const { previousValues, previousTotal } = metricOf(total, 'SENT')
    return { previousValues, previousTotal }
  }

  test('with the days before counts those days by the viewer’s clock, though one had 23 hours', async () => {
    const facts = sent(
      '2026-03-28T22:59:59Z',
      '2026-03-28T23:00:00Z',
      '2026-03-29T21:59:59Z',
      '2026-03-29T22:00:00Z',
    )
    const stats = await compare(facts, '2026-03-30', '2026-03-31', 'PREVIOUS_PERIOD', 'Europe/Berlin')
    expect(sentValues(stats)).toEqual([1, 0])
    expect(previous(stats)).toEqual({ previousValues: [1, 2], previousTotal: 3 })
  })

  test('with the year before loses nothing of a leap year', async () => {
    const facts = sent(
      '2024-02-28T12:00:00Z',
      '2024-02-29T12:00:00Z',
      '2024-03-01T12:00:00Z',
      '2023-03-01T12:00:00Z',
    )
    const after = await compare(facts, '2025-02-28', '2025-03-01', 'PREVIOUS_YEAR')
    expect(previous(after)).toEqual({ previousValues: [2, 1], previousTotal: 3 })
    const within = await compare(facts, '2024-02-28', '2024-03-01', 'PREVIOUS_YEAR')
    expect(sentValues(within)).toEqual([1, 1, 1])
    expect(previous(within)).toEqual({ previousValues: [0, 0, 1], previousTotal: 1 })
  })

  test('of groups compares the same groups, and what is there no more is in the rest', async () => {
    const at = (day: string, campaignId: string): Counted => ({
      at: new Date(`${day}T12:00:00Z`),
      metric: 'SENT',
      campaignId,
    })
    const facts = [
      at('2026-11-02', 'campaign_a'),
      at('2026-11-01', 'campaign_a'),
      at('2026-11-01', 'campaign_gone'),
    ]
    const { series } = await statsOf(facts, '2026-11-02', '2026-11-02', {
      compareTo: 'PREVIOUS_PERIOD',
      groupBy: ['CAMPAIGN'],
      metrics: ['SENT'],
    })
    const rows = series.map(({ group, metrics: [metric] }) => [
      group!.isOther,
      metric!.total,
      metric!.previousTotal,
    ])
    expect(rows).toEqual([
      [false, 1, 1],
      [true, 0, 1],
    ])
  })
})

describe('rates', () => {
  const at = new Date('2026-11-02T12:00:00Z')
  const day = (facts: Counted[]) =>
    statsOf(facts, '2026-11-01', '2026-11-02', { metrics: [], rates: statRates })

  test('divide people by people, and are null where there is nothing to divide by', async () => {
    const { total } = await day([
      { at, metric: 'SENT', count: 10 },
      { at, metric: 'DELIVERED', count: 8 },
      { at, metric: 'BOUNCED', count: 2 },
      { at, metric: 'OPENED', count: 9 },
      { at, metric: 'OPENED', count: 40, bot: true },
      { at, metric: 'UNIQUE_OPENED', count: 4 },
      { at, metric: 'UNIQUE_CLICKED', count: 1 },
    ])
    const rate = (name: string) => total.rates.find((each) => each.rate === name)!
    expect(rate('DELIVERY')).toMatchObject({ total: 0.8, values: [null, 0.8] })
    expect(rate('OPEN')).toMatchObject({ total: 0.5, values: [null, 0.5] })
    expect(rate('CLICK')).toMatchObject({ total: 1 / 8 })
    expect(rate('CLICK_TO_OPEN')).toMatchObject({ total: 0.25 })
    expect(rate('BOUNCE')).toMatchObject({ total: 0.2 })
    expect(rate('REPLY')).toMatchObject({ total: 0, values: [null, 0] })
  })

  test('of nothing are null, and counts are 0 at every point', async () => {
    const { total } = await day([])
    expect(total.rates.map((rate) => rate.total)).toEqual(statRates.map(() => null))
    const empty = await statsOf([], '2026-11-01', '2026-11-30')
    expect(sentValues(empty)).toEqual(Array(30).fill(0))
  })
})

test('sources that MariaDB takes for one are one group', async () => {
  const facts: Counted[] = [
    { at: new Date('2026-11-01T10:00:00Z'), metric: 'SENT', source: 'Café' },
    { at: new Date('2026-11-01T11:00:00Z'), metric: 'SENT', source: 'cafe' },
    { at: new Date('2026-11-01T12:00:00Z'), metric: 'SENT', source: 'fair' },
  ]
  const { series } = await statsOf(facts, '2026-11-01', '2026-11-01', { groupBy: ['SOURCE'] })
  expect(series.map((each) => metricOf(each, 'SENT').total)).toEqual([2, 1])
})

describe('who reads statistics', () => {
  test('leaves the other connections of the process to others: two read at once, the rest in turn', async () => {
    const entered: number[] = []
    const [bothIn, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const read = (number: number) =>
      inSnapshot(fork(), async () => {
        entered.push(number)
        if (entered.length === 2) bothIn.resolve()
        await release.promise
        if (number === 0) throw new Error('broken')
      }).catch(() => undefined)
    const reads = [0, 1, 2, 3].map(read)
    await bothIn.promise
    await fork().execute('select 1')
    expect(entered).toHaveLength(2)
    release.resolve()
    await Promise.all(reads)
    expect(entered.toSorted()).toEqual([0, 1, 2, 3])
  })

  test('sees one moment, whatever is counted meanwhile', async () => {
    const workspaceId = newId('workspace')
    const count = (em: Em) =>
      em.execute<{ n: number }[]>('select count(*) as n from stat_hour where workspace_id = ?', [workspaceId])
    const both = await inSnapshot(fork(), async (em) => {
      const before = await count(em)
      await fillBuckets(fork(), workspaceId, sent('2026-11-01T00:00:00Z'))
      return [before, await count(em)]
    })
    expect(both.map(([row]) => Number(row!.n))).toEqual([0, 0])
  })
})
