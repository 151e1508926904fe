import { createHmac } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { type Received, startReceiver, wait } from '../test/support/sandbox-client.ts'
import { mandrillEvents, startToldSandbox, type Told } from '../test/support/sandbox-hooks.ts'

const start = startToldSandbox

function mail({ ask }: Told, email: string) {
  const message = { from_email: 'a@example.com', to: [{ email }], metadata: { delivery_id: `of ${email}` } }
  return ask('POST', '/mandrill/api/1.0/messages/send', { key: 'md-sandbox-key', message })
}

function whatsapp({ ask }: Told, to = '16505551234') {
  const components = [{ type: 'body', parameters: [{ type: 'text', text: 'Jane' }] }]
  const template = { name: 'welcome_lead', language: { code: 'en' }, components }
  const order = {
    messaging_product: 'whatsapp',
    to,
    type: 'template',
    template,
    biz_opaque_callback_data: 'd_é1',
  }
  return ask('POST', '/wa/v25.0/106540352242922/messages', order)
}

const statusesOf = ({ body }: Received) => JSON.parse(body).entry[0].changes[0].value.statuses
const names = (received: Received[]) => received.flatMap(statusesOf).map(({ status }) => status)

test('a mail is told as sent and delivered, signed over the URL as registered', async () => {
  const started = await start()
  await mail(started, 'jane@example.com')
  const [first, second] = await started.receiver.until(2)
  expect([first!, second!].flatMap(mandrillEvents)).toMatchObject([
    { event: 'send', msg: { email: 'jane@example.com', metadata: { delivery_id: 'of jane@example.com' } } },
    { event: 'delivered' },
  ])
  const text = `${started.receiver.url}mandrill_events${new URLSearchParams(first!.body).get('mandrill_events')}`
  expect(first!.headers['x-mandrill-signature']).toBe(
    createHmac('sha1', 'hook-key').update(text).digest('base64'),
  )
})

test('a refused mail is told as rejected, a late bounce after it was sent', async () => {
  const started = await start()
  await mail(started, 'unsub@bounce.example')
  await started.receiver.until(1)
  await mail(started, 'late@bounce.example')
  const events = (await started.receiver.until(3)).flatMap(mandrillEvents)
  expect(events.map(({ event }) => event)).toEqual(['reject', 'send', 'hard_bounce'])
  expect(events[2].msg).toMatchObject({ state: 'bounced', bounce_description: 'bad_mailbox' })
})

test('later Mandrill batches wait behind a failed one, and come together', async () => {
  const started = await start([500, 503], { webhookDelayMs: 0, webhookRetryMs: 100 })
  await mail(started, 'a@example.com')
  await started.receiver.until(1)
  await mail(started, 'b@example.com')
  await mail(started, 'c@example.com')
  const received = await started.receiver.until(4)
  expect(received.map((each) => mandrillEvents(each).length)).toEqual([2, 2, 2, 4])
  expect(received[2]!.body).toBe(received[0]!.body)
})

test('a WhatsApp message is told as sent, delivered and read, with our data, signed over escaped text', async () => {
  const started = await start()
  const id = (await whatsapp(started)).body.messages[0].id
  const received = await started.receiver.until(3)
  expect(names(received)).toEqual(['sent', 'delivered', 'read'])
  expect(statusesOf(received[0]!)[0]).toMatchObject({
    id,
    recipient_id: '16505551234',
    biz_opaque_callback_data: 'd_é1',
  })
  expect(received[0]!.body).toContain('d_\\u00e91')
  const hex = createHmac('sha256', 'app-secret').update(received[0]!.body).digest('hex')
  expect(received[0]!.headers['x-hub-signature-256']).toBe(`sha256=${hex}`)
})

test('statuses can come in the wrong order, all at once, or twice', async () => {
  const started = await start([], { reorderStatuses: true })
  await whatsapp(started)
  expect(names(await started.receiver.until(3))).toEqual(['read', 'delivered', 'sent'])
  await started.ask('PUT', '/_sandbox/settings', {
    reorderStatuses: false,
    batchStatuses: true,
    duplicateWebhooks: true,
  })
  await whatsapp(started)
  expect(names((await started.receiver.until(5)).slice(3))).toEqual([
    'sent',
    'delivered',
    'read',
    'sent',
    'delivered',
    'read',
  ])
})

test('a number that cannot be reached is told as failed with its code', async () => {
  const started = await start()
  expect((await whatsapp(started, '16505559999')).status).toBe(200)
  const [failed] = (await started.receiver.until(1)).flatMap(statusesOf)
  expect(failed).toMatchObject({
    status: 'failed',
    errors: [{ code: 131026, error_data: { details: expect.any(String) } }],
  })
})

test('a failed WhatsApp webhook comes again after growing waits while others pass', async () => {
  const started = await start([500, 200, 200, 500], { webhookRetryMs: 80 })
  await whatsapp(started)
  const received = await started.receiver.until(5)
  expect(names(received)).toEqual(['sent', 'delivered', 'read', 'sent', 'sent'])
  const sent = received.filter((each) => names([each])[0] === 'sent').map(({ at }) => at)
  // Timers are never early, so the waits are at least 80 and 160 ms, whatever the load.
  expect(sent[1]! - sent[0]!).toBeGreaterThanOrEqual(75)
  expect(sent[2]! - sent[1]!).toBeGreaterThanOrEqual(155)
})

test('with no delay a webhook can arrive before the answer', async () => {
  const started = await start([], { webhookDelayMs: 0, whatsappLatencyMs: 200 })
  const answer = whatsapp(started).then(() => Date.now())
  const [first] = await started.receiver.until(1)
  expect(first!.at).toBeLessThan(await answer)
})

test('what a person does reaches the webhooks: leaving an audience, writing a message, editing a contact', async () => {
  const started = await start()
  const { ask, receiver } = started
  const path = '/mc/3.0/lists/a6b5da1054/members/9e26471d35a78862c17e467d87cddedf'
  await ask('PUT', path, { email_address: 'jane@example.com', status_if_new: 'subscribed' })
  await ask('POST', '/_sandbox/events', {
    vendor: 'mailchimp',
    type: 'unsubscribe',
    email: 'jane@example.com',
  })
  const [left] = await receiver.until(1)
  expect(Object.fromEntries(new URLSearchParams(left!.body))).toMatchObject({
    type: 'unsubscribe',
    'data[email]': 'jane@example.com',
  })
  const [, t, v1] = /^t=(\d+),v1=(\w+)$/.exec(String(left!.headers['x-mailchimp-signature'])) ?? []
  expect(v1).toBe(createHmac('sha256', 'mc-secret').update(`${t}.${left!.body}`).digest('hex'))
  await ask('POST', '/_sandbox/events', {
    vendor: 'whatsapp',
    type: 'message',
    from: '16505551234',
    text: 'Hola',
  })
  const wrote = (await receiver.until(2))[1]!
  expect(JSON.parse(wrote.body).entry[0].changes[0].value.messages[0]).toMatchObject({
    from: '16505551234',
    text: { body: 'Hola' },
  })
  await ask('POST', '/hs/crm/objects/2026-09/contacts', { properties: { email: 'jane@example.com' } })
  const created = (await receiver.until(3))[2]!
  expect(JSON.parse(created.body)).toMatchObject([
    { subscriptionType: 'contact.creation', changeSource: 'INTEGRATION' },
  ])
  const edit = {
    vendor: 'hubspot',
    type: 'propertyChange',
    email: 'jane@example.com',
    properties: { phone: '1' },
  }
  await ask('POST', '/_sandbox/events', edit)
  const edited = (await receiver.until(4))[3]!
  expect(JSON.parse(edited.body)).toMatchObject([
    { propertyName: 'phone', propertyValue: '1', changeSource: 'CRM_UI' },
  ])
  const signed = `POST${receiver.url}${edited.body}${edited.headers['x-hubspot-request-timestamp']}`
  expect(edited.headers['x-hubspot-signature-v3']).toBe(
    createHmac('sha256', 'hs-secret').update(signed).digest('base64'),
  )
})

test('webhooks can be switched off and pointed elsewhere while the sandbox runs', async () => {
  const started = await start([], { webhooksEnabled: false })
  const other = await startReceiver()
  onTestFinished(other.close)
  await mail(started, 'a@example.com')
  await started.ask('PUT', '/_sandbox/webhooks', { mandrill: { url: other.url, key: 'k' } })
  await started.ask('PUT', '/_sandbox/settings', { webhooksEnabled: true })
  await mail(started, 'b@example.com')
  expect((await other.until(1)).flatMap(mandrillEvents)[0].msg.email).toBe('b@example.com')
  await wait(50)
  expect(started.receiver.received).toEqual([])
  const { deliveries } = (await started.ask('GET', '/_sandbox/webhooks')).body
  expect(deliveries[0]).toMatchObject({ vendor: 'mandrill', status: 200, attempt: 1 })
})
