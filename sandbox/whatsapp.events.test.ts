import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { startToldSandbox, type Told, whatsappChanges } from '../test/support/sandbox-hooks.ts'

const from = '16505551234'
const template = {
  name: 'welcome_lead',
  language: { code: 'en' },
  components: [{ type: 'body', parameters: [{ type: 'text', text: 'Jane' }] }],
}
const send = ({ ask }: Told, to = from) =>
  ask('POST', '/wa/v25.0/106540352242922/messages', {
    messaging_product: 'whatsapp',
    to,
    type: 'template',
    template,
  })
const changes = ({ receiver }: Told) => receiver.received.flatMap(whatsappChanges)

async function written(event: object) {
  const told = await startToldSandbox()
  expect((await told.happen('whatsapp', { type: 'message', from, ...event })).status).toBe(202)
  await told.receiver.until(1)
  return changes(told)[0].value
}

test.each([
  ['text', { text: 'STOP' }, { text: { body: 'STOP' } }],
  ['button', { text: 'Stop', payload: 'STOP' }, { button: { payload: 'STOP', text: 'Stop' } }],
  ['interactive', { text: 'Yes' }, { interactive: { type: 'button_reply', button_reply: { title: 'Yes' } } }],
  ['reaction', { replyTo: 'wamid.1', emoji: '🎉' }, { reaction: { message_id: 'wamid.1', emoji: '🎉' } }],
  ['audio', {}, { audio: { mime_type: 'audio/ogg', id: expect.any(String) } }],
  ['document', { text: 'Plan' }, { document: { filename: 'file.pdf', caption: 'Plan' } }],
  ['location', {}, { location: { latitude: expect.any(Number) } }],
  ['contacts', { text: 'Ann' }, { contacts: [{ name: { formatted_name: 'Ann' } }] }],
  ['unsupported', {}, { errors: [{ code: 131051 }] }],
])('a person can send a message of type %s', async (kind, event, content) => {
  const value = await written({ kind, ...event })
  expect(value.messages).toMatchObject([
    { from, type: kind, id: expect.stringMatching(/^wamid\./), ...content },
  ])
})

test('a person with a user name is told of without a number', async () => {
  const value = await written({ hidden: true, username: 'sheena', text: 'Hi' })
  const [contact] = value.contacts
  expect(contact).toEqual({
    profile: { name: 'Sandbox Person', username: 'sheena' },
    user_id: expect.any(String),
  })
  expect(contact.user_id).toMatch(/^[A-Z]{2}\.[A-Za-z0-9]{1,128}$/)
  expect(value.messages[0]).not.toHaveProperty('from')
  expect(value.messages[0]).toMatchObject({ from_user_id: contact.user_id, text: { body: 'Hi' } })
})

test('a reply names the message it answers, and a message read is marked', async () => {
  const told = await startToldSandbox()
  const { id } = (await send(told)).body.messages[0]
  await told.happen('whatsapp', { type: 'message', from, replyTo: id, id: 'wamid.own' })
  await expect
    .poll(() => changes(told).flatMap(({ value }) => value.messages ?? []))
    .toMatchObject([{ context: { id } }])
  const read = { messaging_product: 'whatsapp', status: 'read', message_id: 'wamid.own' }
  expect((await told.ask('POST', '/wa/v25.0/106540352242922/messages', read)).body).toEqual({ success: true })
  expect(
    (await told.ask('POST', '/wa/v25.0/106540352242922/messages', { ...read, message_id: id })).status,
  ).toBe(400)
})

test('a new number is told with the old one, and has another user id', async () => {
  const told = await startToldSandbox()
  await told.happen('whatsapp', { type: 'message', from })
  await told.happen('whatsapp', { type: 'numberChanged', from, to: '12195555358' })
  await told.receiver.until(2)
  const system = changes(told)
    .flatMap(({ value }) => value.messages)
    .find(({ type }) => type === 'system')
  const known = changes(told).flatMap(({ value }) => value.contacts ?? [])
  expect(system).toMatchObject({ from, system: { type: 'user_changed_number', wa_id: '12195555358' } })
  expect(system.system.user_id).not.toBe(known[0].user_id)
})

test('a status that nobody knows, a late failure and any other field can be told', async () => {
  const told = await startToldSandbox()
  const { id } = (await send(told)).body.messages[0]
  await told.receiver.until(3)
  await told.happen('whatsapp', { type: 'status', id, status: 'played' })
  await told.happen('whatsapp', { type: 'status', id, status: 'failed', code: 131049 })
  const value = { event: 'FLAGGED', current_limit: 'TIER_2K' }
  await told.happen('whatsapp', { type: 'webhook', field: 'phone_number_quality_update', value })
  await told.receiver.until(6)
  const statuses = changes(told).flatMap(({ value }) => value.statuses ?? [])
  expect(statuses.map(({ status }) => status)).toContain('played')
  expect(statuses.find(({ status }) => status === 'failed').errors).toMatchObject([{ code: 131049 }])
  expect(changes(told)).toContainEqual({ field: 'phone_number_quality_update', value })
})

test('what happens together can come in one POST of several entries and changes', async () => {
  const told = await startToldSandbox([], { whatsappBatchWebhooks: true, webhookDelayMs: 200 })
  await Promise.all(['16505551001', '16505551002', '16505551003'].map((to) => send(told, to)))
  const [first] = await told.receiver.until(1)
  const { entry } = JSON.parse(first!.body)
  expect(entry.map((each: { changes: unknown[] }) => each.changes.length)).toEqual([2, 1])
})

test('without a subscribed app nothing is told', async () => {
  const told = await startToldSandbox()
  const path = '/wa/v25.0/102290129340398/subscribed_apps'
  expect((await told.ask('GET', path)).body.data).toHaveLength(1)
  await told.ask('DELETE', path)
  await told.happen('whatsapp', { type: 'message', from, text: 'unheard' })
  expect((await told.ask('POST', path)).body).toEqual({ success: true })
  await told.happen('whatsapp', { type: 'message', from, text: 'heard' })
  await told.receiver.until(1)
  expect(changes(told).map(({ value }) => value.messages[0].text.body)).toEqual(['heard'])
})

test('an address is taken only when it answers the challenge', async () => {
  const told = await startToldSandbox()
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? '', 'http://here').searchParams
    const isRight = query.get('hub.verify_token') === 'v1' && query.get('hub.mode') === 'subscribe'
    response.writeHead(isRight ? 200 : 403).end(isRight ? query.get('hub.challenge') : 'no')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?tenant=t1`
  const point = (verifyToken: string) =>
    told.ask('PUT', '/_sandbox/webhooks', { whatsapp: { url, appSecret: 's', verifyToken } })
  expect((await point('v1')).status).toBe(200)
  expect((await point('v2')).status).toBe(400)
})

test.each([
  [{ type: 'message' }, 'from'],
  [{ type: 'message', from: 'Jane' }, 'digits'],
  [{ type: 'message', from, kind: 'dream' }, 'kind'],
  [{ type: 'status', id: 'wamid.none', status: 'read' }, 'no message'],
  [{ type: 'templateStatus', name: 'none', status: 'PAUSED' }, 'no template'],
  [{ type: 'dance' }, 'type is one of'],
])('a mistaken WhatsApp event %o says what is wrong', async (event, reason) => {
  const told = await startToldSandbox()
  const answer = await told.happen('whatsapp', event)
  expect(answer.status).toBe(400)
  expect(answer.body.error).toContain(reason)
})
