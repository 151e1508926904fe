import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { newId } from '../entities/ids.ts'
import type { Em } from '../entities/index.ts'
import { defineJobFor } from '../ledger/definition.ts'
import { type Api, startApi, take } from '../test/support/api.ts'
import { type Counted, fillBuckets } from '../test/support/buckets.ts'
import { campaignSync } from '../workers/campaign.sync.ts'

/** Moves the position as the real job does. */
const rollup = defineJobFor<{ em: Em }>()({
  name: 'stats.rollup',
  description: 'Counts.',
  input: z.object({ factId: z.number() }),
  async run({ factId }, { em }) {
    await em.execute("update stat_position set fact_id = ?, at = ? where name = 'FACTS'", [
      factId,
      new Date(Date.UTC(2026, 10, 24, 9, 0, factId)),
    ])
  },
})

let api: Api
let campaignId: string
let other: { workspaceId: string; key: string }
const noon = new Date('2026-11-02T12:00:00Z')
beforeAll(async () => {
  api = await startApi([rollup, campaignSync])
  campaignId = await addCampaign('Autumn')
  const workspaceId = await api.addWorkspace()
  other = { workspaceId, key: await api.addKey({ role: 'VIEWER', workspaceId }) }
  await fill([
    { at: noon, metric: 'CREATED', source: 'fair', count: 200 },
    { at: noon, metric: 'SENT', channel: 'EMAIL', campaignId, count: 150 },
    { at: noon, metric: 'DELIVERED', channel: 'EMAIL', campaignId, count: 120 },
    { at: noon, metric: 'UNIQUE_OPENED', channel: 'EMAIL', campaignId, count: 60 },
    { at: noon, metric: 'OPENED', channel: 'EMAIL', campaignId, count: 90 },
    { at: noon, metric: 'OPENED', channel: 'EMAIL', campaignId, bot: true, count: 30 },
    { at: new Date('2026-11-03T23:30:00Z'), metric: 'SENT', channel: 'WHATSAPP', count: 1 },
    { at: noon, metric: 'SENT', campaignId: 'campaign_small', count: 1 },
    { at: noon, metric: 'DELIVERED', campaignId: 'campaign_small', count: 1 },
    { at: noon, metric: 'UNIQUE_OPENED', campaignId: 'campaign_small', count: 1 },
  ])
})
afterAll(() => api?.close())

const fill = (facts: Counted[], workspaceId = api.world.actor.workspaceId) =>
  fillBuckets(api.world.fork(), workspaceId, facts)

async function addCampaign(name: string): Promise<string> {
  const { data } = await api.ask(
    'mutation ($name: String!) { createCampaign(input: { name: $name }) { ... on CampaignPayload { campaign { id } } } }',
    { name },
  )
  return data.createCampaign.campaign.id
}

const range = '{ from: "2026-11-01", to: "2026-11-04" }'
const failure = '... on InvalidInputError { code message issues { path message } }'

async function stats(args: string, selection: string, more: { key?: string } = {}) {
  const { data, errors } = await api.ask(
    `{ stats(${args}) { ${failure} ... on Stats { ${selection} } } }`,
    {},
    more,
  )
  if (errors) throw new Error(JSON.stringify(errors))
  return data.stats
}

const numbers = 'metrics { metric total values machineTotal machineValues } rates { rate total values }'

describe('stats', () => {
  test('gives a chart everything in one query: points, series and totals, ordered and without holes', async () => {
    const answer = await stats(
      `range: ${range}, metrics: [SENT, OPENED], rates: [OPEN], groupBy: [CAMPAIGN]`,
      `from to timeZone granularity through points { start end day local } total { group { isOther } ${numbers} }
       series { group { isOther campaignId campaign { name } channel } ${numbers} }`,
    )
    expect(answer).toMatchObject({
      from: '2026-11-01',
      to: '2026-11-04',
      timeZone: 'UTC',
      granularity: 'DAY',
    })
    expect(answer.points.map(({ day }: { day: string }) => day)).toEqual([
      '2026-11-01',
      '2026-11-02',
      '2026-11-03',
      '2026-11-04',
    ])
    expect(answer.points[1]).toEqual({
      start: '2026-11-02T00:00:00.000Z',
      end: '2026-11-03T00:00:00.000Z',
      day: '2026-11-02',
      local: '2026-11-02T00:00+00:00',
    })
    expect(answer.total).toEqual({
      group: null,
      metrics: [
        { metric: 'SENT', total: 152, values: [0, 151, 1, 0], machineTotal: 0, machineValues: [0, 0, 0, 0] },
        {
          metric: 'OPENED',
          total: 90,
          values: [0, 90, 0, 0],
          machineTotal: 30,
          machineValues: [0, 30, 0, 0],
        },
      ],
      rates: [{ rate: 'OPEN', total: 61 / 121, values: [null, 61 / 121, null, null] }],
    })
    expect(answer.series.map(({ group }: { group: unknown }) => group)).toEqual([
      { isOther: false, campaignId, campaign: { name: 'Autumn' }, channel: null },
      { isOther: false, campaignId: null, campaign: null, channel: null },
      { isOther: false, campaignId: 'campaign_small', campaign: null, channel: null },
    ])
  })

  test('answers the question of the documentation', async () => {
    const docs = readFileSync(new URL('../docs/statistics.md', import.meta.url), 'utf8')
    const { data, errors } = await api.ask(/```graphql\n(.*?)```/s.exec(docs)![1]!)
    expect(errors).toBeUndefined()
    expect(data.stats.points).toHaveLength(30)
  })

  test('counts by the days of the time zone asked for, else of the workspace', async () => {
    const sent = async (args: string) => {
      const { total, timeZone } = await stats(
        `range: ${range}, metrics: [SENT], rates: [], filter: { channels: [WHATSAPP] } ${args}`,
        `timeZone total { metrics { values } }`,
      )
      return [timeZone, total.metrics[0].values]
    }
    expect(await sent('')).toEqual(['UTC', [0, 0, 1, 0]])
    expect(await sent(', timeZone: "Europe/Berlin"')).toEqual(['Europe/Berlin', [0, 0, 0, 1]])
  })

  test('compares with what was before, point by point', async () => {
    const { previousPoints, total } = await stats(
      'range: { from: "2026-11-04", to: "2026-11-06" }, metrics: [SENT], rates: [], compareTo: PREVIOUS_PERIOD',
      'previousPoints { day } total { metrics { total values previousTotal previousValues } }',
    )
    expect(previousPoints).toEqual([{ day: '2026-11-01' }, { day: '2026-11-02' }, { day: '2026-11-03' }])
    expect(total.metrics).toEqual([
      { total: 0, values: [0, 0, 0], previousTotal: 152, previousValues: [0, 151, 1] },
    ])
  })

  test('shows a workspace nothing of another', async () => {
    await fill([{ at: noon, metric: 'SENT', count: 7 }], other.workspaceId)
    const total = 'total { metrics { total } } series { group { campaignId } }'
    const theirs = await stats(
      `range: ${range}, metrics: [SENT], rates: [], groupBy: [CAMPAIGN]`,
      total,
      other,
    )
    expect(theirs).toEqual({ total: { metrics: [{ total: 7 }] }, series: [{ group: { campaignId: null } }] })
    const filtered = `range: ${range}, metrics: [SENT], rates: [], filter: { campaignIds: ["${campaignId}"] }`
    expect((await stats(filtered, 'total { metrics { total } }', other)).total.metrics).toEqual([
      { total: 0 },
    ])
  })

  test('gives a year by day and by campaign, with a comparison, within the cost of a document', async () => {
    const answer = await stats(
      'range: { from: "2026-01-01", to: "2026-12-31" }, groupBy: [CAMPAIGN], compareTo: PREVIOUS_YEAR',
      `through points { start end day local } previousPoints { day } total { ${numbers} }
       series { group { isOther campaignId campaign { id name state } channel source template }
         metrics { metric total values machineTotal machineValues previousTotal previousValues }
         rates { rate total values previousTotal previousValues } }`,
    )
    expect(answer.points).toHaveLength(365)
    expect(answer.series[0].metrics[0].values).toHaveLength(365)
  })

  test.each([
    ['range: { from: "2026-11-04", to: "2026-11-01" }', 'range', 'from 2026-11-04 is after to 2026-11-01'],
    [`range: ${range}, timeZone: "Mars/Olympus"`, 'timeZone', 'Europe/Berlin'],
    ['range: { from: "1999-12-31", to: "2000-01-01" }', 'range', '2000-01-01'],
    ['range: { from: "2010-01-01", to: "2026-01-01" }, granularity: MONTH', 'range', 'at most 3660'],
    ['range: { from: "2026-01-01", to: "2026-03-25" }, granularity: HOUR', 'granularity', 'at most 2000'],
    ['range: { from: "2025-01-01", to: "2026-12-31" }, groupBy: [SOURCE]', 'top', 'at most 20000'],
    [`range: ${range}, groupBy: [SOURCE, CHANNEL, TEMPLATE]`, 'groupBy', 'one or two'],
    [`range: ${range}, groupBy: [SOURCE, SOURCE]`, 'groupBy', 'different'],
    [`range: ${range}, metrics: [], rates: []`, 'metrics', 'at least one'],
    [`range: ${range}, top: 51`, 'top', 'from 1 to 50'],
  ])('refuses %s and says what was expected', async (args, path, message) => {
    const { code, issues } = await stats(args, 'from')
    expect({ code, issues }).toEqual({
      code: 'INVALID_INPUT',
      issues: [{ path, message: expect.stringContaining(message) }],
    })
  })

  test('takes as many points as may be', async () => {
    const answer = await stats(
      'range: { from: "2026-01-01", to: "2026-03-24" }, granularity: HOUR, timeZone: "Asia/Kolkata"',
      'points { local }',
    )
    expect(answer.points).toHaveLength(83 * 24)
  })

  test('does not read a day that does not exist', async () => {
    const { errors } = await api.ask(
      '{ stats(range: { from: "2026-02-29", to: "2026-03-01" }) { __typename } }',
    )
    expect(errors?.[0]?.message).toContain('LocalDate')
  })
})

test('the funnel tells how much of each step happened, and what part that is', async () => {
  const steps = '{ through steps { metric count ofPrevious ofFirst } }'
  const { data } = await api.ask(`{ funnel(range: ${range}) { ... on Funnel ${steps} } }`)
  expect(data.funnel.steps).toEqual([
    { metric: 'CREATED', count: 200, ofPrevious: null, ofFirst: 1 },
    { metric: 'SENT', count: 152, ofPrevious: 152 / 200, ofFirst: 152 / 200 },
    { metric: 'DELIVERED', count: 121, ofPrevious: 121 / 152, ofFirst: 121 / 200 },
    { metric: 'UNIQUE_OPENED', count: 61, ofPrevious: 61 / 121, ofFirst: 61 / 200 },
    { metric: 'UNIQUE_CLICKED', count: 0, ofPrevious: 0, ofFirst: 0 },
    { metric: 'REPLIED', count: 0, ofPrevious: null, ofFirst: 0 },
  ])
  const theirs = await api.ask(`{ funnel(range: ${range}) { ... on Funnel ${steps} } }`, {}, other)
  expect(theirs.data.funnel.steps[0]).toEqual({
    metric: 'CREATED',
    count: 0,
    ofPrevious: null,
    ofFirst: null,
  })
})

describe('topCampaigns', () => {
  const top = async (args: string, more: { key?: string } = {}) => {
    const { data } = await api.ask(
      `{ topCampaigns(range: ${range} ${args}) { ${failure} ... on TopCampaigns { campaigns { campaignId campaign { name } count rate sent } } } }`,
      {},
      more,
    )
    return data.topCampaigns
  }
  const autumn = () => ({ campaignId, campaign: { name: 'Autumn' }, sent: 150 })
  const small = { campaignId: 'campaign_small', campaign: null, sent: 1 }

  test('orders campaigns by a metric, and leaves out what belongs to none', async () => {
    expect((await top(', metric: SENT')).campaigns).toEqual([
      { ...autumn(), count: 150, rate: null },
      { ...small, count: 1, rate: null },
    ])
    expect((await top(', metric: SENT, top: 1')).campaigns).toHaveLength(1)
    expect((await top(', metric: SENT', other)).campaigns).toEqual([])
  })

  test('lets one of one not win by its rate', async () => {
    expect((await top(', rate: OPEN')).campaigns).toEqual([{ ...autumn(), count: 60, rate: 0.5 }])
    expect((await top(', rate: OPEN, minimumSent: 1')).campaigns).toEqual([
      { ...small, count: 1, rate: 1 },
      { ...autumn(), count: 60, rate: 0.5 },
    ])
    expect((await top(', rate: OPEN, minimumSent: 151')).campaigns).toEqual([])
  })

  test.each(['', ', metric: SENT, rate: OPEN'])(
    'asked for "%s" says that it takes a metric or a rate',
    async (args) => {
      expect(await top(args)).toMatchObject({
        issues: [{ message: 'either a metric or a rate was expected' }],
      })
    },
  )
})

describe('statsUpdated', () => {
  const subscription = (after?: string) =>
    `subscription { statsUpdated${after ? `(after: "${after}")` : ''} { through cursor } }`
  const count = async (factId: number) => {
    const input = { factId }
    const { job } = await api.world.ledger.enqueue({ definition: rollup, input, actor: api.world.actor })
    await api.world.untilState(job.id, 'COMPLETED')
  }

  test('tells the present state, then what is counted, to viewers of every workspace', async () => {
    api.world.startDispatcher()
    await api.world.startWorkers({ definitions: [rollup] })
    const iterators = [api.socket(), api.socket(other.key)].map((client) =>
      client.iterate({ query: subscription() }),
    )
    for (const iterator of iterators)
      expect((await take(iterator, 1))[0]?.data).toEqual({ statsUpdated: { through: null, cursor: '0-0' } })
    await count(7)
    const news = { through: '2026-11-24T09:00:07.000Z', cursor: expect.stringMatching(/^7-/) }
    for (const iterator of iterators)
      expect((await take(iterator, 1))[0]?.data).toEqual({ statsUpdated: news })
    for (const iterator of iterators) await iterator.return?.()
    const [answer] = [await stats(`range: ${range}`, 'through')]
    expect(answer.through).toBe(news.through)
  })

  test('goes on after the cursor it is given', async () => {
    const first = api.socket().iterate<{ statsUpdated: { cursor: string } }>({ query: subscription() })
    const [state] = await take(first, 1)
    await first.return?.()
    const again = api.socket().iterate({ query: subscription(state!.data!.statsUpdated.cursor) })
    const next = take(again, 1)
    await count(8)
    expect((await next)[0]?.data).toMatchObject({ statsUpdated: { cursor: expect.stringMatching(/^8-/) } })
    await again.return?.()
  })

  test('refuses a cursor it did not give out', async () => {
    const iterator = api.socket().iterate({ query: subscription(newId('job')) })
    expect((await take(iterator, 1))[0]?.errors?.[0]?.extensions?.code).toBe('INVALID_CURSOR')
  })
})
