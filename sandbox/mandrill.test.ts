import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTestSandbox } from '../test/support/sandbox-client.ts'

const key = 'md-sandbox-key'
const message = {
  subject: 'Hi',
  from_email: 'no-reply@example.com',
  html: '<p>Hi</p>',
  to: [{ email: 'jane@example.com' }],
  metadata: { delivery_id: 'd_1' },
}

let sandbox: Awaited<ReturnType<typeof startTestSandbox>>
beforeEach(async () => {
  sandbox = await startTestSandbox({ settings: { mandrillIndexDelayMs: 0 } })
})
afterEach(() => sandbox.close())

const call = (method: string, body: object) =>
  sandbox.ask('POST', `/mandrill/api/1.0/${method}`, { key, ...body })
const send = (email: string, more: object = {}) =>
  call('messages/send', { message: { ...message, to: [{ email }], ...more } })

test('ping answers with and without .json, with the key in body or header', async () => {
  expect((await call('users/ping2', {})).body).toEqual({ PING: 'PONG!' })
  expect((await call('users/ping2.json', {})).body).toEqual({ PING: 'PONG!' })
  const path = '/mandrill/api/1.0/users/ping2'
  expect((await sandbox.ask('POST', path, {}, { 'x-mc-apikey': key })).status).toBe(200)
  expect((await sandbox.ask('POST', path, { key: 'bad' })).body).toMatchObject({
    code: -1,
    name: 'Invalid_Key',
  })
  expect((await sandbox.ask('POST', path, '{')).status).toBe(401)
  expect((await sandbox.ask('GET', path)).status).toBe(405)
})

test('a mail is sent at once, and answers like the original', async () => {
  const answer = await send('jane@example.com')
  expect(answer.status).toBe(200)
  expect(answer.body).toEqual([
    {
      email: 'jane@example.com',
      status: 'sent',
      _id: expect.stringMatching(/^[0-9a-f]{32}$/),
      reject_reason: null,
      queued_reason: null,
    },
  ])
})

test.each([
  ['hardbounce1', 'rejected', 'hard-bounce'],
  ['softbounce', 'rejected', 'soft-bounce'],
  ['unsub', 'rejected', 'unsub'],
  ['reject', 'rejected', 'custom'],
  ['spam', 'rejected', 'spam'],
  ['invalid', 'invalid', 'invalid'],
])(
  'mail to %s@bounce.example answers 200 with status %s and reason %s',
  async (local, status, reject_reason) => {
    const answer = await send(`${local}@bounce.example`)
    expect(answer).toMatchObject({ status: 200, body: [{ status, reject_reason }] })
  },
)

test.each([
  ['no message', {}, 500, 'GeneralError', 'You must specify a message value'],
  ['no recipients', { message: { ...message, to: [] } }, 400, 'ValidationError', '"to"'],
  [
    'a sender without @',
    { message: { ...message, from_email: 'x' } },
    400,
    'ValidationError',
    '{"message":{"from_email":"An email address must contain a single @"}}',
  ],
  ['no sender', { message: { ...message, from_email: undefined } }, 400, 'ValidationError', 'from_email'],
  ['an unknown field', { message: { ...message, body: 'x' } }, 400, 'ValidationError', '"body"'],
  ['a send_at with a zone', { message, send_at: '2026-12-01T10:00:00Z' }, 400, 'ValidationError', 'send_at'],
  [
    'a send_at on a day that does not exist',
    { message, send_at: '2026-02-30 10:00:00' },
    400,
    'ValidationError',
    'exists',
  ],
  ['a send_at in two years', { message, send_at: '2099-01-01 00:00:00' }, 400, 'ValidationError', 'one year'],
  ['a tag that starts with _', { message: { ...message, tags: ['_x'] } }, 400, 'ValidationError', '"tags"'],
  [
    'a text where a flag belongs',
    { message: { ...message, track_opens: 'yes' } },
    400,
    'ValidationError',
    'boolean',
  ],
  ['a sub-account', { message: { ...message, subaccount: 's' } }, 404, 'Unknown_Subaccount', 's'],
])('a mail with %s is refused', async (_, body, status, name, text) => {
  const answer = await call('messages/send', body)
  expect(answer).toMatchObject({ status, body: { status: 'error', name } })
  expect(answer.body.message).toContain(text)
  expect((await sandbox.ask('GET', '/_sandbox/sends')).body.total).toBe(0)
})

test('a template must exist, and brings its own sender and subject', async () => {
  const order = (template_name: string) => ({
    template_name,
    template_content: [],
    message: { to: message.to },
  })
  expect((await call('messages/send-template', order('welcome'))).body[0].status).toBe('sent')
  expect((await call('messages/send-template', order('spring'))).body).toMatchObject({
    code: 5,
    name: 'Unknown_Template',
  })
  await sandbox.ask('POST', '/_sandbox/templates', { vendor: 'mandrill', name: 'spring' })
  expect((await call('messages/send-template', order('spring'))).status).toBe(200)
})

test('more than ten recipients, async and a used-up quota are queued', async () => {
  const to = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ email: `p${index}@example.com` }))
  expect((await call('messages/send', { message: { ...message, to: to(10) } })).body[0].status).toBe('sent')
  expect((await call('messages/send', { message: { ...message, to: to(11) } })).body[0].status).toBe('queued')
  expect((await call('messages/send', { message, async: true })).body[0].status).toBe('queued')
  const overQuota = await send('quota@bounce.example')
  expect(overQuota.body[0]).toMatchObject({ status: 'queued', queued_reason: 'hourly-quota-exhausted' })
})

test('a mail is unknown until it is indexed, then found by its id and metadata', async () => {
  await sandbox.ask('PUT', '/_sandbox/settings', { mandrillIndexDelayMs: 60_000 })
  const [{ _id: id }] = (await send('jane@example.com')).body
  await send('john@example.com', { metadata: { delivery_id: 'd_2' } })
  expect((await call('messages/info', { id })).body).toMatchObject({ code: 11, name: 'Unknown_Message' })
  expect((await call('messages/search', { query: 'u_delivery_id:d_1' })).body).toEqual([])
  await sandbox.ask('PUT', '/_sandbox/settings', { mandrillIndexDelayMs: 0 })
  expect((await call('messages/info', { id })).body).toMatchObject({
    _id: id,
    state: 'sent',
    metadata: { delivery_id: 'd_1' },
  })
  const found = async (query: string) =>
    (await call('messages/search', { query })).body.map((mail: { email: string }) => mail.email)
  expect(await found('u_delivery_id:d_1')).toEqual(['jane@example.com'])
  expect(await found('u_delivery_id:d_1 OR u_delivery_id:d_2')).toHaveLength(2)
  expect(await found('email:john@example.com')).toEqual(['john@example.com'])
  expect(await found('u_delivery_id:d_')).toEqual([])
  expect(await found('hi jane')).toEqual(['jane@example.com'])
})

test('twenty searches a minute are answered, the twenty-first is turned away', async () => {
  for (let count = 1; count <= 20; count += 1) expect((await call('messages/search', {})).status).toBe(200)
  expect(await call('messages/search', {})).toMatchObject({
    status: 429,
    body: { name: 'RequestLimitExceeded' },
  })
})

test('somebody who unsubscribed by a mail gets no more', async () => {
  const [{ _id: id }] = (await send('jane@example.com')).body
  expect(
    (await sandbox.ask('POST', '/_sandbox/events', { vendor: 'mandrill', type: 'unsub', id })).status,
  ).toBe(202)
  expect((await send('Jane@example.com')).body[0]).toMatchObject({
    status: 'rejected',
    reject_reason: 'unsub',
  })
})
