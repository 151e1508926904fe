import { randomBytes } from 'node:crypto'
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { connect } from '../queue/connection.ts'
import { createScripts } from '../queue/scripts.ts'
import { createGate, type GateTiming } from './create-gate.ts'
import { type CallPriority, callPriorities, type Gate, type Permit } from './gate.ts'
import type { AccountLimits } from './limits.ts'

let redis: Redis
beforeAll(() => {
  redis = connect(inject('redisUrl'), 'patient', () => undefined)
})
afterAll(() => redis.disconnect())

const idle = new AbortController().signal

function account(limits: AccountLimits, timing: Partial<GateTiming> = {}): Gate {
  return createGate({
    run: createScripts(redis),
    vendor: 'hubspot',
    key: `t:priority:${randomBytes(6).toString('hex')}`,
    secret: 's',
    limits,
    leaseMs: 60_000,
    timing,
  })
}

const enter = (gate: Gate, priority: CallPriority) => gate.enter({ operation: 'upsert', priority }, idle)
const isLetIn = (gate: Gate, priority: CallPriority) =>
  enter(gate, priority).then(
    () => true,
    () => false,
  )

/** How many calls of a priority the account lets out now. */
async function fill(gate: Gate, priority: CallPriority): Promise<number> {
  for (let count = 0; ; count++) if (!(await isLetIn(gate, priority))) return count
}

test.each([
  ['a rate', { connections: 0, rates: [{ requests: 10, ms: 600_000 }] }],
  ['connections', { connections: 10, rates: [] }],
])('however many calls of an import come, there is room for fresh ones within %s', async (_, limits) => {
  const gate = account(limits, { longestWaitMs: 0 })
  expect(await fill(gate, 'BULK')).toBe(8)
  expect(await fill(gate, 'LOW')).toBe(1)
  expect(await fill(gate, 'NORMAL')).toBe(1)
  expect(await fill(gate, 'CRITICAL')).toBe(0)
})

test('a limit of one call is still there for an import', async () => {
  expect(await fill(account({ connections: 1, rates: [] }, { longestWaitMs: 0 }), 'BULK')).toBe(1)
})

test('those who wait are served by their level, whatever the order they came in', async () => {
  for (let round = 0; round < 4; round++) {
    const gate = account({ connections: 1, rates: [] }, { ageMs: 60_000, longestWaitMs: 60_000 })
    const held = await enter(gate, 'NORMAL')
    const shuffled = callPriorities
      .flatMap((level) => [level, level])
      .map((level) => ({ level, order: Math.random() }))
      .toSorted((one, other) => one.order - other.order)
    const served: CallPriority[] = []
    const waiting = shuffled.map(async ({ level }) => {
      const permit = await enter(gate, level)
      served.push(level)
      // Time for everybody who still waits to say so again.
      await new Promise((resolve) => setTimeout(resolve, 30))
      await permit.leave({ ok: true })
    })
    await new Promise((resolve) => setTimeout(resolve, 50))
    await held.leave({ ok: true })
    await Promise.all(waiting)
    expect(served).toEqual(callPriorities.flatMap((level) => [level, level]))
  }
})

test('an import gets its turn although fresh calls take every place', async () => {
  const gate = account({ connections: 2, rates: [] }, { ageMs: 100, longestWaitMs: 60_000 })
  const stop = new AbortController()
  const fresh = Array.from({ length: 6 }, async () => {
    while (!stop.signal.aborted) {
      const permit: Permit = await enter(gate, 'CRITICAL')
      await new Promise((resolve) => setTimeout(resolve, 3))
      await permit.leave({ ok: true })
    }
  })
  for (let n = 0; n < 3; n++) await (await enter(gate, 'BULK')).leave({ ok: true })
  stop.abort()
  await Promise.all(fresh)
})

test('calls of an import that are sent away do not push the return of a fresh one back', async () => {
  const gate = account({ connections: 0, rates: [{ requests: 2, ms: 60_000 }] })
  for (const level of ['BULK', 'NORMAL'] as const) await (await enter(gate, level)).leave({ ok: true })
  const waitOf = (level: CallPriority) =>
    enter(gate, level).catch((error: { retryAfterMs: number }) => error.retryAfterMs)
  for (let n = 0; n < 50; n++) await waitOf('BULK')
  expect(await waitOf('BULK')).toBeGreaterThan(50 * 60_000)
  // The first of its level: one span, not fifty.
  expect(await waitOf('NORMAL')).toBeLessThan(2 * 60_000)
})
