import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CallContext } from './client.ts'
import { type ErrorClass, VendorError } from './errors.ts'
import { MAILCHIMP_RULES } from './mailchimp/errors.ts'
import { createMailchimp } from './mailchimp/mailchimp.ts'
import { MANDRILL_RULES } from './mandrill/errors.ts'
import { createMandrill } from './mandrill/mandrill.ts'
import type { ErrorRule } from './rules.ts'
import { failureOf, type Stub, type StubAnswer, startStub } from './stub.ts'

interface Expected {
  retryAfterMs?: number
  recipientRefused?: boolean
  throttleScope?: string
  code?: string
}
type Row = [status: number, answer: StubAnswer, errorClass: ErrorClass, expected?: Expected]

const context: CallContext = { signal: new AbortController().signal }
const REFUSED = { recipientRefused: true }
const THIS_RECIPIENT = { throttleScope: 'recipient' }

let stub: Stub
beforeAll(async () => {
  stub = await startStub()
})
afterAll(() => stub[Symbol.asyncDispose]())

/** Tests each row, and that together they use every rule of the table: a row nobody tests is a guess. */
function table(rules: readonly ErrorRule[], rows: Row[], run: (baseUrl: string) => Promise<unknown>): void {
  const messages: string[] = []

  test.each(rows)('%i %j → %s', async (status, answer, errorClass, expected = {}) => {
    stub.reply = { ...answer, status }
    const error = await failureOf(run(stub.url))
    expect(error).toBeInstanceOf(VendorError)
    expect(error).toMatchObject({
      status,
      errorClass,
      recipientRefused: false,
      throttleScope: 'account',
      ...expected,
    })
    messages.push((error as Error).message)
  })

  test('every rule has an example', () => {
    const unused = rules.filter(({ meaning }) => !messages.some((message) => message.includes(meaning)))
    expect(unused).toEqual([])
  })
}


describe('Mandrill', () => {
  const problem = (name: string, message = '', code = -1): StubAnswer => ({
    body: { status: 'error', code, name, message },
  })
  const validation = (message: object) =>
    problem('ValidationError', `Validation error: ${JSON.stringify({ message })}`, -2)
  const rows: Row[] = [
    [401, problem('Invalid_Key'), 'AUTH'],
    [500, problem('Invalid_Key'), 'AUTH'],
    [402, problem('PaymentRequired', '', 10), 'AUTH'],
    [404, problem('Unknown_Template', '', 5), 'PERMANENT', { code: 'Unknown_Template' }],
    [500, problem('Unknown_Template', '', 5), 'PERMANENT'],
    [404, problem('Unknown_Message', '', 11), 'PERMANENT'],
    [404, problem('Unknown_Subaccount', '', 12), 'PERMANENT'],
    [404, problem('Unknown_Webhook'), 'PERMANENT'],
    [400, problem('Invalid_Reject'), 'PERMANENT'],
    [400, validation({ from_email: 'An email address must contain a single @' }), 'PERMANENT'],
    [500, validation({ from_email: 'An email address must contain a single @' }), 'PERMANENT'],
    [400, validation({ to: [{ email: 'An email address must contain a single @' }] }), 'PERMANENT', REFUSED],
    [429, problem('RequestLimitExceeded', '', 429), 'THROTTLED', { retryAfterMs: 60_000 }],
    [503, problem('ServiceUnavailable', '', -2), 'TRANSIENT'],
    [500, problem('GeneralError'), 'UNKNOWN'],
    [500, problem('GeneralError', 'You must specify a message value'), 'PERMANENT'],
    [200, problem('GeneralError'), 'UNKNOWN'],
    [502, { body: '<html>Bad gateway</html>' }, 'UNKNOWN', { code: 'HTTP_502' }],
    [429, { body: '' }, 'THROTTLED'],
  ]
  const to = { email: 'jane@example.com' }
  const mail = { template: 't', to, vars: {}, metadata: { delivery_id: 'd' }, tags: [] }
  const sender = { apiKey: 'k', fromEmail: 'a@b.co', fromName: 'A' }
  table(MANDRILL_RULES, rows, (baseUrl) => createMandrill({ baseUrl, ...sender }).sendTemplate(mail, context))
})
