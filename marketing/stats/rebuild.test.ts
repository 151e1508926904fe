import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  anyFact,
  type Buckets,
  countFacts,
  factRange,
  forgetFacts,
  readBuckets,
} from '../../test/support/facts.ts'
import { createWorld, type World } from '../../test/support/world.ts'
import { appendFacts, type NewFact } from '../facts.ts'
import type { Transaction } from './position.ts'
import { FactsPrunedError, type HourRange, type Rebuilt, rebuildBuckets } from './rebuild.ts'
import { rollUpFacts } from './roll-up.ts'

let world: World
beforeAll(async () => {
  world = await createWorld([])
})
beforeEach(() => forgetFacts(world.fork()))
afterAll(() => world?.close())

const never = new AbortController().signal
const hourMs = 3_600_000
const sql = (text: string, values: unknown[] = []) => world.fork().execute(text, values)
const buckets = () => readBuckets(world.fork())
const common = () => ({ transaction: world.ledger.transaction, signal: never, tell: () => undefined })
const rebuild = (range: HourRange = factRange, more: object = {}) =>
  rebuildBuckets({ ...common(), ...more }, range)

/** Facts of all kinds, appended and, all but the last `left`, rolled up. */
async function facts(count: number, left = 0): Promise<NewFact[]> {
  const all = fc
    .sample(anyFact([world.actor.workspaceId]), { numRuns: count, seed: 11 })
    .map((each, index) => ({ ...each, sourceEvent: `test:${index}` }))
  const append = (some: NewFact[]) => world.ledger.transaction((em) => appendFacts(em, some))
  await append(all.slice(0, count - left))
  await rollUpFacts(common())
  await append(all.slice(count - left))
  return all
}

test('buckets that are wrong, missing or too many are put right, and it is told in how many hours', async () => {
  const all = await facts(80)
  const right = countFacts(all)
  const [first, second, third] = [...new Set(Object.keys(right).map((key) => key.split('|')[1]!))].sort()
  const hour = (iso?: string) => new Date(iso!)
  await sql('update stat_hour set q1 = q1 + 7 where hour_at = ? limit 1', [hour(first)])
  await sql('delete from stat_hour where hour_at = ?', [hour(second)])
  await sql(
    `insert into stat_hour select workspace_id, hour_at, 'SYNCED', channel, campaign_id, template, source, bot, 1, 0, 0, 0
     from stat_hour where hour_at = ? limit 1`,
    [hour(third)],
  )
  expect(await buckets()).not.toEqual(right)
  expect(await rebuild()).toEqual({ facts: 80, hours: 10, differed: 3 })
  expect(await buckets()).toEqual(right)
  expect(await rebuild()).toMatchObject({ differed: 0 })
})

test('hours outside of the range are left as they are', async () => {
  const right = countFacts(await facts(80))
  await sql('update stat_hour set q0 = q0 + 1')
  const inside = { from: new Date('2026-03-29T02:00:00Z'), to: new Date('2026-03-29T04:00:00Z') }
  await rebuild(inside)
  const expected: Buckets = Object.fromEntries(
    Object.entries(right).map(([key, [q0, ...rest]]) => {
      const at = new Date(key.split('|')[1]!)
      return [key, [at >= inside.from && at < inside.to ? q0! : q0! + 1, ...rest]]
    }),
  )
  expect(await buckets()).toEqual(expected)
})

test('facts that are not rolled up yet are left to the roll-up, and count once', async () => {
  const all = await facts(60, 20)
  expect(await rebuild()).toMatchObject({ facts: 40, differed: 0 })
  expect(await buckets()).toEqual(countFacts(all.slice(0, 40)))
  await rollUpFacts(common())
  expect(await buckets()).toEqual(countFacts(all))
})

test('a rebuild and roll-ups at the same time wait for each other', async () => {
  const all = await facts(120, 60)
  let rebuilding = true
  const rolling = (async () => {
    while (rebuilding) await rollUpFacts({ ...common(), chunk: 3 })
  })()
  for (let times = 0; times < 5; times++) await rebuild()
  rebuilding = false
  await rolling
  await rollUpFacts(common())
  expect(await buckets()).toEqual(countFacts(all))
})

test('a range whose facts may be deleted is refused and its buckets stay, also when they are deleted meanwhile', async () => {
  const all = await facts(40)
  const prunedUpTo = (at: Date) => sql("update stat_position set at = ? where name = 'PRUNED'", [at])
  await prunedUpTo(new Date(factRange.from.getTime() + 1))
  await sql('delete from fact')
  await expect(rebuild()).rejects.toThrow(FactsPrunedError)
  expect(await buckets()).toEqual(countFacts(all))
  const days = { from: factRange.from, to: new Date(factRange.from.getTime() + 49 * hourMs) }
  await prunedUpTo(factRange.from)
  const told: Rebuilt[] = []
  const transaction: Transaction = async (work) => {
    const result = await world.ledger.transaction(work)
    await prunedUpTo(days.to)
    return result
  }
  const tell = (done: Rebuilt) => void told.push(done)
  await expect(rebuild(days, { tell, transaction })).rejects.toMatchObject({
    errorClass: 'PERMANENT',
    code: 'FACTS_PRUNED',
  })
  expect(told).toMatchObject([{ hours: 24 }])
})

test('a rebuild that is stopped has whole days only', async () => {
  await facts(40)
  await sql('update stat_hour set q0 = q0 + 1')
  const stop = new AbortController()
  const from = new Date(factRange.from.getTime() - 24 * hourMs)
  const tell = () => stop.abort('cancelled')
  const range = { from, to: factRange.to }
  await expect(rebuild(range, { tell, signal: stop.signal })).rejects.toBe('cancelled')
  expect(await rebuild(range)).toMatchObject({ facts: 40, hours: 34 })
  expect(await rebuild(range)).toMatchObject({ differed: 0 })
})

test('new buckets that do not equal their facts are not kept', async () => {
  const right = countFacts(await facts(40))
  await sql('create trigger wrong before insert on stat_hour for each row set new.q2 = new.q2 + 1')
  try {
    await expect(rebuild()).rejects.toMatchObject({ errorClass: 'PERMANENT', code: 'BUCKETS_DIFFER' })
  } finally {
    await sql('drop trigger wrong')
  }
  expect(await buckets()).toEqual(right)
})
