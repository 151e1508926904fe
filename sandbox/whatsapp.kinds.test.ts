import { expect, test } from 'vitest'
import { startToldSandbox, type Told, whatsappChanges } from '../test/support/sandbox-hooks.ts'

const path = '/wa/v25.0/106540352242922/messages'
const to = '16505551234'
const wamid = 'wamid.HBgL'
const link = 'https://files.example/a.jpg'
const template = {
  name: 'welcome_lead',
  language: { code: 'en' },
  components: [{ type: 'body', parameters: [{ type: 'text', text: 'Jane' }] }],
}

const post = ({ ask }: Told, body: object) =>
  ask('POST', path, { messaging_product: 'whatsapp', to, ...body })
const statuses = ({ receiver }: Told) =>
  receiver.received.flatMap(whatsappChanges).flatMap(({ value }) => value.statuses ?? [])

test.each([
  ['text', { text: { body: 'Hi', preview_url: false } }],
  ['image', { image: { link, caption: 'A house' } }],
  ['audio', { audio: { link, voice: true } }],
  ['video', { video: { link } }],
  ['document', { document: { link, filename: 'plan.pdf' } }],
  ['sticker', { sticker: { link } }],
  ['reaction', { reaction: { message_id: wamid, emoji: '👍' } }],
])('a message of type %s is taken inside the window and told as read', async (type, content) => {
  const told = await startToldSandbox()
  await told.happen('whatsapp', { type: 'message', from: to })
  const answer = await post(told, { type, ...content, context: { message_id: wamid } })
  expect(answer).toMatchObject({ status: 200, body: { contacts: [{ input: to, wa_id: to }] } })
  expect(answer.body.messages[0]).not.toHaveProperty('message_status')
  await expect.poll(() => statuses(told).map(({ status }) => status)).toEqual(['sent', 'delivered', 'read'])
  expect(statuses(told)[0]).toMatchObject({ pricing: { category: 'service', billable: false } })
})

test.each([
  ['an image without id or link', { type: 'image', image: { caption: 'x' } }, 131008],
  ['an image with id and link', { type: 'image', image: { id: '1', link } }, 131008],
  ['a media id of nobody', { type: 'image', image: { id: '999' } }, 131009],
  ['a caption of 1025 characters', { type: 'image', image: { link, caption: 'x'.repeat(1025) } }, 131009],
  ['a caption on a sticker', { type: 'sticker', sticker: { link, caption: 'x' } }, 100],
  ['a text of 4097 characters', { type: 'text', text: { body: 'x'.repeat(4097) } }, 131009],
  ['the content of another type', { type: 'text', text: { body: 'x' }, image: { link } }, 100],
  [
    'a reaction to what is no message',
    { type: 'reaction', reaction: { message_id: '1', emoji: 'x' } },
    131009,
  ],
  ['a user id that is none', { to: undefined, recipient: '1349', text: { body: 'x' } }, 131009],
  ['a number where a text belongs', { text: { body: 7 } }, 131009],
])('free content with %s is refused', async (_, body, code) => {
  const told = await startToldSandbox()
  expect(await post(told, body)).toMatchObject({ status: 400, body: { error: { code } } })
})

test('somebody known only by user id is written to by it, and told of by it', async () => {
  const told = await startToldSandbox()
  const recipient = 'US.13491208655302741918'
  const answer = await post(told, { to: undefined, recipient, type: 'template', template })
  expect(answer.body.contacts).toEqual([{ input: recipient, user_id: recipient }])
  const [status] = (await told.receiver.until(1)).flatMap(whatsappChanges)
  expect(status.value.statuses[0]).toMatchObject({ recipient_user_id: recipient })
  expect(status.value.statuses[0]).not.toHaveProperty('recipient_id')
  const both = await post(told, { recipient, type: 'template', template })
  expect(both.body.contacts[0].wa_id).toBe(to)
})

test('an authentication template does not go to a user id alone', async () => {
  const told = await startToldSandbox()
  const login = { name: 'login', languages: ['en'], params: 0, category: 'AUTHENTICATION' }
  await told.ask('POST', '/_sandbox/templates', { vendor: 'whatsapp', ...login })
  const order = { type: 'template', template: { name: 'login', language: { code: 'en' } } }
  const answer = await post(told, { to: undefined, recipient: 'ES.1', ...order })
  expect(answer.body.error.code).toBe(131062)
  expect((await post(told, order)).status).toBe(200)
})

test('numbers of Mexico and Brazil are known to WhatsApp by other digits', async () => {
  const told = await startToldSandbox()
  const known = async (dialled: string) =>
    (await post(told, { to: dialled, type: 'template', template })).body.contacts[0].wa_id
  expect(await known('+52 55 1234 5678')).toBe('5215512345678')
  expect(await known('+55 51 9 8765 4321')).toBe('555187654321')
})

test.each([131048, 131049, 130472, 131031, 131042, 132007, 133010, 131057])(
  'the number that ends in %d is refused with that code, and its neighbour fails with it later',
  async (code) => {
    const told = await startToldSandbox()
    const refused = await post(told, { to: `34600${code}`, type: 'template', template })
    expect(refused.body.error).toMatchObject({ code, type: 'OAuthException', fbtrace_id: expect.any(String) })
    expect((await post(told, { to: `34601${code}`, type: 'template', template })).status).toBe(200)
    await told.receiver.until(1)
    const failed = {
      status: 'failed',
      recipient_id: `34601${code}`,
      errors: [{ code, href: expect.any(String) }],
    }
    expect(statuses(told)).toMatchObject([failed])
  },
)

test('a file behind a link that leads nowhere fails later', async () => {
  const told = await startToldSandbox()
  await told.happen('whatsapp', { type: 'message', from: to })
  await post(told, { type: 'image', image: { link: 'https://files.example/missing.jpg' } })
  await expect.poll(() => statuses(told)).toMatchObject([{ status: 'failed', errors: [{ code: 131052 }] }])
})

test('outside the window free text fails later, or at once when Meta is in that mood', async () => {
  const told = await startToldSandbox()
  await post(told, { text: { body: 'Hi' } })
  await expect.poll(() => statuses(told)).toMatchObject([{ status: 'failed', errors: [{ code: 131047 }] }])
  await told.ask('PUT', '/_sandbox/settings', { whatsappRefusesAtOnce: true })
  expect(await post(told, { text: { body: 'Hi' } })).toMatchObject({
    status: 400,
    body: { error: { code: 131047 } },
  })
})

test('whoever opted out gets no marketing, but still what is useful', async () => {
  const told = await startToldSandbox([], { whatsappRefusesAtOnce: true })
  const offer = { name: 'offer', languages: ['en'], params: 0, category: 'MARKETING' }
  await told.ask('POST', '/_sandbox/templates', { vendor: 'whatsapp', ...offer })
  const marketing = { type: 'template', template: { name: 'offer', language: { code: 'en' } } }
  await told.happen('whatsapp', { type: 'optOut', from: to })
  expect((await post(told, marketing)).body.error.code).toBe(131050)
  expect((await post(told, { type: 'template', template })).status).toBe(200)
  await told.happen('whatsapp', { type: 'optIn', from: to })
  expect((await post(told, marketing)).status).toBe(200)
})

test('a burst above the allowance to one person is refused and counted', async () => {
  const told = await startToldSandbox([], { whatsappPairBurst: 2, whatsappPairGapMs: 60_000 })
  const send = async () => (await post(told, { type: 'template', template })).status
  expect([await send(), await send(), await send()]).toEqual([200, 200, 400])
  const { whatsapp } = (await told.ask('GET', '/_sandbox/state')).body.limits
  expect(whatsapp).toMatchObject({ perRecipientHighest: 2, refused: 1 })
})

test('a proof with another secret and a token without permission are refused', async () => {
  const told = await startToldSandbox()
  const proved = await told.ask('GET', `/wa/v25.0/106540352242922?appsecret_proof=${'0'.repeat(64)}`)
  expect(proved.body.error.code).toBe(100)
  const scopeless = { authorization: 'Bearer scopeless' }
  const answer = await told.ask('GET', '/wa/v25.0/106540352242922', undefined, scopeless)
  expect(answer).toMatchObject({ status: 403, body: { error: { code: 10 } } })
})
