import { randomBytes } from 'node:crypto'
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { connect } from '../queue/connection.ts'
import { createScripts } from '../queue/scripts.ts'
import { createGate, type GateSettings, type GateTiming } from './create-gate.ts'
import { type ErrorClass, VendorError } from './errors.ts'
import type { BreakerChange, Gate } from './gate.ts'
import type { AccountLimits } from './limits.ts'
import { failureOf } from './stub.ts'

let redis: Redis
beforeAll(() => {
  redis = connect(inject('redisUrl'), 'patient', () => undefined)
})
afterAll(() => redis.disconnect())

const idle = new AbortController().signal
const call = { operation: 'upsertMember' }
const free: AccountLimits = { connections: 0, rates: [] }

/** A new account; every call of the result is another process's gate of it. */
function account(limits: AccountLimits, timing: Partial<GateTiming> = {}, changes: BreakerChange[] = []) {
  const key = `t:gate:${randomBytes(6).toString('hex')}`
  const settings: GateSettings = {
    run: createScripts(redis),
    vendor: 'mailchimp',
    key,
    secret: 'a key of the account',
    limits,
    leaseMs: 5_000,
    timing,
    onChange: (change) => changes.push(change),
  }
  return (more: Partial<GateSettings> = {}) => createGate({ ...settings, ...more })
}

function failed(
  errorClass: ErrorClass,
  more: { status?: number; retryAfterMs?: number; code?: string } = {},
) {
  const error = new VendorError({
    vendor: 'mailchimp',
    operation: 'x',
    errorClass,
    code: 'HTTP_503',
    meaning: 'm',
    status: 503,
    ...more,
  })
  return { ok: false as const, error }
}

async function fail(gate: Gate, times: number, errorClass: ErrorClass = 'TRANSIENT', status = 503) {
  for (let n = 0; n < times; n++) await (await gate.enter(call, idle)).leave(failed(errorClass, { status }))
}

/** Enters as soon as the breaker's cooldown is over. */
async function untilIn(gate: Gate) {
  for (;;) {
    try {
      return await gate.enter(call, idle)
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

describe('limits', () => {
  test('no more calls are under way than the account allows, whichever process makes them', async () => {
    const gate = account({ connections: 2, rates: [] }, { longestWaitMs: 50 })
    const first = await gate().enter(call, idle)
    await gate().enter(call, idle)
    const error = await failureOf(gate().enter(call, idle))
    expect(error).toMatchObject({ errorClass: 'THROTTLED', code: 'RATE_LIMITED' })
    await first.leave({ ok: true })
    await gate().enter(call, idle)
  })

  test('who waits for a place gets it as soon as one is given back', async () => {
    const gate = account({ connections: 1, rates: [] })()
    const first = await gate.enter(call, idle)
    const second = gate.enter(call, idle)
    await first.leave({ ok: true })
    await (await second).leave({ ok: true })
  })

  test('a call counts against the rate until a whole span after it has ended', async () => {
    const gate = account({ connections: 0, rates: [{ requests: 1, ms: 60_000 }] })
    await (await gate().enter(call, idle)).leave({ ok: true })
    const error = await failureOf(gate().enter(call, idle))
    expect(error).toMatchObject({ errorClass: 'THROTTLED', code: 'RATE_LIMITED' })
    const { retryAfterMs } = error as VendorError
    expect(retryAfterMs).toBeGreaterThan(50_000)
  })

  test('those who are sent away are told times apart, a span for every allowance', async () => {
    const gate = account({ connections: 0, rates: [{ requests: 1, ms: 60_000 }] })
    await (await gate().enter(call, idle)).leave({ ok: true })
    const first = (await failureOf(gate().enter(call, idle))) as VendorError
    const second = (await failureOf(gate().enter(call, idle))) as VendorError
    expect(second.retryAfterMs! - first.retryAfterMs!).toBeGreaterThan(50_000)
  })

  test('a process that dies gives its places back when its lease ends', async () => {
    const gate = account({ connections: 1, rates: [] })
    await gate({ leaseMs: 30 }).enter(call, idle)
    await (await gate().enter(call, idle)).leave({ ok: true })
  })

  test('one person who got enough does not hold up the others, and is not named in Redis', async () => {
    const gate = account({ ...free, perRecipient: { everyMs: 60_000, burst: 2 } })()
    const to = (recipient: string) => gate.enter({ ...call, recipient }, idle)
    await to('34600000001')
    await to('34600000001')
    const error = await failureOf(to('34600000001'))
    expect(error).toMatchObject({ code: 'RECIPIENT_RATE_LIMITED', throttleScope: 'recipient' })
    await to('34600000002')
    expect((await redis.keys('t:gate:*')).concat(await redis.keys('{t:gate:*')).join()).not.toContain('3460')
  })

  test('after a 429 every process leaves the account in peace as long as the vendor asked', async () => {
    const gate = account(free)
    await (await gate().enter(call, idle)).leave(failed('THROTTLED', { retryAfterMs: 60_000, status: 429 }))
    expect(await failureOf(gate().enter(call, idle))).toMatchObject({
      code: 'PAUSED',
      errorClass: 'THROTTLED',
    })
  })

  test('who stops waiting gets its reason at once, and takes nobody’s place', async () => {
    const gate = account({ connections: 1, rates: [] })()
    const first = await gate.enter(call, idle)
    const impatient = new AbortController()
    const waits = gate.enter(call, impatient.signal)
    impatient.abort(new Error('cancelled'))
    expect(await failureOf(waits)).toMatchObject({ message: 'cancelled' })
    await first.leave({ ok: true })
    await (await gate.enter(call, idle)).leave({ ok: true })
  })
})

describe('breaker', () => {
  test('opens for all processes after five failures in a row, and says so once', async () => {
    const changes: BreakerChange[] = []
    const gate = account(free, {}, changes)
    await fail(gate(), 3)
    await fail(gate(), 2, 'UNKNOWN')
    expect(changes).toEqual([{ vendor: 'mailchimp', change: 'OPENED', code: 'HTTP_503' }])
    expect(await failureOf(gate().enter(call, idle))).toMatchObject({
      errorClass: 'THROTTLED',
      code: 'BREAKER_OPEN',
    })
    expect(await gate().inspect()).toMatchObject({ breaker: 'OPEN', lastError: 'HTTP_503' })
  })

  test('a success in between starts the count again', async () => {
    const gate = account(free)()
    await fail(gate, 4)
    await (await gate.enter(call, idle)).leave({ ok: true })
    await fail(gate, 4)
    await gate.enter(call, idle)
  })

  test('the failure that opens it makes its job wait instead of using an attempt; a lost send stays unknown', async () => {
    const gate = account(free, { failuresToOpen: 1 })()
    const lost = await gate.enter(call, idle)
    const failing = await gate.enter(call, idle)
    expect(await failing.leave(failed('TRANSIENT'))).toMatchObject({
      errorClass: 'THROTTLED',
      code: 'HTTP_503',
    })
    expect(await lost.leave(failed('UNKNOWN'))).toBeUndefined()
  })

  test('after the cooldown one probe goes out; its success closes the breaker for everybody', async () => {
    const changes: BreakerChange[] = []
    const gate = account(free, { failuresToOpen: 1, firstCooldownMs: 30 }, changes)
    await fail(gate(), 1)
    const probe = await untilIn(gate())
    expect(await failureOf(gate().enter(call, idle))).toMatchObject({ code: 'BREAKER_OPEN' })
    await probe.leave({ ok: true })
    await gate().enter(call, idle)
    expect(changes.map(({ change }) => change)).toEqual(['OPENED', 'CLOSED'])
    expect(await gate().inspect()).toMatchObject({ breaker: 'CLOSED', retryAt: undefined })
  })

  test('a probe that fails opens it again for longer', async () => {
    const gate = account(free, { failuresToOpen: 1, firstCooldownMs: 30, longestCooldownMs: 60_000 })()
    await fail(gate, 1)
    const firstWait = (await gate.inspect()).retryAt!.getTime()
    await (await untilIn(gate)).leave(failed('TRANSIENT'))
    const { changedAt, retryAt } = await gate.inspect()
    expect(retryAt!.getTime()).toBeGreaterThan(firstWait)
    expect(retryAt!.getTime() - changedAt!.getTime()).toBeGreaterThan(30)
  })

  test('a key that is not accepted stops the account with one alert and no further calls', async () => {
    const changes: BreakerChange[] = []
    const gate = account(free, {}, changes)
    const both = [await gate().enter(call, idle), await gate().enter(call, idle)]
    for (const permit of both) await permit.leave(failed('AUTH', { status: 401, code: 'API Key Invalid' }))
    expect(changes).toEqual([{ vendor: 'mailchimp', change: 'AUTH', code: 'API Key Invalid' }])
    expect(await failureOf(gate().enter(call, idle))).toMatchObject({
      errorClass: 'AUTH',
      code: 'ACCOUNT_LOCKED',
    })
  })

  test('refusals, and one kind of call that is forbidden, do not open it', async () => {
    const gate = account(free, { failuresToOpen: 1 })()
    await fail(gate, 3, 'PERMANENT', 400)
    await fail(gate, 3, 'AUTH', 403)
    await gate.enter(call, idle)
  })

  test('an operator stops an account, opens it against the breaker, and hands it back', async () => {
    const gate = account(free, { failuresToOpen: 1 })
    await gate().force('OPEN')
    expect(await failureOf(gate().enter(call, idle))).toMatchObject({ code: 'STOPPED_BY_OPERATOR' })
    await gate().force('CLOSED')
    await fail(gate(), 3)
    await gate().enter(call, idle)
    await gate().force('NONE')
    expect(await failureOf(gate().enter(call, idle))).toMatchObject({ code: 'BREAKER_OPEN' })
  })

  test('what an operator said holds although Redis has forgotten it', async () => {
    const gate = account(free)
    expect(await failureOf(gate({ forced: 'OPEN' }).enter(call, idle))).toMatchObject({
      code: 'STOPPED_BY_OPERATOR',
    })
  })
})
