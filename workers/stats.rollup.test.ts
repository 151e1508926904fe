import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { appendFacts } from '../marketing/facts.ts'
import { type Api, startApi } from '../test/support/api.ts'
import { anyFact, countFacts, factRange, forgetFacts, readBuckets } from '../test/support/facts.ts'
import { statsRebuild } from './stats.rebuild.ts'
import { statsRollup } from './stats.rollup.ts'

let api: Api
beforeAll(async () => {
  api = await startApi([statsRollup, statsRebuild])
  api.world.startDispatcher()
  api.world.startWorkers()
})
beforeEach(() => forgetFacts(api.world.fork()))
afterAll(() => api?.close())

const mutation = `mutation ($input: RebuildStatsInput!) {
  rebuildStats(input: $input) {
    ... on RebuildStatsPayload { job { id } alreadyExisted }
    ... on Error { __typename code message }
    ... on InvalidInputError { issues { path message } }
  }
}`
const range = { from: factRange.from.toISOString(), to: factRange.to.toISOString() }
const rebuild = async (input: object) => (await api.ask(mutation, { input })).data.rebuildStats

async function appendSome() {
  const { ledger, actor } = api.world
  const facts = fc.sample(anyFact([actor.workspaceId]), { numRuns: 30, seed: 5 })
  await ledger.transaction((em) => appendFacts(em, facts))
  return countFacts(facts)
}

async function rollUp() {
  const { data } = await api.ask(
    'mutation { enqueueStatsRollup(input: {}) { ... on EnqueuePayload { job { id } } } }',
  )
  return api.world.untilState(data.enqueueStatsRollup.job.id, 'COMPLETED')
}

test('the job counts what is new, tells how far it is, and has nothing to do the second time', async () => {
  const expected = await appendSome()
  const job = await rollUp()
  const [{ facts }] = (await api.world.fork().execute('select count(*) as facts from fact')) as [
    { facts: number },
  ]
  expect(job.result).toEqual({ facts: Number(facts) })
  expect(job.progress).toMatchObject({ facts: Number(facts) })
  expect(await readBuckets(api.world.fork())).toEqual(expected)
  expect((await rollUp()).result).toEqual({ facts: 0 })
  expect(await readBuckets(api.world.fork())).toEqual(expected)
})

describe('rebuildStats', () => {
  test('starts a job that puts the range right, once per idempotency key', async () => {
    const expected = await appendSome()
    await rollUp()
    await api.world.fork().execute('update stat_hour set q2 = 99 limit 1')
    const first = await rebuild({ ...range, idempotencyKey: 'again' })
    const { result } = await api.world.untilState(first.job.id, 'COMPLETED')
    expect(result).toMatchObject({ hours: 10, differed: 1 })
    expect(await readBuckets(api.world.fork())).toEqual(expected)
    expect(await rebuild({ ...range, idempotencyKey: 'again' })).toEqual({
      ...first,
      alreadyExisted: true,
    })
  })

  test.each([
    ['a half hour', { from: '2026-03-29T00:30:00Z', to: '2026-03-29T02:00:00Z' }, 'from'],
    ['the same hour twice', { from: '2026-03-29T00:00:00Z', to: '2026-03-29T00:00:00Z' }, 'to'],
    ['over ten years', { from: '2010-01-01T00:00:00Z', to: '2026-01-01T00:00:00Z' }, 'to'],
  ])('refuses %s', async (_, input, path) => {
    const { code, issues } = await rebuild(input)
    expect([code, issues[0].path]).toEqual(['INVALID_INPUT', path])
  })

  test('refuses hours whose facts are deleted, and so does a job that was enqueued before', async () => {
    const { ledger, actor, untilState, fork } = api.world
    await fork().execute("update stat_position set at = '2026-03-29 00:00:00' where name = 'PRUNED'")
    expect(await rebuild(range)).toMatchObject({
      code: 'INVALID_INPUT',
      issues: [{ path: 'from', message: expect.stringContaining('not be before 2026-03-29T00:00:00.000Z') }],
    })
    const { job } = await ledger.enqueue({ definition: statsRebuild, input: range, actor })
    expect(await untilState(job.id, 'DEAD')).toMatchObject({ errorClass: 'PERMANENT' })
    const { job: later } = await rebuild({ from: range.to, to: range.to.replace('T09', 'T10') })
    expect((await untilState(later.id, 'COMPLETED')).result).toMatchObject({ hours: 1 })
  })
})
