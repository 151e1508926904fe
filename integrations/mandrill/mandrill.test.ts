import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { failureOf, type Stub, startStub } from '../stub.ts'
import { createMandrill } from './mandrill.ts'

let stub: Stub
beforeEach(async () => {
  stub = await startStub({ body: {} })
})
afterEach(() => stub[Symbol.asyncDispose]())

const context = { signal: new AbortController().signal, correlationId: 'corr-1' }
const sender = { apiKey: 'md-key', fromEmail: 'no-reply@example.com', fromName: 'Example' }
const mandrill = () => createMandrill({ baseUrl: `${stub.url}/md/api/1.0`, ...sender })

/** The one request that was made, without what all of them share. */
const asked = () => {
  expect(stub.requests).toHaveLength(1)
  const { method, path, body, headers } = stub.requests[0]!
  expect(method).toBe('POST')
  expect(headers).toMatchObject({ 'content-type': 'application/json', 'x-correlation-id': 'corr-1' })
  const { key, ...rest } = body as Record<string, unknown>
  expect(key).toBe('md-key')
  return { path: path.replace('/md/api/1.0/', ''), body: rest }
}
const answering = (body: unknown) => {
  stub.reply = { body }
}
const unknown = (name: string) => {
  stub.reply = { status: 404, body: { status: 'error', code: -1, name, message: 'No such thing' } }
}

describe('sending', () => {
  const mail = {
    template: 'welcome',
    to: { email: 'jane@example.com', name: 'Jane' },
    subject: 'Hi',
    vars: { fname: 'Jane' },
    metadata: { delivery_id: 'd_991' },
    tags: ['welcome'],
  }
  const message = {
    from_email: 'no-reply@example.com',
    from_name: 'Example',
    to: [{ email: 'jane@example.com', name: 'Jane', type: 'to' }],
    subject: 'Hi',
    metadata: { delivery_id: 'd_991' },
    tags: ['welcome'],
  }
  const merged = {
    ...message,
    merge_language: 'handlebars',
    global_merge_vars: [{ name: 'fname', content: 'Jane' }],
  }
  const sent = { email: 'jane@example.com', status: 'sent', _id: 'a92c', reject_reason: null }

  test('the account is asked whether it is there with the key in the body', async () => {
    answering({ PING: 'PONG!' })
    await mandrill().check(context)
    expect(asked()).toEqual({ path: 'users/ping2', body: {} })
  })

  test('a template goes to one recipient with handlebars variables and our delivery id', async () => {
    answering([sent])
    const result = await mandrill().sendTemplate(mail, context)
    expect(result).toEqual({ status: 'sent', messageId: 'a92c', rejectReason: undefined })
    expect(asked()).toEqual({
      path: 'messages/send-template',
      body: { template_name: 'welcome', template_content: [], message: merged, async: false },
    })
  })

  test('a template is held back until a time, written in UTC', async () => {
    answering([{ ...sent, status: 'scheduled' }])
    const sendAt = new Date('2026-12-01T09:05:07.891+01:00')
    const result = await mandrill().sendTemplate({ ...mail, sendAt }, context)
    expect(result.status).toBe('scheduled')
    expect(asked().body).toEqual({
      template_name: 'welcome',
      template_content: [],
      message: merged,
      async: false,
      send_at: '2026-12-01 08:05:07',
    })
  })

  test('a mail with its own subject, HTML and text needs no template', async () => {
    answering([{ ...sent, status: 'queued' }])
    const { template: _, vars: __, ...own } = mail
    const content = { html: '<p>Hi</p>', text: 'Hi' }
    const result = await mandrill().send({ ...own, ...content }, context)
    expect(result).toEqual({ status: 'queued', messageId: 'a92c', rejectReason: undefined })
    const body = { message: { ...message, ...content }, async: false }
    expect(asked()).toEqual({ path: 'messages/send', body })
  })

  test('Mandrill’s rejected recipient is an answer, not an error, though the status is 200', async () => {
    answering([{ status: 'rejected', _id: 'a92c', reject_reason: 'hard-bounce' }])
    const rejected = { status: 'rejected', messageId: 'a92c', rejectReason: 'hard-bounce' }
    expect(await mandrill().sendTemplate(mail, context)).toEqual(rejected)
    answering([{ status: 'invalid' }])
    const invalid = { status: 'invalid', messageId: undefined }
    expect(await mandrill().sendTemplate(mail, context)).toMatchObject(invalid)
  })

  test('an answer without an entry for the recipient is UNKNOWN', async () => {
    answering([])
    expect(await failureOf(mandrill().sendTemplate(mail, context))).toMatchObject({ errorClass: 'UNKNOWN' })
  })
})

describe('finding', () => {
  const since = new Date('2026-11-24T23:59:00Z')
  const withId = (_id: string, delivery_id: string, state = 'sent') => ({
    _id,
    state,
    metadata: { delivery_id },
  })

  test('a message is found by its metadata, compared exactly because the search is fuzzy', async () => {
    const query = { key: 'delivery_id', values: ['d_991'], since }
    const other = withId('other', 'd_9910')
    answering([other, withId('a92c', 'd_991', 'bounced')])
    expect([...(await mandrill().findByMetadata(query, context))]).toEqual([
      ['d_991', { messageId: 'a92c', state: 'bounced' }],
    ])
    const body = { query: 'u_delivery_id:d_991', date_from: '2026-11-24', limit: 1000 }
    expect(asked()).toEqual({ path: 'messages/search', body })
    answering([other])
    expect((await mandrill().findByMetadata(query, context)).size).toBe(0)
  })

  test('a mail without metadata is the one that was asked for; among many it cannot be told', async () => {
    answering([{ _id: 'y', state: 'sent' }])
    const ask = (values: string[]) =>
      mandrill().findByMetadata({ key: 'delivery_id', values, since }, context)
    expect((await ask(['d_1'])).get('d_1')).toEqual({ messageId: 'y', state: 'sent' })
    expect(await failureOf(ask(['d_1', 'd_2']))).toMatchObject({ code: 'TOO_MANY_FOUND' })
  })

  test('a value that is more than a word is searched for as one phrase', async () => {
    answering([])
    await mandrill().findByMetadata({ key: 'run', values: ['a OR "b"'], since }, context)
    expect(asked().body).toMatchObject({ query: 'u_run:"a OR b"' })
  })

  test('many messages are found by one search', async () => {
    answering([withId('m3', 'd_3', 'rejected'), withId('x', 'd_30'), withId('m1', 'd_1')])
    const query = { key: 'delivery_id', values: ['d_1', 'd_2', 'd_3'], since }
    const found = await mandrill().findByMetadata(query, context)
    expect(Object.fromEntries(found)).toEqual({
      d_1: { messageId: 'm1', state: 'sent' },
      d_3: { messageId: 'm3', state: 'rejected' },
    })
    const terms = 'u_delivery_id:d_1 OR u_delivery_id:d_2 OR u_delivery_id:d_3'
    const body = { query: terms, date_from: '2026-11-24', limit: 1000 }
    expect(asked()).toEqual({ path: 'messages/search', body })
  })

  test('no ids, no search', async () => {
    const query = { key: 'delivery_id', values: [], since }
    expect((await mandrill().findByMetadata(query, context)).size).toBe(0)
    expect(stub.requests).toHaveLength(0)
  })

  test('a search that is cut off says nothing about the ids it lacks', async () => {
    const found = Array.from({ length: 1000 }, () => withId('m1', 'd_1'))
    answering(found)
    const many = (values: string[]) =>
      mandrill().findByMetadata({ key: 'delivery_id', values, since }, context)
    expect((await many(['d_1'])).size).toBe(1)
    const cutOff = { errorClass: 'PERMANENT', code: 'TOO_MANY_FOUND' }
    expect(await failureOf(many(['d_1', 'd_2']))).toMatchObject(cutOff)
    answering(found.slice(1))
    expect((await many(['d_1', 'd_2'])).size).toBe(1)
  })

  test('500 ids fit into one search, 501 do not', async () => {
    answering([])
    const many = (count: number) => {
      const values = Array.from({ length: count }, (_, index) => `d_${index}`)
      return mandrill().findByMetadata({ key: 'delivery_id', values, since }, context)
    }
    expect((await many(500)).size).toBe(0)
    expect(await failureOf(many(501))).toMatchObject({ code: 'TOO_MANY_FOUND' })
    expect(stub.requests).toHaveLength(1)
  })

  test('a message tells what became of it', async () => {
    const seen = { ts: 1461095246, opens: 2, clicks: 1, tags: [], smtp_events: [], reject: null }
    answering({ ...seen, ...withId('a92c', 'd_991', 'bounced'), bounce_description: 'bad_mailbox' })
    expect(await mandrill().info('a92c', context)).toEqual({
      messageId: 'a92c',
      state: 'bounced',
      sentAt: new Date('2016-04-19T19:47:26Z'),
      opens: 2,
      clicks: 1,
      metadata: { delivery_id: 'd_991' },
      reason: 'bad_mailbox',
    })
    expect(asked()).toEqual({ path: 'messages/info', body: { id: 'a92c' } })
  })

  test('a message Mandrill does not know yet is undefined', async () => {
    unknown('Unknown_Message')
    expect(await mandrill().info('a92c', context)).toBeUndefined()
  })
})

describe('scheduled mails', () => {
  const entry = {
    _id: 's1',
    created_at: '2026-11-24 10:00:00',
    send_at: '2026-12-01 08:05:07.000000',
    from_email: 'no-reply@example.com',
    to: 'jane@example.com',
    subject: 'Hi',
  }
  const scheduled = {
    messageId: 's1',
    createdAt: new Date('2026-11-24T10:00:00Z'),
    sendAt: new Date('2026-12-01T08:05:07Z'),
    to: 'jane@example.com',
    subject: 'Hi',
  }

  test.each([
    ['all of them', undefined, {}],
    ['those to one address', 'jane@example.com', { to: 'jane@example.com' }],
  ])('%s are listed', async (_, to, body) => {
    answering([entry])
    expect(await mandrill().listScheduled(to, context)).toEqual([scheduled])
    expect(asked()).toEqual({ path: 'messages/list-scheduled', body })
  })

  test('one is cancelled', async () => {
    answering(entry)
    expect(await mandrill().cancelScheduled('s1', context)).toEqual(scheduled)
    expect(asked()).toEqual({ path: 'messages/cancel-scheduled', body: { id: 's1' } })
  })

  test('one gets another time', async () => {
    answering(entry)
    const at = new Date('2026-12-24T18:00:00Z')
    expect(await mandrill().reschedule('s1', at, context)).toEqual(scheduled)
    const body = { id: 's1', send_at: '2026-12-24 18:00:00' }
    expect(asked()).toEqual({ path: 'messages/reschedule', body })
  })

  test('one that is gone is neither cancelled nor rescheduled', async () => {
    unknown('Unknown_Message')
    expect(await mandrill().cancelScheduled('s1', context)).toBeUndefined()
    expect(await mandrill().reschedule('s1', new Date(), context)).toBeUndefined()
  })
})

describe('addresses that get no mail', () => {
  const email = 'jane@example.com'

  test('they are listed with the reason', async () => {
    const times = { created_at: '2026-11-24 10:00:00', last_event_at: '2026-11-24 10:00:00' }
    const entry = { email, reason: 'hard-bounce', detail: 'bad_mailbox', expired: false, ...times }
    answering([
      { ...entry, expires_at: '2026-12-01 10:00:00' },
      { ...entry, expires_at: null },
    ])
    const reject = {
      email,
      reason: 'hard-bounce',
      detail: 'bad_mailbox',
      createdAt: new Date('2026-11-24T10:00:00Z'),
      expired: false,
    }
    expect(await mandrill().listRejects({ email, includeExpired: true }, context)).toEqual([
      { ...reject, expiresAt: new Date('2026-12-01T10:00:00Z') },
      { ...reject, expiresAt: undefined },
    ])
    expect(asked()).toEqual({ path: 'rejects/list', body: { email, include_expired: true } })
  })

  test('one is added with a comment', async () => {
    answering({ email, added: true })
    expect(await mandrill().addReject(email, 'asked for it', context)).toBe(true)
    expect(asked()).toEqual({ path: 'rejects/add', body: { email, comment: 'asked for it' } })
  })

  test('one is taken off the list; one that was not on it is no error', async () => {
    answering({ email, deleted: true })
    expect(await mandrill().deleteReject(email, context)).toBe(true)
    expect(asked()).toEqual({ path: 'rejects/delete', body: { email } })
    unknown('Invalid_Reject')
    expect(await mandrill().deleteReject(email, context)).toBe(false)
  })
})

describe('webhooks and templates', () => {
  const url = 'https://solaria.example/webhooks/mandrill'
  const entry = {
    id: 42,
    url,
    description: null,
    auth_key: 'signing-key',
    events: ['send', 'hard_bounce'],
    created_at: '2026-11-24 10:00:00.12345',
    last_sent_at: null,
    batches_sent: 3,
    events_sent: 70,
    last_error: 'HTTP 503',
  }
  const hook = {
    id: 42,
    url,
    description: undefined,
    authKey: 'signing-key',
    events: ['send', 'hard_bounce'],
    batchesSent: 3,
    eventsSent: 70,
    lastError: 'HTTP 503',
  }

  test('webhooks are listed with the key that signs them', async () => {
    answering([entry])
    expect(await mandrill().listWebhooks(context)).toEqual([hook])
    expect(asked()).toEqual({ path: 'webhooks/list', body: {} })
  })

  test('a webhook is added for the events we name', async () => {
    answering(entry)
    const added = { url, description: 'Solaria', events: ['send', 'hard_bounce'] as const }
    expect(await mandrill().addWebhook(added, context)).toEqual(hook)
    expect(asked()).toEqual({ path: 'webhooks/add', body: added })
  })

  test('a webhook is deleted; one that is gone is no error', async () => {
    answering(entry)
    expect(await mandrill().deleteWebhook(42, context)).toBe(true)
    expect(asked()).toEqual({ path: 'webhooks/delete', body: { id: 42 } })
    unknown('Unknown_Webhook')
    expect(await mandrill().deleteWebhook(42, context)).toBe(false)
  })

  test('templates are listed with the subject that is sent', async () => {
    const draft = { slug: 'welcome', name: 'Welcome', subject: 'Draft', labels: [], code: '<p>' }
    const updated_at = '2026-11-24 10:00:00'
    const published = { publish_subject: 'Hello', published_at: updated_at }
    answering([
      { ...draft, ...published, updated_at },
      { ...draft, publish_subject: null, published_at: null, updated_at },
    ])
    const template = { slug: 'welcome', name: 'Welcome', updatedAt: new Date('2026-11-24T10:00:00Z') }
    expect(await mandrill().listTemplates(context)).toEqual([
      { ...template, subject: 'Hello', published: true },
      { ...template, subject: 'Draft', published: false },
    ])
    expect(asked()).toEqual({ path: 'templates/list', body: {} })
  })
})
