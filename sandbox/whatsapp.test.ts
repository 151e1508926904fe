import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTestSandbox } from '../test/support/sandbox-client.ts'

const path = '/wa/v25.0/106540352242922/messages'
const template = {
  name: 'welcome_lead',
  language: { code: 'en_US' },
  components: [{ type: 'body', parameters: [{ type: 'text', text: 'Jane' }] }],
}
const order = { messaging_product: 'whatsapp', to: '+1 650 555 1234', type: 'template', template }

let sandbox: Awaited<ReturnType<typeof startTestSandbox>>
beforeEach(async () => {
  sandbox = await startTestSandbox()
})
afterEach(() => sandbox.close())

const send = (more: object = {}) => sandbox.ask('POST', path, { ...order, ...more })
const withTemplate = (more: object) => ({ template: { ...template, ...more } })
const bodyOf = (...parameters: object[]) => withTemplate({ components: [{ type: 'body', parameters }] })

test('a template is accepted with the recipient as WhatsApp knows it', async () => {
  expect(await send({ biz_opaque_callback_data: 'd'.repeat(512) })).toMatchObject({
    status: 200,
    body: {
      messaging_product: 'whatsapp',
      contacts: [{ input: '+1 650 555 1234', wa_id: '16505551234' }],
      messages: [{ id: expect.stringMatching(/^wamid\./), message_status: 'accepted' }],
    },
  })
})

test.each(['en_US', 'en', 'es', 'de'])('the welcome template exists in %s', async (code) => {
  expect((await send(withTemplate({ language: { code } }))).status).toBe(200)
})

test.each([
  ['a template nobody approved', withTemplate({ name: 'nope' }), 404, 132001],
  ['a language it is not written in', withTemplate({ language: { code: 'fr' } }), 404, 132001],
  ['too few parameters', withTemplate({ components: [] }), 400, 132000],
  ['too many parameters', bodyOf({ type: 'text', text: 'a' }, { type: 'text', text: 'b' }), 400, 132000],
  ['an empty parameter', bodyOf({ type: 'text', text: '' }), 400, 131008],
  ['a line break in a parameter', bodyOf({ type: 'text', text: 'a\nb' }), 400, 132012],
  ['an image where a text belongs', bodyOf({ type: 'image', image: { id: '1' } }), 400, 132012],
  ['no product', { messaging_product: undefined }, 400, 131008],
  ['no recipient', { to: undefined }, 400, 131008],
  ['a recipient that is no number', { to: 'Jane' }, 400, 131009],
  ['callback data of 513 characters', { biz_opaque_callback_data: 'd'.repeat(513) }, 400, 131009],
  ['an unknown field', { priority: 'high' }, 400, 100],
  ['an unsupported type', { type: 'hologram' }, 400, 131051],
  ['itself as the recipient', { to: '15550783881' }, 400, 131021],
  ['a number that is not on WhatsApp', { to: '16505550000' }, 400, 131026],
])('a message with %s is refused with its code', async (_, more, status, code) => {
  const answer = await send(more)
  expect(answer).toMatchObject({ status, body: { error: { code, type: 'OAuthException' } } })
  expect(answer.body.error.message).toContain(`(#${code})`)
  expect((await sandbox.ask('GET', '/_sandbox/sends')).body.total).toBe(0)
})

test('a wrong token is refused with 190, an expired one with its subcode', async () => {
  const as = (token: string) => sandbox.ask('POST', path, order, { authorization: token })
  expect(await as('')).toMatchObject({ status: 401, body: { error: { code: 190 } } })
  expect(await as('Bearer bad')).toMatchObject({ status: 401, body: { error: { code: 190 } } })
  expect((await as('Bearer expired')).body.error.error_subcode).toBe(463)
})

test('forty-five messages to one person pass, the next hits the pair limit while others are served', async () => {
  for (let count = 1; count <= 45; count += 1) expect((await send()).status).toBe(200)
  expect(await send()).toMatchObject({ status: 400, body: { error: { code: 131056 } } })
  expect((await send({ to: '16505551235' })).status).toBe(200)
})

test('a sender is held to its throughput', async () => {
  await sandbox.ask('PUT', '/_sandbox/settings', { whatsappPerSecond: 2 })
  expect((await send({ to: '16505551001' })).status).toBe(200)
  expect((await send({ to: '16505551002' })).status).toBe(200)
  expect(await send({ to: '16505551003' })).toMatchObject({ status: 429, body: { error: { code: 130429 } } })
})

test('a free text fails later outside the service window, and passes after the person wrote', async () => {
  const text = { type: 'text', template: undefined, text: { body: 'Hello' } }
  expect((await send(text)).status).toBe(200)
  const sends = async () => (await sandbox.ask('GET', '/_sandbox/sends')).body.sends
  expect((await sends())[0].accepted).toBe(false)
  await sandbox.ask('POST', '/_sandbox/events', {
    vendor: 'whatsapp',
    type: 'message',
    from: '16505551234',
    text: 'Hi',
  })
  await send(text)
  expect((await sends())[1].accepted).toBe(true)
})

test('templates are listed in pages and a new one can be used', async () => {
  const first = await sandbox.ask(
    'GET',
    '/wa/v25.0/102290129340398/message_templates?limit=3&fields=name,language',
  )
  expect(first.body.data).toHaveLength(3)
  expect(Object.keys(first.body.data[0])).toEqual(['id', 'name', 'language'])
  const after = first.body.paging.cursors.after
  expect(
    (await sandbox.ask('GET', `/wa/v25.0/102290129340398/message_templates?after=${after}`)).body.data,
  ).toHaveLength(1)
  await sandbox.ask('POST', '/_sandbox/templates', {
    vendor: 'whatsapp',
    name: 'bye',
    languages: ['en'],
    params: 0,
  })
  expect((await send({ template: { name: 'bye', language: { code: 'en' } } })).status).toBe(200)
})

test('the number tells its quality, and an unknown path is a Graph error', async () => {
  const phone = await sandbox.ask('GET', '/wa/v25.0/106540352242922?fields=quality_rating')
  expect(phone.body).toEqual({ id: '106540352242922', quality_rating: 'GREEN' })
  expect((await sandbox.ask('POST', '/wa/v25.0/1/nothing', {})).body.error).toMatchObject({
    code: 100,
    error_subcode: 33,
  })
})
