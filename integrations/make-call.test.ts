import { randomBytes } from 'node:crypto'
import type { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { connect } from '../queue/connection.ts'
import { createScripts } from '../queue/scripts.ts'
import type { CallReport } from './client.ts'
import { createGate } from './create-gate.ts'
import type { Vendor } from './errors.ts'
import type { Gate } from './gate.ts'
import { createHubspot } from './hubspot/hubspot.ts'
import { createMailchimp } from './mailchimp/mailchimp.ts'
import { createMandrill } from './mandrill/mandrill.ts'
import { failureOf, type Stub, type StubAnswer, startStub } from './stub.ts'

let redis: Redis
let stub: Stub
beforeAll(() => {
  redis = connect(inject('redisUrl'), 'patient', () => undefined)
})
afterAll(() => redis.disconnect())
beforeEach(async () => {
  stub = await startStub()
})
afterEach(() => stub[Symbol.asyncDispose]())

const context = { signal: new AbortController().signal }
const email = 'jane@example.com'

/** What every client is given: a gate of its own that knows no limit, and a list of its calls. */
function account(vendor: Vendor) {
  const reports: CallReport[] = []
  const gate = createGate({
    run: createScripts(redis),
    vendor,
    key: `t:call:${randomBytes(6).toString('hex')}`,
    secret: 'a key of the account',
    limits: { connections: 0, rates: [] },
    leaseMs: 5_000,
  })
  return { baseUrl: stub.url, gate, onCall: (report: CallReport) => void reports.push(report), reports }
}

type Account = ReturnType<typeof account>
const hubspot = (parts: Account) => createHubspot({ ...parts, token: 't', apiVersion: '2026-09' })
const mailchimp = (parts: Account) => createMailchimp({ ...parts, apiKey: 'k-us19', listId: 'l' })
const mandrill = (parts: Account) =>
  createMandrill({ ...parts, apiKey: 'k', fromEmail: 'hello@solaria.example', fromName: 'Solaria' })

/** Gives one answer after the other. */
function script(...answers: StubAnswer[]): void {
  stub.reply = (_, response) => {
    const { status = 200, body } = answers.shift()!
    response.writeHead(status).end(JSON.stringify(body))
  }
}

const errorsOf = async (gate: Gate) => {
  const { lastError, lastErrorAt, lastSuccessAt } = await gate.inspect()
  return { lastError, lastErrorAt, wasWell: lastSuccessAt !== undefined }
}
const well = { lastError: undefined, lastErrorAt: undefined, wasWell: true }

const missing: StubAnswer = { status: 404, body: { status: 'error', category: 'OBJECT_NOT_FOUND' } }
const contact = { email, fields: { firstName: 'Jane' } }

test('a contact that HubSpot has already, or not any more, is no error of the account', async () => {
  const parts = account('hubspot')
  const message = 'Contact already exists. Existing ID: 512'
  script({ status: 409, body: { category: 'CONFLICT', message } }, { body: { id: '512' } }, missing)
  expect(await hubspot(parts).upsertContact(contact, context)).toEqual({ contactId: '512', created: false })
  const change = { contactId: '512', fields: { firstName: 'Janet' } }
  expect(await hubspot(parts).updateContact(change, context)).toEqual({ kind: 'gone' })
  expect(await errorsOf(parts.gate)).toEqual(well)
  const ends = parts.reports.map(({ status, outcome }) => `${status} ${outcome}`)
  expect(ends).toEqual(['409 OK', '200 OK', '404 OK'])
})

test('a contact without notes is no error of the account when one is logged', async () => {
  const parts = account('hubspot')
  const none = { results: [], errors: [{ category: 'OBJECT_NOT_FOUND' }] }
  script({ status: 207, body: none }, { status: 201, body: { id: '9' } })
  const activity = { contactId: '512', kind: 'NOTE', text: 'Hi', at: new Date(), activityId: 'a_1' } as const
  await hubspot(parts).logActivity(activity, context)
  expect(await errorsOf(parts.gate)).toEqual(well)
})

test('somebody Mailchimp does not know is no error of the account', async () => {
  const parts = account('mailchimp')
  stub.reply = { status: 404, body: { title: 'Resource Not Found' } }
  expect(await mailchimp(parts).member(email, context)).toBeUndefined()
  await mailchimp(parts).archiveMember(email, context)
  expect(await errorsOf(parts.gate)).toEqual(well)
})

test('what Mandrill does not know, by its own name for it, is no error of the account', async () => {
  const parts = account('mandrill')
  stub.reply = { status: 404, body: { status: 'error', name: 'Unknown_Message' } }
  expect(await mandrill(parts).info('a92c', context)).toBeUndefined()
  stub.reply = { status: 500, body: { status: 'error', name: 'Unknown_Webhook' } }
  expect(await mandrill(parts).deleteWebhook(42, context)).toBe(false)
  expect(await errorsOf(parts.gate)).toEqual(well)
})

test('a refusal that the verb does not expect is thrown and stays an error of the account', async () => {
  const parts = account('hubspot')
  script(missing)
  const error = await failureOf(hubspot(parts).upsertContact(contact, context))
  expect(error).toMatchObject({ errorClass: 'PERMANENT', code: 'OBJECT_NOT_FOUND' })
  expect(await errorsOf(parts.gate)).toMatchObject({ lastError: 'OBJECT_NOT_FOUND' })
  expect(parts.reports.map(({ outcome }) => outcome)).toEqual(['PERMANENT'])
})
