import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ErrorClass, VendorError } from '../errors.ts'
import { range } from '../rules.ts'
import { failureOf, type Stub, type StubAnswer, startStub } from '../stub.ts'
import { WHATSAPP_RULES, whatsappErrorClass } from './errors.ts'
import { createWhatsapp } from './whatsapp.ts'

interface Expected {
  retryAfterMs?: number
  recipientRefused?: boolean
  throttleScope?: string
}
/** Codes of one row, the class they have, and what else follows from them. */
type Row = [codes: number[], errorClass: ErrorClass, expected?: Expected]

const REFUSED = { recipientRefused: true }
const MINUTE = 60_000

/** Meta's table, as the documentation of error codes and its copies tell it. */
const table: Row[] = [
  [[0, 190, 102, 104], 'AUTH'],
  [[3, 10, 200, 250, 299, 131005], 'AUTH'],
  [[1, 2], 'TRANSIENT'],
  [[131000, 131016, 131057], 'TRANSIENT'],
  [[133004, 133005], 'TRANSIENT'],
  [[4, 80007], 'THROTTLED', { retryAfterMs: MINUTE }],
  [[130429], 'THROTTLED', { retryAfterMs: 1_000 }],
  [[131056], 'THROTTLED', { retryAfterMs: 6_000, throttleScope: 'recipient' }],
  [[132069], 'THROTTLED', { retryAfterMs: MINUTE }],
  [[131048], 'AUTH', { retryAfterMs: 240 * MINUTE }],
  [[131049, 131047, 131026, 131050, 130472], 'PERMANENT', REFUSED],
  [[131051, 131052, 131053], 'PERMANENT'],
  [[131008, 131009, 131021, 33, 100], 'PERMANENT'],
  [[132000, 132001, 132005, 132007, 132012], 'PERMANENT'],
  [[132015, 132016, 132068, 131062], 'PERMANENT'],
  [[368, 130497, 131031, 131042], 'AUTH'],
  [[131045, 133010, 131037, ...range(133000, 133003), ...range(133006, 133009)], 'AUTH'],
]
const rows = table.flatMap(([codes, errorClass, expected]) =>
  codes.map((code) => [code, errorClass, expected] as const),
)

let stub: Stub
beforeAll(async () => {
  stub = await startStub()
})
afterAll(() => stub[Symbol.asyncDispose]())

const refusal = (code: number, more: object = {}) => ({
  error: { message: `(#${code}) Title`, type: 'OAuthException', code, fbtrace_id: 'A4O5a8', ...more },
})
const message = { to: '+16505551234', template: 't', language: 'en', bodyParameters: [], callbackData: 'd' }
const context = { signal: new AbortController().signal }

async function sendError(answer: StubAnswer): Promise<VendorError> {
  stub.reply = answer
  const whatsapp = createWhatsapp({ baseUrl: stub.url, token: 'tok', phoneNumberId: '1' })
  const error = await failureOf(whatsapp.sendTemplate(message, context))
  expect(error).toBeInstanceOf(VendorError)
  return error as VendorError
}

describe('an error of WhatsApp', () => {
  test.each(rows)('%i is %s, whatever the HTTP status says', async (code, errorClass, expected = {}) => {
    for (const status of [200, 400, 429, 500]) {
      expect(await sendError({ status, body: refusal(code) })).toMatchObject({
        status,
        code: String(code),
        errorClass,
        recipientRefused: false,
        throttleScope: 'account',
        requestId: 'A4O5a8',
        ...expected,
      })
    }
  })

  test.each(rows)('%i is %s in a status webhook too', (code, errorClass) => {
    expect(whatsappErrorClass(code)).toBe(errorClass)
  })

  test('every rule of the table has an example here', () => {
    const tested = new Set(rows.map(([code]) => String(code)))
    const untested = WHATSAPP_RULES.filter(({ code }) => !(code as string[]).some((each) => tested.has(each)))
    expect(untested).toEqual([])
  })

  test.each([199, 300, 132999, 133011])(
    '%i, which no table names, is told by the HTTP status',
    async (code) => {
      const classAt = async (status: number) => (await sendError({ status, body: refusal(code) })).errorClass
      expect(await classAt(400)).toBe('PERMANENT')
      expect(await classAt(401)).toBe('AUTH')
      expect(await classAt(429)).toBe('THROTTLED')
      expect(await classAt(500)).toBe('UNKNOWN')
      expect(whatsappErrorClass(code)).toBe('PERMANENT')
    },
  )

  test.each([
    [503, { body: '<html>' }, 'UNKNOWN', 'HTTP_503'],
    [401, { body: '' }, 'AUTH', 'HTTP_401'],
    [302, { headers: { location: '/login' } }, 'TRANSIENT', 'HTTP_302'],
  ])('HTTP %i without a code of Meta, %j, is %s', async (status, answer, errorClass, code) => {
    expect(await sendError({ status, ...answer })).toMatchObject({ errorClass, code })
  })
})

describe('the wait for the call limit', () => {
  const waitFor = async (minutes: unknown, code = 80007) => {
    const usage = { 1022: [{ type: 'messaging', estimated_time_to_regain_access: minutes }, {}] }
    const headers = { 'x-business-use-case-usage': JSON.stringify(usage) }
    return (await sendError({ status: 400, headers, body: refusal(code) })).retryAfterMs
  }

  test('is the one Meta estimates, in minutes', async () => {
    expect(await waitFor(7)).toBe(7 * MINUTE)
    expect(await waitFor(7, 4)).toBe(7 * MINUTE)
  })

  test('is a minute when Meta estimates none, or writes what is no number', async () => {
    expect(await waitFor(0)).toBe(MINUTE)
    expect(await waitFor('soon')).toBe(MINUTE)
  })

  test('is a minute when the header is no JSON', async () => {
    const headers = { 'x-business-use-case-usage': 'broken' }
    expect((await sendError({ headers, body: refusal(4) })).retryAfterMs).toBe(MINUTE)
  })
})

describe('the text of an error', () => {
  test('quotes what Meta says about a mistake of ours: the details, else the message', async () => {
    const details = "Parameter template['language'] is required"
    const error_data = { messaging_product: 'whatsapp', details }
    expect((await sendError({ body: refusal(131008, { error_data }) })).message).toContain(details)
    const unexpected = '(#100) Unexpected key "priority" on param "template".'
    expect((await sendError({ body: refusal(100, { message: unexpected }) })).message).toContain(unexpected)
  })

  test('names no number, value or token', async () => {
    const details = `to 16505551234 or +1 (650) 555-1234, Jane@example.com, token tok`
    const { message: text } = await sendError({ body: refusal(100, { error_data: { details } }) })
    expect(text).toContain('a parameter is missing or invalid')
    expect(text).not.toMatch(/555|jane|tok\b/i)
  })
})

describe('the table in docs/integrations/whatsapp.md', () => {
  const page = readFileSync(new URL('../../docs/integrations/whatsapp.md', import.meta.url), 'utf8')
  const lines = page.matchAll(/^\| ([\d–, ]+) \| `([A-Z]+)`/gm)
  const documented = new Map(
    [...lines].flatMap(([, codes, errorClass]) => codesOf(codes!).map((code) => [code, errorClass])),
  )

  test('names the class each code has', () => {
    const wrong = [...documented].filter(([code, errorClass]) => whatsappErrorClass(code) !== errorClass)
    expect(wrong).toEqual([])
  })

  test('has every code there is', () => {
    const missing = WHATSAPP_RULES.flatMap(({ code }) => code as string[]).filter(
      (code) => !documented.has(Number(code)),
    )
    expect(missing).toEqual([])
  })
})

/** `0, 200–299` as numbers. */
function codesOf(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const [first, last = first] = part.split('–').map(Number)
    return range(first!, last!)
  })
}
