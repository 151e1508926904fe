import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createMailchimp } from './mailchimp/mailchimp.ts'
import { createMandrill } from './mandrill/mandrill.ts'
import { failureOf, type Stub, startStub } from './stub.ts'

let stub: Stub
beforeEach(async () => {
  stub = await startStub({ body: {} })
})
afterEach(() => stub[Symbol.asyncDispose]())

const context = { signal: new AbortController().signal, correlationId: 'corr-1' }
const seen = () => {
  const { method, path, body, headers } = stub.requests.at(-1)!
  expect(headers['x-correlation-id']).toBe('corr-1')
  return { method, path, body, authorization: headers.authorization }
}


describe('Mandrill', () => {
  const sender = { apiKey: 'md-key', fromEmail: 'no-reply@example.com', fromName: 'Example' }
  const mandrill = () => createMandrill({ baseUrl: `${stub.url}/md/api/1.0`, ...sender })
  const mail = {
    template: 'welcome',
    to: { email: 'jane@example.com', name: 'Jane' },
    subject: 'Hi',
    vars: { fname: 'Jane' },
    metadata: { delivery_id: 'd_991' },
    tags: ['welcome'],
  }

  test('ping sends the key in the body', async () => {
    await mandrill().ping(context)
    expect(seen()).toMatchObject({ method: 'POST', path: '/md/api/1.0/users/ping2', body: { key: 'md-key' } })
  })

  test('a template goes to one recipient with handlebars variables and our delivery id', async () => {
    stub.reply = { body: [{ email: 'jane@example.com', status: 'sent', _id: 'a92c', reject_reason: null }] }
    const sent = await mandrill().sendTemplate(mail, context)
    expect(sent).toEqual({ status: 'sent', messageId: 'a92c', rejectReason: undefined })
    expect(seen()).toMatchObject({
      path: '/md/api/1.0/messages/send-template',
      body: {
        key: 'md-key',
        template_name: 'welcome',
        template_content: [],
        async: false,
        message: {
          from_email: 'no-reply@example.com',
          from_name: 'Example',
          to: [{ email: 'jane@example.com', name: 'Jane', type: 'to' }],
          subject: 'Hi',
          merge_language: 'handlebars',
          global_merge_vars: [{ name: 'fname', content: 'Jane' }],
          metadata: { delivery_id: 'd_991' },
          tags: ['welcome'],
        },
      },
    })
  })

  test('a rejected recipient is an answer, not an error, though the status is 200', async () => {
    stub.reply = { body: [{ status: 'rejected', _id: 'a92c', reject_reason: 'hard-bounce' }] }
    const rejected = { status: 'rejected', messageId: 'a92c', rejectReason: 'hard-bounce' }
    expect(await mandrill().sendTemplate(mail, context)).toEqual(rejected)
    stub.reply = { body: [{ status: 'invalid' }] }
    expect(await mandrill().sendTemplate(mail, context)).toMatchObject({
      status: 'invalid',
      messageId: undefined,
    })
  })

  test('an answer without an entry for the recipient is UNKNOWN', async () => {
    stub.reply = { body: [] }
    expect(await failureOf(mandrill().sendTemplate(mail, context))).toMatchObject({ errorClass: 'UNKNOWN' })
  })

  test('a message is found by its metadata, compared exactly because the search is fuzzy', async () => {
    const query = { key: 'delivery_id', value: 'd_991', since: new Date('2026-11-24T23:59:00Z') }
    const other = { _id: 'other', state: 'sent', metadata: { delivery_id: 'd_9910' } }
    stub.reply = { body: [other, { _id: 'a92c', state: 'bounced', metadata: { delivery_id: 'd_991' } }] }
    expect(await mandrill().findByMetadata(query, context)).toEqual({ messageId: 'a92c', state: 'bounced' })
    const body = { key: 'md-key', query: 'u_delivery_id:d_991', date_from: '2026-11-24', limit: 100 }
    expect(seen()).toMatchObject({ path: '/md/api/1.0/messages/search', body })
    stub.reply = { body: [other] }
    expect(await mandrill().findByMetadata(query, context)).toBeUndefined()
  })
})
