import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Received, startReceiver, startTestSandbox } from '../test/support/sandbox-client.ts'
import { subscriberHash } from './signatures.ts'

const hooks = '/mc/3.0/lists/a6b5da1054/webhooks'
const janePath = `/mc/3.0/lists/a6b5da1054/members/${subscriberHash('jane@example.com')}`
const jane = {
  email_address: 'jane@example.com',
  status_if_new: 'subscribed',
  merge_fields: { FNAME: 'Jane' },
}
const events = {
  subscribe: true,
  unsubscribe: true,
  profile: true,
  cleaned: true,
  upemail: true,
  campaign: true,
}
const sources = { user: true, admin: true, api: false }

let sandbox: Awaited<ReturnType<typeof startTestSandbox>>
const closing: (() => Promise<void>)[] = []
beforeEach(async () => {
  const settings = { mailchimpLatencyMs: 0, webhookDelayMs: 0, webhookRetryMs: 20 }
  sandbox = await startTestSandbox({ settings: { ...settings, mailchimpCountMs: 0, mailchimpSendMs: 0 } })
})
afterEach(async () => {
  await sandbox.close()
  for (const close of closing.splice(0)) await close()
})

/** Answers the two visits at creation with 200, then as told. */
async function receiver(answers: number[] = []) {
  const started = await startReceiver([200, 200, ...answers])
  closing.push(started.close)
  return {
    ...started,
    /** The webhooks, without the two visits. */
    told: async (count: number) => (await started.until(count + 2)).slice(2),
  }
}
const add = (url: string, more: object = {}) => sandbox.ask('POST', hooks, { url, events, sources, ...more })
const person = (type: string, more: object = {}) =>
  sandbox.ask('POST', '/_sandbox/events', { vendor: 'mailchimp', type, email: 'jane@example.com', ...more })
const formOf = (received: Received | undefined) => Object.fromEntries(new URLSearchParams(received?.body))
const typesOf = (received: Received[]) => received.map((each) => formOf(each).type)

test('the secret is told once, at creation, and signs every webhook', async () => {
  const { url, told } = await receiver()
  const { status, body } = await add(url)
  expect(status).toBe(200)
  expect(body).toMatchObject({ url, events, sources, list_id: 'a6b5da1054', signing_enabled: true })
  expect(body.signing_secret).toMatch(/^mc_whsec_\w{32}$/)
  const listed = (await sandbox.ask('GET', hooks)).body
  expect(listed.webhooks).toMatchObject([{ id: body.id, signing_enabled: true }])
  expect(JSON.stringify(listed)).not.toContain('mc_whsec')
  await person('subscribe')
  const [first] = await told(1)
  const [, t, v1] = /^t=(\d+),v1=(\w+)$/.exec(String(first?.headers['x-mailchimp-signature'])) ?? []
  expect(v1).toBe(createHmac('sha256', body.signing_secret).update(`${t}.${first?.body}`).digest('hex'))
})

test('the address is visited with GET and HEAD before it is believed', async () => {
  const { url, received } = await receiver()
  await add(url)
  expect(received).toHaveLength(2)
  const refusing = await startReceiver([200, 405])
  closing.push(refusing.close)
  expect(await add(refusing.url)).toMatchObject({ status: 400, body: { errors: [{ field: 'url' }] } })
  await refusing.close()
  closing.pop()
  expect((await add(refusing.url)).status).toBe(400)
  expect((await sandbox.ask('GET', hooks)).body.total_items).toBe(1)
})

test('a second webhook for one address is refused, and so is a wrong field', async () => {
  const { url } = await receiver()
  await add(url)
  expect((await add(url)).body.errors).toMatchObject([{ field: 'url' }])
  expect((await add(url, { events: { open: true } })).body.errors).toMatchObject([{ field: 'events.open' }])
  expect((await add('not an address')).body.errors).toMatchObject([{ field: 'url' }])
})

test('what the API does is told only to a webhook that wants to hear of the API', async () => {
  const deaf = await receiver()
  const listening = await receiver()
  await add(deaf.url)
  await add(listening.url, { sources: { user: false, admin: false, api: true } })
  await sandbox.ask('PUT', janePath, jane)
  await sandbox.ask('PATCH', janePath, { merge_fields: { FNAME: 'Janet' } })
  await sandbox.ask('PATCH', janePath, { merge_fields: { FNAME: 'Janet' } })
  await sandbox.ask('PATCH', janePath, { status: 'unsubscribed' })
  expect(typesOf(await listening.told(3))).toEqual(['subscribe', 'profile', 'unsubscribe'])
  await person('subscribe')
  expect(typesOf(await deaf.told(1))).toEqual(['subscribe'])
  expect(await listening.told(3)).toHaveLength(3)
})

test('everything a person or an admin does to a member is told with what it was', async () => {
  const { url, told } = await receiver()
  await add(url)
  await person('subscribe')
  await person('profile', { merge_fields: { FNAME: 'Jane' } })
  await person('upemail', { new_email: 'jane@example.org' })
  await person('unsubscribe', { email: 'jane@example.org' })
  await person('subscribe', { email: 'jane@example.org' })
  await person('cleaned', { email: 'jane@example.org' })
  await person('archive', { email: 'jane@example.org' })
  const forms = (await told(7)).map(formOf)
  expect(forms).toMatchObject([
    { type: 'subscribe', 'data[email]': 'jane@example.com' },
    { type: 'profile', 'data[merges][FNAME]': 'Jane' },
    { type: 'upemail', 'data[old_email]': 'jane@example.com', 'data[new_email]': 'jane@example.org' },
    { type: 'unsubscribe', 'data[action]': 'unsub', 'data[reason]': 'manual' },
    { type: 'subscribe' },
    { type: 'cleaned', 'data[reason]': 'hard' },
    { type: 'unsubscribe', 'data[action]': 'delete' },
  ])
  expect(forms[0]?.['data[id]']).toBe(forms[1]?.['data[id]'])
})

test('events and sources that were not asked for stay silent, and asking later helps', async () => {
  const { url, told } = await receiver()
  const { id } = (await add(url, { events: { profile: true }, sources: { admin: true } })).body
  await person('subscribe')
  await person('profile', { merge_fields: { FNAME: 'A' } })
  await person('profile', { merge_fields: { FNAME: 'B' }, source: 'user' })
  expect(typesOf(await told(1))).toEqual(['profile'])
  await sandbox.ask('PATCH', `${hooks}/${id}`, { events: { unsubscribe: true }, sources: { user: true } })
  await person('unsubscribe')
  expect(typesOf(await told(2))).toEqual(['profile', 'unsubscribe'])
})

test('a sent campaign is told whoever sent it', async () => {
  const { url, told } = await receiver()
  await add(url)
  await person('subscribe')
  const settings = { subject_line: 'Hi', from_name: 'S', reply_to: 's@example.com', title: 'T' }
  const { id } = (await person('campaign-create', { email: undefined, settings, html: '<p>Hi</p>' })).body
  expect((await sandbox.ask('POST', `/mc/3.0/campaigns/${id}/actions/send`)).status).toBe(204)
  expect(formOf((await told(2))[1])).toMatchObject({
    type: 'campaign',
    'data[id]': id,
    'data[subject]': 'Hi',
    'data[status]': 'sent',
  })
})

test('a failed webhook comes again with the same body, and later ones wait behind it', async () => {
  const { url, told } = await receiver([500, 503])
  await add(url)
  await person('subscribe')
  await person('unsubscribe')
  const received = await told(4)
  expect(typesOf(received)).toEqual(['subscribe', 'subscribe', 'subscribe', 'unsubscribe'])
  expect(received[1]?.body).toBe(received[0]?.body)
})

test('an answer of 410 silences a webhook for good', async () => {
  const { url, told } = await receiver([410])
  const other = await receiver()
  await add(url)
  await add(other.url)
  await person('subscribe')
  await told(1)
  await person('unsubscribe')
  await person('subscribe')
  await other.told(3)
  expect(await told(1)).toHaveLength(1)
  const { webhooks } = (await sandbox.ask('GET', '/_sandbox/state')).body.mailchimp
  expect(webhooks).toMatchObject([{ url, disabled: true }, { disabled: false }])
})

test('a deleted webhook hears nothing more and is gone', async () => {
  const { url, told } = await receiver()
  const other = await receiver()
  const { id } = (await add(url)).body
  await add(other.url)
  expect((await sandbox.ask('DELETE', `${hooks}/${id}`)).status).toBe(204)
  expect((await sandbox.ask('DELETE', `${hooks}/${id}`)).status).toBe(404)
  await person('subscribe')
  await other.told(1)
  expect(await told(0)).toEqual([])
})

test('the target of the control API hears of people beside the webhooks of the audience', async () => {
  const own = await receiver()
  const global = await startReceiver()
  closing.push(global.close)
  await add(own.url)
  await sandbox.ask('PUT', '/_sandbox/webhooks', { mailchimp: { url: global.url, secret: 's' } })
  await sandbox.ask('PUT', janePath, jane)
  await person('unsubscribe')
  expect(typesOf(await own.told(1))).toEqual(['unsubscribe'])
  expect(typesOf(await global.until(1))).toEqual(['unsubscribe'])
})
