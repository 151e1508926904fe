// The verbs against the sandbox: what one engineer understood of the vendors must fit what another did.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../sandbox/server.ts'
import { createHubspot } from './hubspot/hubspot.ts'
import { createMailchimp } from './mailchimp/mailchimp.ts'
import { createMandrill } from './mandrill/mandrill.ts'
import { failureOf } from './stub.ts'
import { createWhatsapp } from './whatsapp/whatsapp.ts'

const context = { signal: new AbortController().signal, correlationId: 'corr-1' }
const email = 'jane@example.com'
let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await startSandbox({ settings: { mandrillIndexDelayMs: 0, webhooksEnabled: false } })
})
afterEach(() => control('DELETE', '/state'))
afterAll(() => sandbox.close())

async function control(method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${sandbox.url}/_sandbox${path}`, {
    method,
    body: JSON.stringify(body) ?? null,
  })
  expect(response.ok).toBe(true)
  return response.status === 204 ? undefined : response.json()
}

const fault = (vendor: string, action: object) => control('POST', '/faults', { vendor, action, times: 1 })
const sent = async (recipient: string) => {
  const { total } = (await control('GET', `/sends?recipient=${recipient}`)) as { total: number }
  return total
}

const mailchimp = (apiKey = `${'0'.repeat(32)}-us19`) =>
  createMailchimp({ baseUrl: `${sandbox.url}/mc/3.0`, apiKey, listId: 'a6b5da1054' })
const sender = { fromEmail: 'hello@solaria.example', fromName: 'Solaria' }
const mandrill = (apiKey = 'md-sandbox') =>
  createMandrill({ baseUrl: `${sandbox.url}/mandrill/api/1.0`, apiKey, ...sender })
const whatsapp = (token = 'token', timeoutMs = 5_000) =>
  createWhatsapp({ baseUrl: `${sandbox.url}/wa/v25.0`, token, phoneNumberId: '106540352242922', timeoutMs })
const portal = () => ({ baseUrl: `${sandbox.url}/hs`, apiVersion: '2026-09' })
const hubspot = (token = 'pat-na1-sandbox') => createHubspot({ ...portal(), token })

const person = { email, firstName: 'Jane', lastName: 'Doe', language: 'en' }
const mail = {
  template: 'welcome',
  to: { email, name: 'Jane' },
  subject: 'Hi',
  vars: { fname: 'Jane' },
  metadata: { delivery_id: 'd_991' },
  tags: ['welcome'],
}
const text = {
  to: '+16505551234',
  template: 'welcome_lead',
  language: 'en_US',
  bodyParameters: ['Jane'],
  callbackData: 'd_991',
}
const contact = { email, fields: { firstName: 'Jane', stage: 'lead' } }

describe('every verb', () => {
  test('all four accounts answer the cheap question whether they are there', async () => {
    await mailchimp().ping(context)
    await mandrill().check(context)
    await hubspot().check(context)
    expect(await whatsapp().check(context)).toMatchObject({
      displayPhoneNumber: expect.stringMatching(/15550783881/),
    })
  })

  test('a wrong credential is AUTH at all four', async () => {
    const calls = [
      mailchimp('bad').ping(context),
      mandrill('bad').check(context),
      whatsapp('expired').check(context),
      hubspot('bad').check(context),
    ]
    for (const error of await Promise.all(calls.map(failureOf))) {
      expect(error).toMatchObject({ errorClass: 'AUTH' })
    }
  })

  test('an upserted member keeps the status it has, and is tagged', async () => {
    const first = await mailchimp().upsertMember({ ...person, statusIfNew: 'pending' }, context)
    expect(first).toMatchObject({ memberId: mailchimp().subscriberHash(email), status: 'pending' })
    const again = await mailchimp().upsertMember({ ...person, statusIfNew: 'subscribed' }, context)
    expect(again).toMatchObject({ memberId: first.memberId, status: first.status })
    await mailchimp().tagMember({ member: email, tags: ['vip'] }, context)
  })

  test('tagging somebody unknown is PERMANENT', async () => {
    const error = await failureOf(mailchimp().tagMember({ member: email, tags: ['vip'] }, context))
    expect(error).toMatchObject({ errorClass: 'PERMANENT', status: 404, code: 'Resource Not Found' })
  })

  test('a mail is sent and found by its metadata', async () => {
    const { status, messageId } = await mandrill().sendTemplate(mail, context)
    expect(status).toBe('sent')
    const query = { key: 'delivery_id', values: ['d_991', 'd_99'], since: new Date() }
    expect([...(await mandrill().findByMetadata(query, context))]).toEqual([
      ['d_991', { messageId, state: 'sent' }],
    ])
  })

  test('a mail to an address that bounced is rejected, one to no address is refused for the recipient', async () => {
    const bounced = { ...mail, to: { email: 'hardbounce@bounce.example' } }
    const rejected = { status: 'rejected', rejectReason: 'hard-bounce' }
    expect(await mandrill().sendTemplate(bounced, context)).toMatchObject(rejected)
    const error = await failureOf(mandrill().sendTemplate({ ...mail, to: { email: 'nobody' } }, context))
    expect(error).toMatchObject({ errorClass: 'PERMANENT', code: 'ValidationError', recipientRefused: true })
  })

  test('a WhatsApp template is accepted; a template nobody knows is PERMANENT', async () => {
    const accepted = { messageId: expect.stringMatching(/^wamid\./), waId: '16505551234', status: 'accepted' }
    expect(await whatsapp().sendTemplate(text, context)).toMatchObject(accepted)
    const error = await failureOf(whatsapp().sendTemplate({ ...text, template: 'nothing' }, context))
    expect(error).toMatchObject({ errorClass: 'PERMANENT', code: '132001' })
  })

  test('a contact is created, then updated', async () => {
    const first = await hubspot().upsertContact(contact, context)
    expect(first.created).toBe(true)
    const second = { contactId: first.contactId, created: false }
    expect(await hubspot().upsertContact(contact, context)).toEqual(second)
  })

  test('a property HubSpot does not know is PERMANENT and named', async () => {
    const mapping = { source: 'no_such_thing' }
    const mapped = createHubspot({ ...portal(), token: 'pat-na1-sandbox', mapping })
    const error = await failureOf(mapped.upsertContact({ email, fields: { source: 'x' } }, context))
    expect(error).toMatchObject({ errorClass: 'PERMANENT', code: 'VALIDATION_ERROR' })
    expect((error as Error).message).toContain('no_such_thing')
  })
})

describe('every kind of fault', () => {
  const upsert = () => mailchimp().upsertMember({ ...person, statusIfNew: 'subscribed' }, context)

  test.each([
    ['drop before the effect', { drop: 'before' }, 0],
    ['drop after the effect', { drop: 'after' }, 1],
    ['a failure after the effect', { status: 502, body: '<html>', effect: true }, 1],
  ])('%s: a send is UNKNOWN, and only the sandbox knows whether it was sent', async (_, action, total) => {
    await fault('mandrill', action)
    expect(await failureOf(mandrill().sendTemplate(mail, context))).toMatchObject({ errorClass: 'UNKNOWN' })
    expect(await sent(email)).toBe(total)
    await fault('whatsapp', action)
    expect(await failureOf(whatsapp().sendTemplate(text, context))).toMatchObject({ errorClass: 'UNKNOWN' })
    expect(await sent('16505551234')).toBe(total)
  })

  test('a lost answer of a call that may be repeated is TRANSIENT, and repeating it works', async () => {
    await fault('mailchimp', { drop: 'after' })
    expect(await failureOf(upsert())).toMatchObject({ errorClass: 'TRANSIENT' })
    expect(await upsert()).toMatchObject({ status: 'subscribed' })
    const match = { path: '/objects/2026-09/contacts' }
    await control('POST', '/faults', { vendor: 'hubspot', match, action: { drop: 'after' }, times: 1 })
    expect(await failureOf(hubspot().upsertContact(contact, context))).toMatchObject({
      errorClass: 'TRANSIENT',
    })
    expect(await hubspot().upsertContact(contact, context)).toMatchObject({ created: false })
  })

  test('an answer that is too slow is a lost answer', async () => {
    await fault('whatsapp', { delayMs: 400 })
    const error = await failureOf(whatsapp('token', 100).sendTemplate(text, context))
    expect(error).toMatchObject({ errorClass: 'UNKNOWN', code: 'TIMEOUT' })
  })

  test('a vendor that is down is UNKNOWN for a send and TRANSIENT for an upsert', async () => {
    for (const vendor of ['mandrill', 'hubspot']) await control('PUT', '/down', { vendor, down: true })
    expect(await failureOf(mandrill().sendTemplate(mail, context))).toMatchObject({ errorClass: 'UNKNOWN' })
    expect(await failureOf(hubspot().upsertContact(contact, context))).toMatchObject({
      errorClass: 'TRANSIENT',
    })
  })

  test.each([
    ['mailchimp', upsert],
    ['mandrill', () => mandrill().sendTemplate(mail, context)],
    ['whatsapp', () => whatsapp().sendTemplate(text, context)],
    ['hubspot', () => hubspot().upsertContact(contact, context)],
  ])('%s: its own 401 is AUTH, its own 429 is THROTTLED with a time', async (vendor, run) => {
    await fault(vendor, { status: 401 })
    expect(await failureOf(run())).toMatchObject({ errorClass: 'AUTH', status: 401 })
    await fault(vendor, { status: 429 })
    expect(await failureOf(run())).toMatchObject({
      errorClass: 'THROTTLED',
      retryAfterMs: expect.any(Number),
    })
  })

  test('a given body and given headers are understood', async () => {
    await fault('whatsapp', { status: 400, body: { error: { code: 131056 } } })
    const pair = { errorClass: 'THROTTLED', retryAfterMs: 6_000, throttleScope: 'recipient' }
    expect(await failureOf(whatsapp().sendTemplate(text, context))).toMatchObject(pair)
    await fault('hubspot', { status: 477, headers: { 'retry-after': '7' } })
    expect(await failureOf(hubspot().upsertContact(contact, context))).toMatchObject({ retryAfterMs: 7_000 })
    await fault('mailchimp', { status: 403, body: '' })
    expect(await failureOf(upsert())).toMatchObject({ errorClass: 'THROTTLED', retryAfterMs: 60_000 })
  })

  test('a person who left cannot be subscribed again: the recipient is refused', async () => {
    const body = {
      title: 'Member In Compliance State',
      status: 400,
      detail: `${email} is in a compliance state`,
    }
    await fault('mailchimp', { status: 400, body })
    const error = await failureOf(upsert())
    expect(error).toMatchObject({ errorClass: 'PERMANENT', code: body.title, recipientRefused: true })
    expect(String(error)).not.toContain(email)
  })
})
