import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ErrorRow, testErrorTable } from '../error-rows.ts'
import { failureOf, type Stub, type StubAnswer, startStub } from '../stub.ts'
import { MAILCHIMP_RULES } from './errors.ts'
import { createMailchimp } from './mailchimp.ts'

const REFUSED = { recipientRefused: true }
const context = { signal: new AbortController().signal }

let stub: Stub
beforeAll(async () => {
  stub = await startStub()
})
afterAll(() => stub[Symbol.asyncDispose]())

const mailchimp = (baseUrl = stub.url) => createMailchimp({ baseUrl, apiKey: 'k-us19', listId: 'l' })
const person = { email: 'jane@example.com', statusIfNew: 'subscribed' } as const
const problem = (title: string, detail = ''): StubAnswer => ({ body: { title, detail } })
const invalid = (message: string): StubAnswer => ({
  body: { title: 'Invalid Resource', detail: 'See the errors array.', errors: [{ field: 'email', message }] },
})

describe('Mailchimp’s error table', () => {
  const manyLists = "has signed up to a lot of lists very recently; we're not allowing more signups for now"
  const later = { retryAfterMs: 300_000, throttleScope: 'recipient' }
  const notReady = 'Your Campaign is not ready to send: '
  const rows: ErrorRow[] = [
    [400, invalid('Please enter a number'), 'PERMANENT', { code: 'Invalid Resource' }],
    [
      400,
      problem('Invalid Resource', 'x@y.co looks fake or invalid, please enter a real email.'),
      'PERMANENT',
      REFUSED,
    ],
    [400, invalid('This email looks fake or invalid'), 'PERMANENT', REFUSED],
    [400, problem('Invalid Resource', manyLists), 'TRANSIENT', later],
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
    [400, problem('Bad Request', `${notReady}recipients are being counted`), 'TRANSIENT'],
    [400, problem('Bad Request', `${notReady}verify the domain`), 'PERMANENT'],
    [401, problem('API Key Invalid'), 'AUTH'],
    [403, problem('Forbidden'), 'AUTH'],
    [403, problem('User Disabled'), 'AUTH'],
    [403, problem('Authorization Failure', 'User does not have access'), 'AUTH'],
    [403, { body: '' }, 'THROTTLED', { retryAfterMs: 60_000, code: 'HTTP_403' }],
    [403, { body: '<html>' }, 'THROTTLED', { retryAfterMs: 60_000 }],
    [404, problem('Resource Not Found'), 'PERMANENT'],
    [405, problem('Method Not Allowed', 'This list member cannot be removed.'), 'PERMANENT'],
    [414, problem('Resource Nesting Too Deep'), 'PERMANENT'],
    [422, problem('InvalidMethodOverride'), 'PERMANENT'],
    [426, problem('HTTPS Required'), 'PERMANENT'],
    [429, problem('TooManyRequests'), 'THROTTLED', { retryAfterMs: 5_000 }],
    [429, { body: '' }, 'THROTTLED', { retryAfterMs: 5_000 }],
    [
      429,
      problem('TooManyRequests', 'You have more than 500 pending webhooks.'),
      'THROTTLED',
      { retryAfterMs: 60_000 },
    ],
    [500, problem('InternalServerError'), 'TRANSIENT'],
    [502, { body: '<html>Bad gateway</html>' }, 'TRANSIENT', { code: 'HTTP_502' }],
    [503, problem('Service Unavailable'), 'TRANSIENT'],
    [504, { body: '' }, 'TRANSIENT'],
  ]
  testErrorTable(MAILCHIMP_RULES, rows, (baseUrl) => mailchimp(baseUrl).upsertMember(person, context))
})

describe('an answer of Mailchimp that is lost', () => {
  const settings = {
    title: 't',
    subject: 's',
    previewText: 'p',
    fromName: 'A',
    replyTo: 'a@b.co',
    audienceId: 'l',
  }
  const quarter = new Date('2026-12-01T10:15:00Z')
  type Verb = [name: string, run: () => Promise<unknown>]
  const guarded: Verb[] = [
    ['createCampaign', () => mailchimp().createCampaign(settings, context)],
    ['sendTest', () => mailchimp().sendTest('c', ['a@b.co'], context)],
    ['schedule', () => mailchimp().schedule('c', quarter, context)],
    ['unschedule', () => mailchimp().unschedule('c', context)],
    ['send', () => mailchimp().send('c', context)],
    ['cancelSend', () => mailchimp().cancelSend('c', context)],
    ['startBatch', () => mailchimp().startBatch([], context)],
    ['addWebhook', () => mailchimp().addWebhook('https://a.example/', context)],
  ]
  const repeatable: Verb[] = [
    ['upsertMembers', () => mailchimp().upsertMembers([person], context)],
    ['tagMember', () => mailchimp().tagMember({ member: person.email, tags: ['a'] }, context)],
    ['archiveMember', () => mailchimp().archiveMember(person.email, context)],
    ['deleteMemberForever', () => mailchimp().deleteMemberForever(person.email, context)],
    ['updateCampaign', () => mailchimp().updateCampaign('c', settings, context)],
    ['deleteCampaign', () => mailchimp().deleteCampaign('c', context)],
    ['setContent', () => mailchimp().setContent('c', '<p>', context)],
    ['deleteWebhook', () => mailchimp().deleteWebhook('w', context)],
    ['memberPage', () => mailchimp().memberPage({ offset: 0, count: 1 }, context)],
    ['batch', () => mailchimp().batch('b', context)],
  ]

  test.each(guarded)('leaves %s UNKNOWN: it may have been done', async (_, run) => {
    stub.reply = (_request, response) => response.destroy()
    expect(await failureOf(run())).toMatchObject({ errorClass: 'UNKNOWN' })
    stub.reply = { status: 502, body: '<html>' }
    expect(await failureOf(run())).toMatchObject({ errorClass: 'UNKNOWN', status: 502 })
  })

  test.each(repeatable)('leaves %s TRANSIENT: it may be repeated', async (_, run) => {
    stub.reply = (_request, response) => response.destroy()
    expect(await failureOf(run())).toMatchObject({ errorClass: 'TRANSIENT' })
    stub.reply = { status: 502, body: '<html>' }
    expect(await failureOf(run())).toMatchObject({ errorClass: 'TRANSIENT', status: 502 })
  })
})

test('neither the key nor the contact is in the text of an error that quotes Mailchimp', async () => {
  const detail = 'Jane <jane@example.com> with secretkey-us19 has no Roe 5551234567'
  stub.reply = { status: 400, body: { title: 'Invalid Resource', detail } }
  const client = createMailchimp({ baseUrl: stub.url, apiKey: 'secretkey-us19', listId: 'l' })
  const names = { firstName: 'Jane', mergeFields: { SURNAME: 'Roe' } }
  const error = await failureOf(client.upsertMember({ ...person, ...names }, context))
  expect(String(error)).toContain('a field has a value the audience does not accept')
  expect(String(error)).not.toMatch(/jane|roe|555|secretkey/i)
})

test('Mailchimp’s own sentence, which may name somebody, is not repeated; the fields it complains of are', async () => {
  const detail = 'The contact "Brunhilde Maier" cannot be added'
  const errors = [
    { field: 'BIRTHDAY', message: 'Brunhilde Maier was born on 30.02.' },
    { field: 'x Maier', message: '' },
  ]
  stub.reply = { status: 400, body: { title: 'Invalid Resource', detail, errors } }
  const client = createMailchimp({ baseUrl: stub.url, apiKey: 'k-us19', listId: 'l' })
  const error = await failureOf(client.upsertMember(person, context))
  expect(String(error)).toContain('(fields: BIRTHDAY)')
  expect(String(error)).not.toMatch(/brunhilde|maier/i)
})
