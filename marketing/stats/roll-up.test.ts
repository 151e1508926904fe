import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { newId } from '../../entities/ids.ts'
import type { Em } from '../../entities/index.ts'
import { anyFact, countFacts, factRange, forgetFacts, readBuckets } from '../../test/support/facts.ts'
import { createWorld, type World } from '../../test/support/world.ts'
import { appendFacts, type NewFact } from '../facts.ts'
import { FactsOpenError, safeHorizon } from './horizon.ts'
import { factsPosition } from './position.ts'
import { rebuildBuckets } from './rebuild.ts'
import { type RollUpProgress, rollUpFacts } from './roll-up.ts'

let world: World
let workspaces: string[]
beforeAll(async () => {
  world = await createWorld([])
  workspaces = [world.actor.workspaceId, newId('workspace')]
  await world
    .fork()
    .execute('insert into workspace (id, slug, name, time_zone, created_at) values (?, ?, ?, ?, ?)', [
      workspaces[1],
      'other',
      'Other',
      'UTC',
      new Date(),
    ])
})
beforeEach(() => forgetFacts(world.fork()))
afterAll(() => world?.close())

const never = new AbortController().signal
const append = (facts: NewFact[]) => world.ledger.transaction((em) => appendFacts(em, facts))
const rollUp = (chunk?: number, signal = never, tell: (progress: RollUpProgress) => void = () => undefined) =>
  rollUpFacts({ transaction: world.ledger.transaction, signal, tell, ...(chunk && { chunk }) })
const buckets = () => readBuckets(world.fork())

const fact = (event: number, more: Partial<NewFact> = {}): NewFact => ({
  workspaceId: workspaces[0]!,
  metric: 'SENT',
  channel: 'EMAIL',
  occurredAt: new Date('2026-03-29T00:14:59.999Z'),
  sourceEvent: `test:${event}`,
  ...more,
})

/** A transaction that has done `work` and is open until it is let go. */
async function hold(work: (em: Em) => Promise<unknown>): Promise<() => Promise<void>> {
  const { promise: end, resolve: letGo } = Promise.withResolvers<void>()
  const { promise: done, resolve: tell } = Promise.withResolvers<void>()
  const transaction = world.ledger.transaction(async (em) => {
    await work(em)
    tell()
    await end
  })
  await Promise.race([done, transaction])
  return () => {
    letGo()
    return transaction
  }
}

/** Waits until so many statements stand still at a row of `stat_position`. */
const untilWaiting = (count: number) =>
  world.until(`${count} statements wait for a lock`, async () => {
    const rows = await world
      .fork()
      .execute<unknown[]>(
        "select 1 from information_schema.processlist where db = database() and id <> connection_id() and info like '%stat_position%'",
      )
    return rows.length >= count
  })

describe('buckets', () => {
  const step = () =>
    fc.oneof(
      { weight: 3, arbitrary: fc.array(anyFact(workspaces), { minLength: 1, maxLength: 6 }) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 5 }) },
    )

  test('equal a plain count of the facts, in whatever order, batches and repetitions they arrive and whenever they are rolled up', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step(), { maxLength: 14 }), async (steps) => {
        await forgetFacts(world.fork())
        for (const each of steps) await (Array.isArray(each) ? append(each) : rollUp(each))
        await rollUp()
        const expected = countFacts(steps.flatMap((each) => (Array.isArray(each) ? each : [])))
        expect(await buckets()).toEqual(expected)
        const rebuilt = await rebuildBuckets(
          { transaction: world.ledger.transaction, signal: never, tell: () => undefined },
          factRange,
        )
        expect(rebuilt).toMatchObject({ hours: 10, differed: 0 })
        expect(await buckets()).toEqual(expected)
      }),
      { numRuns: 25 },
    )
  })

  test('count each fact once when several roll-ups run at once while many connections append', async () => {
    const facts = fc.sample(anyFact(workspaces), { numRuns: 240, seed: 7 })
    const unique = facts.map((each, index) => ({ ...each, sourceEvent: `test:${index}` }))
    let appending = true
    const rolling = [1, 2].map(async () => {
      while (appending) await rollUp(7)
    })
    await Promise.all(
      Array.from({ length: 6 }, async (_, connection) => {
        const own = unique.filter((_, index) => index % 6 === connection)
        for (let done = 0; done < own.length; done += 4) await append(own.slice(done, done + 4))
      }),
    )
    appending = false
    await Promise.all(rolling)
    await rollUp()
    expect(await buckets()).toEqual(countFacts(unique))
  })

  test('take in a fact whose transaction commits after one with a higher id', async () => {
    const commit = await hold((em) => appendFacts(em, [fact(1)]))
    await append([fact(2)])
    const rolling = rollUp()
    await untilWaiting(1)
    await commit()
    expect(await rolling).toBe(2)
    expect(Object.values(await buckets())).toEqual([[2, 0, 0, 0]])
  })

  test('go up to the fact before those that are being appended again', async () => {
    await append([fact(1)])
    const before = await safeHorizon(world.ledger.transaction, never)
    await append([fact(1), fact(1), fact(2)])
    expect(await rollUp(1)).toBe(2)
    const { factId, at } = await factsPosition(world.fork())
    expect(factId).toBeGreaterThan(before)
    expect(Date.now() - at.getTime()).toBeLessThan(60_000)
    expect(await rollUp(1)).toBe(0)
  })
})

describe('the gate', () => {
  test('lets those pass who wait for each other across a roll-up, and nobody’s facts are lost', async () => {
    const wantRow = "select 1 from stat_position where name = 'JOBS' for update"
    const { promise: go, resolve: start } = Promise.withResolvers<void>()
    const gateFirst = world.ledger.transaction(async (em) => {
      await appendFacts(em, [fact(1)])
      await go
      await em.execute(wantRow)
    })
    const holdsRow = await hold((em) => em.execute(wantRow))
    const rowFirst = world.ledger.transaction(async (em) => {
      await em.execute(wantRow)
      await appendFacts(em, [fact(2)])
    })
    await untilWaiting(1)
    const rolling = rollUp()
    await untilWaiting(2)
    start()
    await holdsRow()
    await Promise.all([gateFirst, rowFirst, rolling])
    await rollUp()
    expect(Object.values(await buckets())).toEqual([[2, 0, 0, 0]])
  })

  test('is not waited for without end: who keeps it open is named, and others can append meanwhile', async () => {
    const commit = await hold((em) => appendFacts(em, [fact(1)]))
    const horizon = safeHorizon(world.ledger.transaction, never, 1).catch((error) => error)
    await untilWaiting(1)
    await append([fact(2)])
    expect(await horizon).toBeInstanceOf(FactsOpenError)
    await commit()
    expect(await rollUp()).toBe(2)
  })

  test('cannot be passed by: facts are appended in a transaction only', async () => {
    await expect(appendFacts(world.fork(), [fact(1)])).rejects.toThrow('in a transaction')
  })
})

test('a roll-up that is stopped keeps what it has counted, and the next one counts the rest', async () => {
  await append(Array.from({ length: 10 }, (_, event) => fact(event)))
  const stop = new AbortController()
  const told: RollUpProgress[] = []
  const stopped = rollUp(4, stop.signal, (progress) => {
    told.push(progress)
    stop.abort('shutdown')
  })
  await expect(stopped).rejects.toBe('shutdown')
  expect(told).toMatchObject([{ facts: 4 }])
  expect(told[0]!.horizon).toBe(told[0]!.factId + 6)
  expect(Object.values(await buckets())).toEqual([[4, 0, 0, 0]])
  expect(await rollUp()).toBe(6)
  expect(Object.values(await buckets())).toEqual([[10, 0, 0, 0]])
})
