import { afterEach, beforeEach, expect, test } from 'vitest'
import type { CallReport } from './client.ts'
import { createMailchimp } from './mailchimp/mailchimp.ts'
import { failureOf, type Stub, startStub } from './stub.ts'
import { createWhatsapp } from './whatsapp/whatsapp.ts'

let stub: Stub
let reports: CallReport[]
beforeEach(async () => {
  stub = await startStub()
  reports = []
})
afterEach(() => stub[Symbol.asyncDispose]())

const signal = new AbortController().signal
const text = { to: '+16505551234', template: 't', language: 'en', bodyParameters: [], callbackData: 'd' }
const onCall = (report: CallReport) => void reports.push(report)
const whatsapp = () => createWhatsapp({ baseUrl: `${stub.url}/`, token: 't', phoneNumberId: '1', onCall })

test('each call is reported once with its outcome', async () => {
  stub.reply = { body: { messages: [{ id: 'wamid.1' }] } }
  await whatsapp().sendTemplate(text, { signal })
  stub.reply = { status: 400, body: { error: { code: 131056 } } }
  await failureOf(whatsapp().sendTemplate(text, { signal }))
  stub.reply = (_, response) => response.destroy()
  await failureOf(whatsapp().sendTemplate(text, { signal }))
  await failureOf(whatsapp().sendTemplate(text, { signal: AbortSignal.abort() }))
  const call = { vendor: 'whatsapp', operation: 'sendTemplate', ms: expect.any(Number) }
  expect(reports).toEqual([
    { ...call, status: 200, outcome: 'OK' },
    { ...call, status: 400, outcome: 'THROTTLED' },
    { ...call, status: undefined, outcome: 'UNKNOWN' },
    { ...call, status: undefined, outcome: 'ABORTED' },
  ])
})

test('a meter that throws does not turn a sent message into a failure', async () => {
  stub.reply = { body: { messages: [{ id: 'wamid.1' }] } }
  const broken = () => {
    throw new Error('meter')
  }
  const settings = { baseUrl: stub.url, token: 't', phoneNumberId: '1', onCall: broken }
  expect(await createWhatsapp(settings).sendTemplate(text, { signal })).toMatchObject({
    messageId: 'wamid.1',
  })
})

test('an answer of another form is UNKNOWN for a send and TRANSIENT for an upsert', async () => {
  stub.reply = { body: { surprise: true } }
  const send = await failureOf(whatsapp().sendTemplate(text, { signal }))
  expect(send).toMatchObject({ errorClass: 'UNKNOWN', code: 'ANSWER_NOT_UNDERSTOOD', status: 200 })
  const mailchimp = createMailchimp({ baseUrl: stub.url, apiKey: 'k', listId: 'l' })
  const upsert = await failureOf(
    mailchimp.upsertMember({ email: 'a@b.co', statusIfNew: 'pending' }, { signal }),
  )
  expect(upsert).toMatchObject({ errorClass: 'TRANSIENT', code: 'ANSWER_NOT_UNDERSTOOD' })
})

test('an error says vendor, operation, status, code and meaning, and keeps the vendor’s request id', async () => {
  stub.reply = { status: 404, body: { title: 'Resource Not Found' }, headers: { 'x-request-id': 'req-1' } }
  const mailchimp = createMailchimp({ baseUrl: stub.url, apiKey: 'k', listId: 'l' })
  const error = await failureOf(mailchimp.tagMember({ member: 'a@b.co', tags: ['vip'] }, { signal }))
  expect(error).toMatchObject({
    name: 'VendorError',
    message: 'mailchimp tagMember: HTTP 404, Resource Not Found: no such audience or contact',
    requestId: 'req-1',
  })
})

test('a permanent error quotes the vendor’s scrubbed explanation, so that somebody can correct the request', async () => {
  const details = 'body: number of localizable_params (1) does not match, Jane jane@example.com'
  stub.reply = { status: 400, body: { error: { code: 132000, error_data: { details } } } }
  const error = await failureOf(whatsapp().sendTemplate({ ...text, bodyParameters: ['Jane'] }, { signal }))
  expect((error as Error).message).toBe(
    'whatsapp sendTemplate: HTTP 400, 132000: the template takes another number of values ' +
      '(body: number of localizable_params (1) does not match, […] [email])',
  )
})

test('Retry-After may be a date', async () => {
  const headers = { 'retry-after': new Date(Date.now() + 90_000).toUTCString() }
  stub.reply = { status: 429, body: {}, headers }
  const error = await failureOf(whatsapp().check({ signal }))
  const { retryAfterMs } = error as { retryAfterMs: number }
  expect(retryAfterMs).toBeGreaterThan(85_000)
  expect(retryAfterMs).toBeLessThanOrEqual(90_000)
})
