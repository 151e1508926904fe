import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CallContext } from '../client.ts'
import { type ErrorRow, testErrorTable } from '../error-rows.ts'
import { failureOf, type Stub, type StubAnswer, startStub } from '../stub.ts'
import { MANDRILL_RULES } from './errors.ts'
import { createMandrill } from './mandrill.ts'

const context: CallContext = { signal: new AbortController().signal }
const sender = { apiKey: 'k', fromEmail: 'a@b.co', fromName: 'A' }
const mail = {
  template: 't',
  to: { email: 'jane@example.com' },
  vars: {},
  metadata: { delivery_id: 'd' },
  tags: [],
}

let stub: Stub
beforeAll(async () => {
  stub = await startStub()
})
afterAll(() => stub[Symbol.asyncDispose]())
const mandrill = (baseUrl = stub.url) => createMandrill({ baseUrl, ...sender })

const problem = (name: string, message = '', code = -1): StubAnswer => ({
  body: { status: 'error', code, name, message },
})
const validation = (message: object) =>
  problem('ValidationError', `Validation error: ${JSON.stringify({ message })}`, -2)
const noAt = 'An email address must contain a single @'

const rows: ErrorRow[] = [
  [401, problem('Invalid_Key'), 'AUTH'],
  [500, problem('Invalid_Key'), 'AUTH'],
  [402, problem('PaymentRequired', '', 10), 'AUTH'],
  [404, problem('Unknown_Template', '', 5), 'PERMANENT', { code: 'Unknown_Template' }],
  [500, problem('Unknown_Template', '', 5), 'PERMANENT'],
  [404, problem('Unknown_Message', '', 11), 'PERMANENT'],
  [500, problem('Unknown_Message', '', 11), 'PERMANENT'],
  [404, problem('Unknown_Subaccount', '', 12), 'PERMANENT'],
  [404, problem('Unknown_Webhook'), 'PERMANENT'],
  [400, problem('Invalid_Reject'), 'PERMANENT'],
  [400, validation({ from_email: noAt }), 'PERMANENT'],
  [500, validation({ from_email: noAt }), 'PERMANENT'],
  [400, validation({ to: [{ email: noAt }] }), 'PERMANENT', { recipientRefused: true }],
  [429, problem('RequestLimitExceeded', '', 429), 'THROTTLED', { retryAfterMs: 60_000 }],
  [503, problem('ServiceUnavailable', '', -2), 'TRANSIENT'],
  [500, problem('GeneralError'), 'UNKNOWN'],
  [500, problem('GeneralError', 'You must specify a message value'), 'PERMANENT'],
  [200, problem('GeneralError'), 'UNKNOWN'],
  [502, { body: '<html>Bad gateway</html>' }, 'UNKNOWN', { code: 'HTTP_502' }],
  [429, { body: '' }, 'THROTTLED'],
]
describe('Mandrill’s error table', () => {
  testErrorTable(MANDRILL_RULES, rows, (baseUrl) => mandrill(baseUrl).sendTemplate(mail, context))
})

test('the same failure is TRANSIENT for what may be repeated and UNKNOWN for what may not', async () => {
  stub.reply = { ...problem('GeneralError'), status: 500 }
  const repeatable = [
    mandrill().check(context),
    mandrill().info('a92c', context),
    mandrill().listScheduled(undefined, context),
    mandrill().cancelScheduled('a92c', context),
    mandrill().addReject('jane@example.com', undefined, context),
    mandrill().listTemplates(context),
  ]
  for (const error of await Promise.all(repeatable.map(failureOf)))
    expect(error).toMatchObject({ errorClass: 'TRANSIENT' })
  const own = { ...mail, subject: 'Hi', html: '<p>Hi</p>' }
  const once = [
    mandrill().send(own, context),
    mandrill().addWebhook({ url: 'https://hooks.example.com', events: ['send'] }, context),
  ]
  for (const error of await Promise.all(once.map(failureOf)))
    expect(error).toMatchObject({ errorClass: 'UNKNOWN' })
})
