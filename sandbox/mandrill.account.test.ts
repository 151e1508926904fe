import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { startReceiver } from '../test/support/sandbox-client.ts'
import { mandrillEvents, startToldSandbox, type Told } from '../test/support/sandbox-hooks.ts'

const key = 'md-sandbox-key'
const call = ({ ask }: Told, method: string, body: object = {}) =>
  ask('POST', `/mandrill/api/1.0/${method}`, { key, ...body })
const send = (told: Told, email: string, more: object = {}) =>
  call(told, 'messages/send', {
    message: { from_email: 'a@example.com', subject: 'Hi', to: [{ email }] },
    ...more,
  })
const inSeconds = (seconds: number) =>
  new Date(Date.now() + seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')
const total = async ({ ask }: Told) => (await ask('GET', '/_sandbox/sends?vendor=mandrill')).body.total

test('a scheduled mail is held until its time, and then sent and told', async () => {
  const told = await startToldSandbox([], { mandrillIndexDelayMs: 0 })
  const send_at = inSeconds(2)
  const [{ status, _id: id }] = (await send(told, 'jane@example.com', { send_at })).body
  expect(status).toBe('scheduled')
  expect(await total(told)).toBe(0)
  expect((await call(told, 'messages/info', { id })).body.name).toBe('Unknown_Message')
  expect((await call(told, 'messages/list-scheduled')).body).toEqual([
    {
      _id: id,
      created_at: expect.any(String),
      send_at,
      from_email: 'a@example.com',
      to: 'jane@example.com',
      subject: 'Hi',
    },
  ])
  const [first] = (await told.receiver.until(1)).flatMap(mandrillEvents)
  expect(first).toMatchObject({ event: 'send', _id: id })
  expect(first.ts).toBeGreaterThanOrEqual(Date.parse(`${send_at.replace(' ', 'T')}Z`) / 1000)
  expect((await call(told, 'messages/info', { id })).body.state).toBe('sent')
  expect((await call(told, 'messages/list-scheduled')).body).toEqual([])
})

test('a cancelled mail never goes out, a rescheduled one goes at its new time', async () => {
  const told = await startToldSandbox()
  const later = async (email: string) => (await send(told, email, { send_at: inSeconds(3600) })).body[0]._id
  const [cancelled, moved] = [await later('ann@example.com'), await later('ben@example.com')]
  expect((await call(told, 'messages/cancel-scheduled', { id: cancelled })).body._id).toBe(cancelled)
  expect((await call(told, 'messages/reschedule', { id: moved, send_at: 'soon' })).body.name).toBe(
    'ValidationError',
  )
  const send_at = inSeconds(-60)
  expect((await call(told, 'messages/reschedule', { id: moved, send_at })).body).toMatchObject({
    _id: moved,
    send_at,
  })
  const [first] = (await told.receiver.until(1)).flatMap(mandrillEvents)
  expect(first).toMatchObject({ event: 'send', _id: moved })
  expect(await total(told)).toBe(1)
  const again = await call(told, 'messages/cancel-scheduled', { id: cancelled })
  expect(again).toMatchObject({ status: 404, body: { name: 'Unknown_Message' } })
})

test('a mail whose address was listed while it was held is rejected when its time has come', async () => {
  const told = await startToldSandbox()
  const id = (await send(told, 'jane@example.com', { send_at: inSeconds(3600) })).body[0]._id
  await call(told, 'rejects/add', { email: 'jane@example.com' })
  await call(told, 'messages/reschedule', { id, send_at: inSeconds(-1) })
  const [event] = (await told.receiver.until(1)).flatMap(mandrillEvents)
  expect(event).toMatchObject({ event: 'reject', msg: { state: 'rejected', reject: { reason: 'custom' } } })
})

test('an account without a balance cannot schedule', async () => {
  const told = await startToldSandbox([], { mandrillPaid: false })
  const answer = await send(told, 'jane@example.com', { send_at: inSeconds(60) })
  expect(answer).toMatchObject({ status: 402, body: { name: 'PaymentRequired', code: 10 } })
})

test('a listed address is rejected until it is taken off the list', async () => {
  const told = await startToldSandbox()
  const outcome = async () => (await send(told, 'Jane@Example.com')).body[0]
  expect((await call(told, 'rejects/add', { email: 'jane@example.com', comment: 'asked' })).body.added).toBe(
    true,
  )
  expect(await outcome()).toMatchObject({ status: 'rejected', reject_reason: 'custom' })
  expect((await call(told, 'rejects/list', { email: 'jane@example.com' })).body).toMatchObject([
    { email: 'jane@example.com', reason: 'custom', detail: 'asked', expired: false },
  ])
  expect((await call(told, 'rejects/delete', { email: 'jane@example.com' })).body.deleted).toBe(true)
  expect((await outcome()).status).toBe('sent')
  expect((await call(told, 'rejects/delete', { email: 'jane@example.com' })).body.name).toBe('Invalid_Reject')
})

test('a mailbox that bounced late is on the list afterwards, a full or busy one is not', async () => {
  const told = await startToldSandbox()
  for (const local of ['late', 'latesoft', 'deferred']) await send(told, `${local}@bounce.example`)
  await expect
    .poll(() =>
      told.receiver.received
        .flatMap(mandrillEvents)
        .map(({ event }) => event)
        .toSorted(),
    )
    .toEqual(['deferral', 'delivered', 'hard_bounce', 'send', 'send', 'send', 'soft_bounce'])
  const listed = (await call(told, 'rejects/list')).body.map(({ email }: { email: string }) => email)
  expect(listed).toEqual(['late@bounce.example'])
})

test('a webhook is tested by HEAD, gets only its events, and signs with its own key', async () => {
  const told = await startToldSandbox()
  const receiver = await startReceiver()
  const events = ['delivered', 'blacklist']
  const hook = (await call(told, 'webhooks/add', { url: receiver.url, description: 'ours', events })).body
  expect(hook).toMatchObject({ id: 1, url: receiver.url, events, batches_sent: 0, last_error: null })
  expect(receiver.received.map(({ method }) => method)).toEqual(['HEAD'])
  await send(told, 'jane@example.com')
  await call(told, 'rejects/add', { email: 'ann@example.com' })
  await expect.poll(() => receiver.received.slice(1).flatMap(mandrillEvents)).toHaveLength(2)
  const [, first] = receiver.received
  const kinds = receiver.received.slice(1).flatMap(mandrillEvents)
  expect(kinds.map(({ event, type }) => event ?? type).toSorted()).toEqual(['blacklist', 'delivered'])
  expect(kinds.find(({ type }) => type)).toMatchObject({
    action: 'add',
    reject: { email: 'ann@example.com' },
  })
  const text = `${receiver.url}mandrill_events${new URLSearchParams(first!.body).get('mandrill_events')}`
  const signature = createHmac('sha1', hook.auth_key).update(text).digest('base64')
  expect(first!.headers['x-mandrill-signature']).toBe(signature)
  expect((await call(told, 'webhooks/delete', { id: hook.id })).body.id).toBe(hook.id)
  expect((await call(told, 'webhooks/list')).body).toEqual([])
  const gone = await call(told, 'webhooks/info', { id: hook.id })
  expect(gone).toMatchObject({ status: 404, body: { name: 'Unknown_Webhook' } })
  await receiver.close()
})

test('an address without HEAD gets an empty batch signed with the test key; one that refuses both is no webhook', async () => {
  const told = await startToldSandbox()
  const receiver = await startReceiver([405, 200, 500, 500])
  expect((await call(told, 'webhooks/add', { url: receiver.url, events: ['send'] })).status).toBe(200)
  const post = receiver.received[1]!
  expect(mandrillEvents(post)).toEqual([])
  const signature = createHmac('sha1', 'test-webhook')
    .update(`${receiver.url}mandrill_events[]`)
    .digest('base64')
  expect(post.headers['x-mandrill-signature']).toBe(signature)
  const refused = await call(told, 'webhooks/add', { url: receiver.url, events: ['send'] })
  expect(refused).toMatchObject({ status: 400, body: { name: 'ValidationError' } })
  expect((await call(told, 'webhooks/list')).body).toHaveLength(1)
  await receiver.close()
})

test('templates are listed with their labels and found by their slug', async () => {
  const told = await startToldSandbox()
  const template = {
    vendor: 'mandrill',
    name: 'Spring Sale',
    subject: 'Sale',
    labels: ['sales'],
    code: '<b>*|X|*</b>',
  }
  await told.ask('POST', '/_sandbox/templates', template)
  expect((await call(told, 'templates/list', { label: 'sales' })).body).toMatchObject([
    { slug: 'spring-sale' },
  ])
  const info = (await call(told, 'templates/info', { name: 'spring-sale' })).body
  expect(info).toMatchObject({ name: 'Spring Sale', code: '<b>*|X|*</b>', publish_subject: 'Sale' })
  expect((await call(told, 'templates/info', { name: 'none' })).body.name).toBe('Unknown_Template')
})

test('a limited key may only ping, and calls above the rate of a key are refused and counted', async () => {
  const told = await startToldSandbox([], { mandrillPerSecond: 2 })
  const limited = await call(told, 'users/ping2', { key: 'md-limited-1' })
  expect(limited.status).toBe(200)
  expect((await call(told, 'templates/list', { key: 'md-limited-1' })).body.name).toBe('Invalid_Key')
  const answers = await Promise.all([1, 2, 3].map(() => call(told, 'users/ping2')))
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 429])
  const { mandrill } = (await told.ask('GET', '/_sandbox/state')).body.limits
  expect(mandrill).toMatchObject({ perSecondHighest: 3, connectionsHighest: expect.any(Number), refused: 1 })
})
