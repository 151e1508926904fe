import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { scrub } from './errors.ts'
import { createHubspot } from './hubspot/hubspot.ts'
import { createMailchimp } from './mailchimp/mailchimp.ts'
import { createMandrill } from './mandrill/mandrill.ts'
import { failureOf, type Stub, startStub } from './stub.ts'
import { createTwenty } from './twenty/twenty.ts'
import { createWhatsapp } from './whatsapp/whatsapp.ts'

test.each([
  ['jane.doe+x@example.com looks fake', '[email] looks fake'],
  ['<jane%40example.com>', '<[email]>'],
  ['call +1 (650) 555-1234 now', 'call [number] now'],
  ['to 16505551234', 'to [number]'],
  ['code 131056, 2 of 3 values', 'code 131056, 2 of 3 values'],
  ['hash 9e26471d35a78862c17e467d87cddedf', 'hash [id]'],
])('"%s" is scrubbed to "%s"', (text, clean) => {
  expect(scrub(text, [])).toBe(clean)
})

test('values that were sent are blotted out as whole words, in any case', () => {
  expect(scrub('Li (LI) is in the list, müller.', ['li', 'Müller', '', 'x'])).toBe(
    '[…] ([…]) is in the list, […].',
  )
})

test('300 characters stay, 301 are cut', () => {
  expect(scrub('ab '.repeat(100), [])).toHaveLength(300)
  expect(scrub(`${'ab '.repeat(100)}c`, [])).toMatch(/^.{299}…$/)
})

test('an address at the end of a huge text is not cut in two, and 2 MB without a space are harmless', () => {
  const addresses = 'canary.person@example.com '.repeat(80_000)
  expect(scrub(addresses, [])).not.toMatch(/canary/)
  expect(scrub('a'.repeat(2_000_000), [])).toBe('')
})

test('any text can be a known value', () => {
  const odd = '^$.*+?()[]{}|/\\-#& a-b'
  expect(scrub(`is ${odd} valid`, [odd])).toBe('is […] valid')
})

describe('no error text holds personal data or a key, whatever the vendor answers', () => {
  const email = 'canary.person@example.com'
  const phone = '+491701234567'
  const name = 'Canarina'
  const key = 'canary-key-us19'
  const context = { signal: new AbortController().signal, correlationId: 'corr-1' }
  /** What a vendor might quote: everything it was sent. Tagging does not send the name. */
  const quotedBy = (verb: string) =>
    `${verb === 'tagMember' ? '' : name} ${email} ${email.toUpperCase()} ${encodeURIComponent(email)} ${phone} 0170/123 45 67 ${key}`
  const bodies = (quoted: string): unknown[] => [
    quoted,
    {
      title: 'Invalid Resource',
      detail: quoted,
      errors: [{ field: 'FNAME', message: quoted }],
      instance: quoted,
    },
    { title: quoted, detail: quoted, type: quoted },
    { status: 'error', name: 'ValidationError', message: quoted },
    { status: 'error', name: quoted, message: quoted },
    { error: { code: 100, message: quoted, error_data: { details: quoted }, fbtrace_id: quoted } },
    { error: { code: 190, message: quoted, error_data: { details: quoted } } },
    { category: 'VALIDATION_ERROR', message: quoted, errors: [{ code: quoted, message: quoted }] },
    { category: quoted, policyName: quoted, correlationId: quoted },
    { errors: [{ message: quoted, extensions: { code: 'BAD_USER_INPUT', subCode: quoted } }] },
    { errors: [{ message: quoted, extensions: { code: quoted } }] },
  ]
  let stub: Stub
  beforeAll(async () => {
    stub = await startStub()
  })
  afterAll(() => stub[Symbol.asyncDispose]())

  function verbs(): Record<string, () => Promise<unknown>> {
    const { url: baseUrl } = stub
    const mailchimp = createMailchimp({ baseUrl, apiKey: key, listId: 'l' })
    const mandrill = createMandrill({ baseUrl, apiKey: key, fromEmail: 'a@b.co', fromName: 'A' })
    const whatsapp = createWhatsapp({ baseUrl, token: key, phoneNumberId: '1' })
    const hubspot = createHubspot({ baseUrl, token: key, apiVersion: '2026-09' })
    const contact = { email, fields: { firstName: name, phone } }
    const twenty = createTwenty({ baseUrl, apiKey: key })
    const mail = {
      template: 't',
      to: { email, name },
      vars: { name },
      metadata: { delivery_id: 'd' },
      tags: [],
    }
    const text = { to: phone, template: 't', language: 'en', bodyParameters: [name], callbackData: 'd' }
    return {
      upsertMember: () =>
        mailchimp.upsertMember(
          { email, statusIfNew: 'pending', firstName: name, mergeFields: { PHONE: phone } },
          context,
        ),
      tagMember: () => mailchimp.tagMember({ member: email, tags: ['vip'] }, context),
      sendEmail: () => mandrill.sendTemplate(mail, context),
      sendWhatsapp: () => whatsapp.sendTemplate(text, context),
      upsertContact: () => hubspot.upsertContact(contact, context),
      upsertPerson: () => twenty.upsertContact(contact, context),
    }
  }

  test.each([207, 302, 400, 401, 403, 404, 409, 429, 500])('status %i', async (status) => {
    for (const [verb, run] of Object.entries(verbs())) {
      for (const body of bodies(quotedBy(verb))) {
        stub.reply = { status, body, headers: { 'x-request-id': encodeURIComponent(email) } }
        const error = await run().catch((failure: unknown) => failure)
        if (!(error instanceof Error)) continue
        const everything = `${error.message} ${error.stack} ${JSON.stringify(error)} ${error.cause}`
        expect(everything, `${verb} ${JSON.stringify(body)}`).not.toMatch(
          /canar|example\.com|1701234567|123 45 67/i,
        )
      }
    }
  })

  test('a lost answer', async () => {
    stub.reply = (_, response) => response.destroy()
    for (const run of Object.values(verbs())) {
      const error = (await failureOf(run())) as Error
      expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toMatch(
        /canar|example\.com|1701234567/i,
      )
    }
  })
})
