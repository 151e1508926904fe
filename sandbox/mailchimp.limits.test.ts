import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTestSandbox } from '../test/support/sandbox-client.ts'

let sandbox: Awaited<ReturnType<typeof startTestSandbox>>
beforeEach(async () => {
  sandbox = await startTestSandbox({ settings: { mailchimpLatencyMs: 0 } })
})
afterEach(() => sandbox.close())

const set = (changes: object) => sandbox.ask('PUT', '/_sandbox/settings', changes)
const ping = (headers: Record<string, string> = {}) => sandbox.ask('GET', '/mc/3.0/ping', undefined, headers)
const seen = async () => (await sandbox.ask('GET', '/_sandbox/state')).body.limits.mailchimp

test('calls within the limits are counted and refused to nobody', async () => {
  await set({ mailchimpLatencyMs: 2_000 })
  await Promise.all([1, 2, 3].map(() => ping()))
  expect(await seen()).toEqual({ connectionsHighest: 3, perSecondHighest: 3, refused: 0 })
})

test('an eleventh connection is refused, and the record shows that it was tried', async () => {
  await set({ mailchimpLatencyMs: 2_000 })
  const statuses = (await Promise.all(Array.from({ length: 11 }, () => ping()))).map(({ status }) => status)
  expect(statuses.filter((status) => status === 429)).toHaveLength(1)
  expect(await seen()).toMatchObject({ connectionsHighest: 11, refused: 1 })
})

test('above so many a second comes 429 without Retry-After, above still more an empty 403', async () => {
  await set({ mailchimpPerSecond: 1, mailchimpCdnPerSecond: 2 })
  const answers = await Promise.all([1, 2, 3].map(() => ping()))
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 403, 429])
  const tooMany = answers.find(({ status }) => status === 429)
  expect(tooMany?.body).toMatchObject({ title: 'TooManyRequests' })
  expect(tooMany?.headers.get('retry-after')).toBeNull()
  expect(answers.find(({ status }) => status === 403)?.body).toBe('')
  expect(await seen()).toMatchObject({ perSecondHighest: 3, refused: 2 })
})

test('every account has its own second', async () => {
  await set({ mailchimpPerSecond: 1 })
  const other = { authorization: `Bearer ${'f'.repeat(32)}-us1` }
  const answers = await Promise.all([ping(), ping(other)])
  expect(answers.map(({ status }) => status)).toEqual([200, 200])
})
