import { randomBytes } from 'node:crypto'
import type { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { connect } from '../queue/connection.ts'
import { createScripts } from '../queue/scripts.ts'
import { until } from '../test/support/world.ts'
import { createGate, type GateTiming } from './create-gate.ts'
import type { VendorError } from './errors.ts'
import type { Gate } from './gate.ts'
import { createHubspot } from './hubspot/hubspot.ts'
import { createMandrill } from './mandrill/mandrill.ts'
import { failureOf, type Stub, startStub } from './stub.ts'

let redis: Redis
let stub: Stub
beforeAll(() => {
  redis = connect(inject('redisUrl'), 'patient', () => undefined)
})
afterAll(() => redis.disconnect())
beforeEach(async () => {
  stub = await startStub()
})
afterEach(() => stub[Symbol.asyncDispose]())

const patient = new AbortController().signal
const mail = {
  template: 'welcome',
  to: { email: 'jane@example.com' },
  vars: {},
  metadata: { delivery_id: 'msg_1' },
  tags: [],
}
const limits = { connections: 0, rates: [] }

/** Mandrill's client as the system builds it, with a harmless call as the probe. */
function account(timing: Partial<GateTiming> = {}, timeoutMs = 10_000) {
  const gate: Gate = createGate({
    run: createScripts(redis),
    vendor: 'mandrill',
    key: `t:sends:${randomBytes(6).toString('hex')}`,
    secret: 's',
    limits,
    leaseMs: 5_000,
    timing: { firstCooldownMs: 20, ...timing },
    probe: (signal) => client.check({ signal }),
  })
  const parts = { baseUrl: stub.url, apiKey: 'k', fromEmail: 'hello@solaria.example', fromName: 'S' }
  const client = createMandrill({ ...parts, gate, timeoutMs })
  const send = (signal: AbortSignal = patient) => client.sendTemplate(mail, { signal })
  return { gate, client, send }
}

const isSend = (url: string | undefined) => url?.includes('/messages/send') ?? false

/** A vendor of which nothing, or only its sends, is never answered. */
function hang(what: 'everything' | 'sends') {
  const sends = { count: 0 }
  stub.reply = (incoming, response) => {
    if (isSend(incoming.url)) sends.count += 1
    else if (what === 'sends') response.end('{"PING":"PONG!"}')
  }
  return sends
}

async function codes(sends: Promise<unknown>[]): Promise<string[]> {
  const outcomes = await Promise.allSettled(sends)
  return outcomes.map((each) => (each.status === 'rejected' ? (each.reason as VendorError).errorClass : 'OK'))
}

test('sends that end by their own time limit open the breaker, and only as many are lost as it takes to see it', async () => {
  const { gate, send } = account({ patienceMs: 30 })
  const sends = hang('everything')
  const lost = await codes(Array.from({ length: 40 }, () => send(AbortSignal.timeout(1_000))))
  expect(lost.filter((errorClass) => errorClass === 'UNKNOWN')).toHaveLength(5)
  expect(lost.filter((errorClass) => errorClass === 'OK')).toEqual([])
  expect(await gate.inspect()).toMatchObject({ lastError: 'TIMEOUT' })
  expect((await gate.inspect()).breaker).not.toBe('CLOSED')
  expect(sends.count).toBe(5)
})

test('sends that are cancelled, or end with the worker, do not open the breaker', async () => {
  const { gate, send } = account()
  for (let n = 0; n < 7; n++) {
    const stop = new AbortController()
    stub.reply = () => stop.abort(new Error('shutdown'))
    expect(await failureOf(send(stop.signal))).toMatchObject({ errorClass: 'UNKNOWN', code: 'ABORTED' })
  }
  expect(await gate.inspect()).toMatchObject({ breaker: 'CLOSED', waitReason: undefined })
})

test('sends whose worker was killed hold the others up no longer than a send may take', async () => {
  const { gate, send } = account({ patienceMs: 20, answerMs: 150 })
  stub.reply = (_, response) => response.end('[{"email":"jane@example.com","status":"sent","_id":"1"}]')
  for (let n = 0; n < 5; n++) await gate.enter({ operation: 'send', repeatable: false }, patient)
  expect(await codes([send()])).toEqual(['THROTTLED'])
  await until('they count no more', async () => (await codes([send()]))[0] === 'OK')
})

test('while the vendor is down no send is risked to find out whether it is back', async () => {
  const { send } = account({}, 60)
  const sends = hang('everything')
  await codes(Array.from({ length: 5 }, () => send()))
  // Well beyond the cooldown, many times over: what goes out is the harmless call.
  for (let n = 0; n < 10; n++) {
    await codes([send()])
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  expect(sends.count).toBe(5)
})

test('a vendor that answers all but sends loses one more after each rest, and each rest is longer', async () => {
  const { gate, send } = account({ firstCooldownMs: 40, longestRestMs: 60_000, patienceMs: 20 }, 150)
  const sends = hang('sends')
  await codes(Array.from({ length: 5 }, () => send()))
  const rests: number[] = []
  const until = Date.now() + 1_200
  while (Date.now() < until) {
    await codes([send()])
    const { waitReason, retryAt } = await gate.inspect()
    if (waitReason === 'UNANSWERED') rests.push(retryAt!.getTime())
  }
  // 40, 80, 160, 320, 640 ms of rest and 150 ms of waiting for an answer: five at most in 1.2 s.
  expect(sends.count).toBeGreaterThan(5)
  expect(sends.count).toBeLessThanOrEqual(5 + 5)
  expect(rests).toEqual(rests.toSorted())
})

test('questions that are answered do not hide that sends are not', async () => {
  const { client, send, gate } = account({ firstCooldownMs: 60_000 }, 250)
  hang('sends')
  for (let n = 0; n < 5; n++) {
    await client.check({ signal: patient })
    expect(await codes([send()])).toEqual(['UNKNOWN'])
  }
  expect(await gate.inspect()).toMatchObject({ breaker: 'OPEN', waitReason: 'BREAKER_OPEN' })
})

test('the first send that is answered lets the others out again, as many at once as come', async () => {
  const { send, gate } = account({ firstCooldownMs: 20, patienceMs: 20 }, 250)
  hang('sends')
  await codes(Array.from({ length: 5 }, () => send()))
  stub.reply = (incoming, response) =>
    response.end(isSend(incoming.url) ? JSON.stringify([{ _id: 'm', status: 'sent' }]) : '{"PING":"PONG!"}')
  const until = Date.now() + 5_000
  while ((await codes([send()]))[0] !== 'OK' && Date.now() < until);
  expect(await gate.inspect()).toMatchObject({ breaker: 'CLOSED', waitReason: undefined })
  expect(await codes(Array.from({ length: 30 }, () => send()))).toEqual(Array(30).fill('OK'))
})

test('a 429 of the search pauses the search alone; mails go out', async () => {
  const { client, send } = account()
  stub.reply = (incoming, response) => {
    if (isSend(incoming.url)) response.end(JSON.stringify([{ _id: 'm', status: 'sent' }]))
    else response.writeHead(429).end('{"status":"error","name":"TooManyRequests","message":"x"}')
  }
  const query = { key: 'delivery_id', values: ['msg_1'], since: new Date() }
  const search = () => client.findByMetadata(query, { signal: patient })
  expect(await failureOf(search())).toMatchObject({ errorClass: 'THROTTLED', status: 429 })
  expect(await failureOf(search())).toMatchObject({ errorClass: 'THROTTLED', code: 'PAUSED' })
  expect(await send()).toMatchObject({ messageId: 'm' })
})

test.each([
  ['999999999', 3_600_000],
  ['Fri, 31 Dec 9999 23:59:59 GMT', 3_600_000],
  ['7200', 3_600_000],
  ['30', 30_000],
])(
  'a vendor that asks for a pause of "%s" is left in peace for %i ms, and the account says until when',
  async (header, ms) => {
    const { send, gate } = account()
    stub.reply = { status: 429, body: '{}', headers: { 'retry-after': header } }
    expect(await failureOf(send())).toMatchObject({ errorClass: 'THROTTLED', retryAfterMs: ms })
    const { waitReason, retryAt } = await gate.inspect()
    expect(waitReason).toBe('PAUSED')
    expect(retryAt!.getTime() - Date.now()).toBeLessThanOrEqual(ms)
    expect(retryAt!.getTime() - Date.now()).toBeGreaterThan(ms - 20_000)
  },
)

test.each([301, 302, 307, 308])(
  'a redirect (%i) is followed by nobody and may pass: the job comes again',
  async (status) => {
    const other = await startStub()
    stub.reply = { status, body: '', headers: { location: `${other.url}/steal` } }
    const hubspot = createHubspot({ baseUrl: stub.url, token: 't', apiVersion: '2026-09' })
    const { send } = account()
    for (const failure of [await failureOf(send()), await failureOf(hubspot.check({ signal: patient }))])
      expect(failure).toMatchObject({
        errorClass: 'TRANSIENT',
        status,
        message: expect.stringMatching(/redirect/),
      })
    expect(other.requests).toEqual([])
    await other[Symbol.asyncDispose]()
  },
)

test('calls an operator lets through against the breaker use their attempts, also once its cooldown is over', async () => {
  const { gate, client } = account({ failuresToOpen: 1, firstCooldownMs: 1 })
  stub.reply = { status: 503, body: '{}' }
  await gate.force('CLOSED')
  for (let n = 0; n < 5; n++) {
    // THROTTLED would bring the job back at once, five times a second and for ever.
    expect(await failureOf(client.check({ signal: patient }))).toMatchObject({ errorClass: 'TRANSIENT' })
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
})
