import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CallContext } from './client.ts'
import { type ErrorClass, VendorError } from './errors.ts'
import { HUBSPOT_RULES } from './hubspot/errors.ts'
import { createHubspot } from './hubspot/hubspot.ts'
import { MAILCHIMP_RULES } from './mailchimp/errors.ts'
import { createMailchimp } from './mailchimp/mailchimp.ts'
import type { ErrorRule } from './rules.ts'
import { failureOf, type Stub, type StubAnswer, startStub } from './stub.ts'
import { WHATSAPP_RULES } from './whatsapp/errors.ts'
import { createWhatsapp } from './whatsapp/whatsapp.ts'

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

describe('Mailchimp', () => {
  const problem = (title: string, detail = ''): StubAnswer => ({ body: { title, detail } })
  const invalid = (message: string): StubAnswer => ({
    body: {
      title: 'Invalid Resource',
      detail: 'See the errors array.',
      errors: [{ field: 'email', message }],
    },
  })
  const manyLists = "has signed up to a lot of lists very recently; we're not allowing more signups for now"
  const rows: Row[] = [
    [400, invalid('Please enter a number'), 'PERMANENT', { code: 'Invalid Resource' }],
    [
      400,
      problem('Invalid Resource', 'x@y.co looks fake or invalid, please enter a real email.'),
      'PERMANENT',
      REFUSED,
    ],
    [400, invalid('This email looks fake or invalid'), 'PERMANENT', REFUSED],
    [400, problem('Invalid Resource', manyLists), 'TRANSIENT', { retryAfterMs: 300_000, ...THIS_RECIPIENT }],
    [
      400,
      problem('Member Exists', 'x@y.co is already a list member. Use PUT'),
      'PERMANENT',
      { code: 'Member Exists' },
    ],
    [400, problem('Forgotten Email Not Subscribed'), 'PERMANENT', REFUSED],
    [
      400,
      problem('Member In Compliance State'),
      'PERMANENT',
      { ...REFUSED, code: 'Member In Compliance State' },
    ],
    [400, problem('Bad Request'), 'PERMANENT'],
    [400, problem('JSON Parse Exception'), 'PERMANENT'],
    [400, problem('Invalid Action'), 'PERMANENT'],
    [
      400,
      problem('Bad Request', 'Your Campaign is not ready to send: recipients are being counted'),
      'TRANSIENT',
    ],
    [400, problem('Bad Request', 'Your Campaign is not ready to send: verify the domain'), 'PERMANENT'],
    [401, problem('API Key Invalid'), 'AUTH'],
    [403, problem('Forbidden'), 'AUTH'],
    [403, problem('User Disabled'), 'AUTH'],
    [403, { body: '' }, 'THROTTLED', { retryAfterMs: 60_000, code: 'HTTP_403' }],
    [403, { body: '<html>' }, 'THROTTLED', { retryAfterMs: 60_000 }],
    [404, problem('Resource Not Found'), 'PERMANENT'],
    [405, problem('Method Not Allowed', 'This list member cannot be removed.'), 'PERMANENT'],
    [414, problem('Resource URI Too Long'), 'PERMANENT'],
    [422, problem('InvalidMethodOverride'), 'PERMANENT'],
    [426, problem('HTTPS Required'), 'PERMANENT'],
    [429, problem('TooManyRequests'), 'THROTTLED', { retryAfterMs: 5_000 }],
    [500, problem('InternalServerError'), 'TRANSIENT'],
    [502, { body: '<html>Bad gateway</html>' }, 'TRANSIENT', { code: 'HTTP_502' }],
    [503, problem('Service Unavailable'), 'TRANSIENT'],
    [504, { body: '' }, 'TRANSIENT'],
  ]
  const input = { email: 'jane@example.com', statusIfNew: 'subscribed' } as const
  table(MAILCHIMP_RULES, rows, (baseUrl) =>
    createMailchimp({ baseUrl, apiKey: 'k-us19', listId: 'l' }).upsertMember(input, context),
  )
})

describe('WhatsApp', () => {
  const problem = (code: number, headers = {}): StubAnswer => ({
    body: { error: { message: `(#${code})`, code, error_data: { details: 'Why.' }, fbtrace_id: 'A4O5a8' } },
    headers,
  })
  const all = (status: number, errorClass: ErrorClass, codes: number[], expected?: Expected): Row[] =>
    codes.map((code) => [status, problem(code), errorClass, { ...expected, code: String(code) }])
  const usage = (minutes: number) => ({
    'x-business-use-case-usage': JSON.stringify({ 1022: [{ estimated_time_to_regain_access: minutes }] }),
  })
  const rows: Row[] = [
    ...all(401, 'AUTH', [0, 190, 102, 104]),
    ...all(403, 'AUTH', [3, 10, 200, 250, 299, 131005]),
    ...all(500, 'TRANSIENT', [1, 2, 131000, 131016, 131057, 133004, 133005]),
    ...all(400, 'THROTTLED', [4, 80007], { retryAfterMs: 60_000 }),
    [400, problem(80007, usage(7)), 'THROTTLED', { retryAfterMs: 420_000 }],
    [400, problem(80007, usage(0)), 'THROTTLED', { retryAfterMs: 60_000 }],
    ...all(429, 'THROTTLED', [130429], { retryAfterMs: 1_000 }),
    ...all(400, 'THROTTLED', [130429], { retryAfterMs: 1_000 }),
    ...all(429, 'THROTTLED', [131056], { retryAfterMs: 6_000, ...THIS_RECIPIENT }),
    ...all(500, 'THROTTLED', [132069]),
    ...all(400, 'AUTH', [131048], { retryAfterMs: 14_400_000 }),
    ...all(400, 'PERMANENT', [131049, 131047, 131026, 131050, 130472], REFUSED),
    ...all(500, 'PERMANENT', [131026], REFUSED),
    ...all(400, 'PERMANENT', [131051, 131052, 131053, 131008, 131009, 131021, 33, 100, 131062]),
    ...all(400, 'PERMANENT', [132000, 132001, 132005, 132007, 132012, 132015, 132016, 132068]),
    ...all(400, 'AUTH', [368, 130497, 131031, 131042, 131045, 133010, 131037, 133000, 133006, 133009]),
    // What the table does not name.
    ...all(400, 'PERMANENT', [199, 300, 132999, 133011]),
    ...all(500, 'UNKNOWN', [132999]),
    ...all(200, 'PERMANENT', [132999]),
    [503, { body: '<html>' }, 'UNKNOWN', { code: 'HTTP_503' }],
    [401, { body: '' }, 'AUTH'],
    [302, { headers: { location: '/login' } }, 'PERMANENT'],
  ]
  const text = { to: '+16505551234', template: 't', language: 'en', bodyParameters: [], callbackData: 'd' }
  table(WHATSAPP_RULES, rows, (baseUrl) =>
    createWhatsapp({ baseUrl, token: 't', phoneNumberId: '1' }).sendTemplate(text, context),
  )
})

describe('HubSpot', () => {
  const problem = (fields: object, headers = {}): StubAnswer => ({
    body: { status: 'error', ...fields },
    headers,
  })
  const limit = (policyName: string, headers = {}) =>
    problem({ errorType: 'RATE_LIMIT', policyName }, headers)
  const rows: Row[] = [
    [400, problem({ category: 'VALIDATION_ERROR', message: 'Property "x" does not exist' }), 'PERMANENT'],
    [
      400,
      problem({ category: 'VALIDATION_ERROR', errors: [{ code: 'INVALID_EMAIL' }] }),
      'PERMANENT',
      REFUSED,
    ],
    [400, problem({ message: 'Invalid JSON' }), 'PERMANENT'],
    [401, problem({ category: 'EXPIRED_AUTHENTICATION' }), 'AUTH', { code: 'EXPIRED_AUTHENTICATION' }],
    [401, problem({ category: 'INVALID_AUTHENTICATION' }), 'AUTH'],
    [403, problem({ category: 'MISSING_SCOPES' }), 'AUTH'],
    [404, problem({ category: 'OBJECT_NOT_FOUND' }), 'PERMANENT'],
    [404, { body: '' }, 'PERMANENT', { code: 'HTTP_404' }],
    [207, problem({ results: [], errors: [{ category: 'OBJECT_NOT_FOUND' }] }), 'PERMANENT'],
    [
      207,
      problem({ results: [], errors: [{ category: 'VALIDATION_ERROR' }] }),
      'PERMANENT',
      { code: 'VALIDATION_ERROR' },
    ],
    [
      409,
      problem({ category: 'CONFLICT', message: 'Contact already exists. Existing ID: 512' }),
      'PERMANENT',
    ],
    [409, { body: '' }, 'PERMANENT'],
    [414, { body: '' }, 'PERMANENT'],
    [423, problem({}), 'TRANSIENT', { retryAfterMs: 2_000 }],
    [429, limit('TEN_SECONDLY_ROLLING'), 'THROTTLED', { retryAfterMs: 10_000, code: 'TEN_SECONDLY_ROLLING' }],
    [429, limit('TEN_SECONDLY_ROLLING', { 'retry-after': '3' }), 'THROTTLED', { retryAfterMs: 3_000 }],
    [429, limit('SECONDLY'), 'THROTTLED', { retryAfterMs: 1_000 }],
    [429, limit('DAILY'), 'THROTTLED', { retryAfterMs: 3_600_000 }],
    [429, problem({}), 'THROTTLED', { retryAfterMs: 10_000 }],
    [477, problem({}, { 'retry-after': '120' }), 'THROTTLED', { retryAfterMs: 120_000 }],
    [477, problem({}, { 'retry-after': 'soon' }), 'THROTTLED', { retryAfterMs: 60_000 }],
    ...[500, 502, 503, 504, 521, 522, 523, 524].map((status): Row => [status, { body: '' }, 'TRANSIENT']),
  ]
  const contact = { email: 'jane@example.com', properties: {} }
  table(HUBSPOT_RULES, rows, (baseUrl) =>
    createHubspot({ baseUrl, token: 't', apiVersion: '2026-09' }).upsertContact(contact, context),
  )
})
