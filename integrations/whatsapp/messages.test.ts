import { randomBytes } from 'node:crypto'
import type { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { connect } from '../../queue/connection.ts'
import { createScripts } from '../../queue/scripts.ts'
import { createGate } from '../create-gate.ts'
import type { CallGate } from '../gate.ts'
import { failureOf, type Stub, startStub } from '../stub.ts'
import { createWhatsapp } from './whatsapp.ts'

const accepted = { contacts: [{ wa_id: '16505551234' }], messages: [{ id: 'wamid.1' }] }

let stub: Stub
beforeEach(async () => {
  stub = await startStub({ body: accepted })
})
afterEach(() => stub[Symbol.asyncDispose]())

const context = { signal: new AbortController().signal, correlationId: 'corr-1' }
const whatsapp = (more: { gate?: CallGate; appSecret?: string } = {}) =>
  createWhatsapp({ baseUrl: `${stub.url}/wa/v25.0`, token: 'tok', phoneNumberId: '1065', ...more })
const seen = () => {
  expect(stub.requests).toHaveLength(1)
  const { method, path, body, headers } = stub.requests[0]!
  return { method, path, body, authorization: headers.authorization, type: headers['content-type'] }
}

const person = { to: '+1 (650) 555-1234', callbackData: 'd_991' }
const envelope = {
  messaging_product: 'whatsapp',
  recipient_type: 'individual',
  to: '16505551234',
  biz_opaque_callback_data: 'd_991',
}
const order = { ...person, template: 'order_update', language: 'en_US', bodyParameters: [] }
const language = { code: 'en_US', policy: 'deterministic' }

describe('sending a template', () => {
  test('goes to the digits of the number, and is answered with id, WhatsApp id and status', async () => {
    stub.reply = {
      body: {
        messaging_product: 'whatsapp',
        contacts: [{ input: '+16505551234', wa_id: '16505551230' }],
        messages: [{ id: 'wamid.1', message_status: 'held_for_quality_assessment' }],
      },
    }
    const sent = await whatsapp().sendTemplate({ ...order, bodyParameters: ['Jane', 'A-17'] }, context)
    expect(sent).toEqual({ messageId: 'wamid.1', waId: '16505551230', status: 'held_for_quality_assessment' })
    const parameters = ['Jane', 'A-17'].map((text) => ({ type: 'text', text }))
    expect(seen()).toEqual({
      method: 'POST',
      path: '/wa/v25.0/1065/messages',
      authorization: 'Bearer tok',
      type: 'application/json',
      body: {
        ...envelope,
        type: 'template',
        template: { name: 'order_update', language, components: [{ type: 'body', parameters }] },
      },
    })
    expect(stub.requests[0]!.headers).toMatchObject({
      'x-correlation-id': 'corr-1',
      'user-agent': 'Solaria-Control-Plane/1.0.0',
    })
  })

  const templateSent = async (more: object) => {
    await whatsapp().sendTemplate({ ...order, ...more }, context)
    return (seen().body as { template: object }).template
  }

  test.each([[[]], [{}]])('has no components when the values are %j', async (bodyParameters) => {
    expect(await templateSent({ bodyParameters })).toEqual({ name: 'order_update', language })
  })

  test('fills placeholders with names by their names', async () => {
    const components = [
      {
        type: 'body',
        parameters: [
          { type: 'text', parameter_name: 'first_name', text: 'Jane' },
          { type: 'text', parameter_name: 'order_id', text: 'A-17' },
        ],
      },
    ]
    const bodyParameters = { first_name: 'Jane', order_id: 'A-17' }
    expect(await templateSent({ bodyParameters })).toMatchObject({ components })
  })

  test.each([
    [
      'an image by link',
      { kind: 'image', link: 'https://example.com/a.png' },
      { type: 'image', image: { link: 'https://example.com/a.png' } },
    ],
    ['a video by id', { kind: 'video', id: '4711' }, { type: 'video', video: { id: '4711' } }],
    [
      'a document with its name',
      { kind: 'document', id: '4711', fileName: 'offer.pdf' },
      { type: 'document', document: { id: '4711', filename: 'offer.pdf' } },
    ],
    ['a text', { text: 'Spring' }, { type: 'text', text: 'Spring' }],
    [
      'a text with a name',
      { text: 'Spring', parameterName: 'season' },
      { type: 'text', parameter_name: 'season', text: 'Spring' },
    ],
  ])('fills the header with %s', async (_, header, parameter) => {
    expect(await templateSent({ header })).toMatchObject({
      components: [{ type: 'header', parameters: [parameter] }],
    })
  })

  test('puts header, body and the ends of button addresses in this order', async () => {
    const header = { kind: 'image', id: '4711' }
    const urlButtons = [
      { index: 0, text: 'A-17' },
      { index: 2, text: 'help?from=wa' },
    ]
    const button = { type: 'button', sub_type: 'url' }
    expect(await templateSent({ header, bodyParameters: ['Jane'], urlButtons })).toMatchObject({
      components: [
        { type: 'header' },
        { type: 'body' },
        { ...button, index: '0', parameters: [{ type: 'text', text: 'A-17' }] },
        { ...button, index: '2', parameters: [{ type: 'text', text: 'help?from=wa' }] },
      ],
    })
  })

  test('makes one line of a value, as WhatsApp refuses breaks, tabs and long gaps', async () => {
    const bodyParameters = [' Anna\nMaria\t  von      Berg ']
    expect(await templateSent({ bodyParameters })).toMatchObject({
      components: [{ parameters: [{ text: 'Anna Maria von Berg' }] }],
    })
  })

  test('keeps the values out of the text of an error', async () => {
    const details = 'Jane, https://example.com/p/9, Spring, A-17: bad'
    stub.reply = { status: 400, body: { error: { code: 132012, error_data: { details } } } }
    const values = {
      header: { text: 'Spring' },
      bodyParameters: ['Jane'],
      urlButtons: [{ index: 0, text: 'A-17' }],
    }
    const error = await failureOf(whatsapp().sendTemplate({ ...order, ...values }, context))
    expect(String(error)).toContain('wrong format')
    expect(String(error)).not.toMatch(/Jane|Spring|A-17/)
  })
})

describe('sending a text', () => {
  test('says whether a link is to be previewed, and which message it answers', async () => {
    const input = { ...person, text: 'See https://example.com', previewUrl: true, replyTo: 'wamid.0' }
    expect(await whatsapp().sendText(input, context)).toEqual({
      messageId: 'wamid.1',
      waId: '16505551234',
      status: 'accepted',
    })
    expect(seen()).toMatchObject({ method: 'POST', path: '/wa/v25.0/1065/messages' })
    expect(seen().body).toEqual({
      ...envelope,
      type: 'text',
      text: { body: 'See https://example.com', preview_url: true },
      context: { message_id: 'wamid.0' },
    })
  })

  test('shows no preview unless told, and answers nothing', async () => {
    await whatsapp().sendText({ ...person, text: 'Hello' }, context)
    const text = { body: 'Hello', preview_url: false }
    expect(seen().body).toEqual({ ...envelope, type: 'text', text })
  })

  test('takes 4,096 characters, an emoji as one; with one more nothing is sent', async () => {
    await whatsapp().sendText({ ...person, text: '👋'.repeat(4_096) }, context)
    const tooLong = whatsapp().sendText({ ...person, text: 'a'.repeat(4_097) }, context)
    expect(await failureOf(tooLong)).toMatchObject({ errorClass: 'PERMANENT', code: 'TEXT_LENGTH' })
    expect(stub.requests).toHaveLength(1)
  })

  test('sends no empty text', async () => {
    const error = await failureOf(whatsapp().sendText({ ...person, text: ' \n' }, context))
    expect(error).toMatchObject({ errorClass: 'PERMANENT', code: 'TEXT_LENGTH' })
    expect(stub.requests).toHaveLength(0)
  })
})

describe('sending media', () => {
  test.each([
    [
      { kind: 'image', id: '4711', caption: 'Our shop' },
      { type: 'image', image: { id: '4711', caption: 'Our shop' } },
    ],
    [
      { kind: 'video', link: 'https://example.com/v.mp4' },
      { type: 'video', video: { link: 'https://example.com/v.mp4' } },
    ],
    [
      { kind: 'audio', id: '4711' },
      { type: 'audio', audio: { id: '4711' } },
    ],
    [
      { kind: 'document', link: 'https://example.com/x', caption: 'Offer', fileName: 'offer.pdf' },
      {
        type: 'document',
        document: { link: 'https://example.com/x', caption: 'Offer', filename: 'offer.pdf' },
      },
    ],
  ] as const)('of %j', async (media, body) => {
    await whatsapp().sendMedia({ ...person, ...media }, context)
    expect(seen()).toMatchObject({ method: 'POST', path: '/wa/v25.0/1065/messages' })
    expect(seen().body).toEqual({ ...envelope, ...body })
  })

  test('takes 1,024 characters of caption; with one more nothing is sent', async () => {
    const image = { ...person, kind: 'image', id: '4711' } as const
    await whatsapp().sendMedia({ ...image, caption: 'a'.repeat(1_024) }, context)
    const tooLong = whatsapp().sendMedia({ ...image, caption: 'a'.repeat(1_025) }, context)
    expect(await failureOf(tooLong)).toMatchObject({ errorClass: 'PERMANENT', code: 'CAPTION_LENGTH' })
    expect(stub.requests).toHaveLength(1)
  })
})

describe('a person who shows no number', () => {
  const hidden = { recipient: 'US.13491208655302741918', callbackData: 'd_991' }

  test('is reached by user id, in place of the number', async () => {
    stub.reply = {
      body: { contacts: [{ input: 'US.1349', user_id: 'US.1349' }], messages: [{ id: 'wamid.1' }] },
    }
    const sent = await whatsapp().sendText({ ...hidden, text: 'Hello' }, context)
    expect(sent).toEqual({ messageId: 'wamid.1', userId: 'US.1349', status: 'accepted' })
    const { to: _, ...rest } = envelope
    const text = { body: 'Hello', preview_url: false }
    expect(seen().body).toEqual({ ...rest, recipient: hidden.recipient, type: 'text', text })
  })

  test('is known by the id sent to when WhatsApp names no contact, or one that cannot be read', async () => {
    for (const contacts of [undefined, [{ wa_id: 5 }]]) {
      stub.reply = { body: { contacts, messages: [{ id: 'wamid.1' }] } }
      expect(await whatsapp().sendText({ ...hidden, text: 'Hello' }, context)).toMatchObject({
        waId: undefined,
        userId: hidden.recipient,
      })
      expect(await whatsapp().sendText({ ...person, text: 'Hello' }, context)).toMatchObject({
        waId: '16505551234',
      })
    }
  })
})

describe('an account that may send two messages to one person', () => {
  let redis: Redis
  beforeAll(() => {
    redis = connect(inject('redisUrl'), 'patient', () => undefined)
  })
  afterAll(() => redis.disconnect())

  const gated = () => {
    const key = `t:wa:${randomBytes(6).toString('hex')}`
    const limits = { connections: 0, rates: [], perRecipient: { everyMs: 60_000, burst: 2 } }
    const run = createScripts(redis)
    return whatsapp({
      gate: createGate({ run, vendor: 'whatsapp', key, secret: 'x', limits, leaseMs: 5_000 }),
    })
  }
  const tooFast = { code: 'RECIPIENT_RATE_LIMITED', errorClass: 'THROTTLED', throttleScope: 'recipient' }

  test('counts messages of every kind, and lets those to others and other calls through', async () => {
    const account = gated()
    await account.sendTemplate(order, context)
    await account.sendMedia({ ...person, kind: 'audio', id: '4711' }, context)
    const third = account.sendText({ to: '16505551234', text: 'Hello' }, context)
    expect(await failureOf(third)).toMatchObject(tooFast)
    expect(stub.requests).toHaveLength(2)
    await account.sendText({ to: '16505551235', text: 'Hello' }, context)
    stub.reply = { body: { success: true } }
    await account.markRead('wamid.0', context)
  })

  test('counts by user id where there is no number', async () => {
    const account = gated()
    const send = (recipient: string) => account.sendText({ recipient, text: 'Hello' }, context)
    await send('US.1')
    await send('US.1')
    expect(await failureOf(send('US.1'))).toMatchObject(tooFast)
    await send('US.2')
  })
})

test('a message is marked read by its id; a lost answer to that is safe to repeat', async () => {
  stub.reply = { body: { success: true } }
  await whatsapp().markRead('wamid.0', context)
  expect(seen()).toMatchObject({
    method: 'POST',
    path: '/wa/v25.0/1065/messages',
    authorization: 'Bearer tok',
  })
  expect(seen().body).toEqual({ messaging_product: 'whatsapp', status: 'read', message_id: 'wamid.0' })
  stub.reply = (_, response) => void response.destroy()
  expect(await failureOf(whatsapp().markRead('wamid.0', context))).toMatchObject({ errorClass: 'TRANSIENT' })
})

test.each([
  ['sendTemplate', order],
  ['sendText', { ...person, text: 'Hello' }],
  ['sendMedia', { ...person, kind: 'audio', id: '4711' }],
] as const)('a lost answer to %s is UNKNOWN', async (verb, input) => {
  const send = () => (whatsapp()[verb] as (...given: unknown[]) => Promise<unknown>)(input, context)
  stub.reply = (_, response) => void response.destroy()
  expect(await failureOf(send())).toMatchObject({ errorClass: 'UNKNOWN', operation: verb })
  stub.reply = { body: {} }
  expect(await failureOf(send())).toMatchObject({ errorClass: 'UNKNOWN', code: 'ANSWER_NOT_UNDERSTOOD' })
})

test('with the app secret each call proves that the token is ours', async () => {
  await whatsapp({ appSecret: 'app_secret_0123456789abcdef' }).sendTemplate(order, context)
  // printf tok | openssl dgst -sha256 -hmac app_secret_0123456789abcdef
  const proof = '3da03f41ffd05addf74b76a792dadc004a5df0cc848854e92243be25c08a5c7f'
  expect(seen().path).toBe(`/wa/v25.0/1065/messages?appsecret_proof=${proof}`)
})
