import tls from 'node:tls'
import type { SMTPServerOptions } from 'smtp-server'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { CallReport } from '../client.ts'
import { VendorError } from '../errors.ts'
import type { CallEnd, Gate } from '../gate.ts'
import { failureOf } from '../stub.ts'
import { type MailServerStub, reply, startMailServer, TEST_CERTIFICATE } from './mail-server.ts'
import { createSmtp, type SmtpSettings } from './smtp.ts'

beforeAll(() => tls.setDefaultCACertificates([TEST_CERTIFICATE]))

let server: MailServerStub
afterEach(() => server[Symbol.asyncDispose]())
const started = async (options: SMTPServerOptions = {}) => {
  server = await startMailServer(options)
}

const context = { signal: new AbortController().signal, correlationId: 'corr-1' }
const welcome = {
  subject: 'Welcome, {{first_name}}',
  html: '<p>Hi {{first_name}}</p>',
  text: 'Hi {{first_name}}',
}
const templates = (slug: string) => (slug === 'welcome' ? welcome : undefined)
const sender = { fromEmail: 'hello@solaria.example', fromName: 'Solaria', templates }
const smtp = (more: Partial<SmtpSettings> = {}, login = '') =>
  createSmtp({ url: `smtp://${login}${server.host}`, ...sender, ...more })
const mail = {
  template: 'welcome',
  to: { email: 'jane@example.com', name: 'Jane Doe' },
  vars: { first_name: 'Jane' },
  metadata: { delivery_id: 'msg_01' },
  tags: ['welcome'],
}

describe('a mail that is taken', () => {
  test('arrives with both bodies, its subject and our ids', async () => {
    await started()
    const metadata = { ...mail.metadata, lead_id: 'lead_7' }
    const result = await smtp().sendTemplate({ ...mail, metadata, tags: ['welcome', 'vip'] }, context)
    expect(result).toEqual({
      status: 'queued',
      messageId: 'msg_01@solaria.example',
      rejectReason: undefined,
    })
    expect(server.mails).toHaveLength(1)
    const { from, to, source } = server.mails[0]!
    expect({ from, to }).toEqual({ from: 'hello@solaria.example', to: ['jane@example.com'] })
    const headers = source.slice(0, source.indexOf('\r\n\r\n')).split('\r\n')
    expect(headers).toEqual(
      expect.arrayContaining([
        'Message-ID: <msg_01@solaria.example>',
        'From: Solaria <hello@solaria.example>',
        'To: Jane Doe <jane@example.com>',
        'Subject: Welcome, Jane',
        'X-Tag: welcome',
        'X-Tag: vip',
        'X-Metadata-Delivery_id: msg_01',
        'X-Metadata-Lead_id: lead_7',
        expect.stringMatching(/^Date: /),
        expect.stringMatching(/^Content-Type: multipart\/alternative/),
      ]),
    )
    expect(source).toContain('<p>Hi Jane</p>')
    expect(source).toMatch(/text\/plain[^<]*\r\n\r\nHi Jane\r\n/)
  })

  test('has the caller’s subject, filled in, in place of the template’s', async () => {
    await started()
    await smtp().sendTemplate({ ...mail, subject: 'Für {{first_name}}' }, context)
    expect(server.mails[0]!.source).toContain('Subject: =?UTF-8?Q?F=C3=BCr_Jane?=')
  })

  test('can be recognised when it comes again', async () => {
    await started()
    await smtp().sendTemplate(mail, context)
    await smtp().sendTemplate(mail, context)
    const ids = server.mails.map(({ source }) => /^Message-ID: (.*)\r$/m.exec(source)?.[1])
    expect(ids).toEqual(['<msg_01@solaria.example>', '<msg_01@solaria.example>'])
  })

  test('leaves no connection behind', async () => {
    await started()
    await smtp().sendTemplate(mail, context)
    await smtp().check(context)
    await expect.poll(() => server.open(), { timeout: 20_000 }).toBe(0)
    expect(server.mails).toHaveLength(1)
  })

  test('is one of many at once, each sent once', async () => {
    await started()
    const ids = Array.from({ length: 25 }, (_, index) => `msg_${index}`)
    const send = (delivery_id: string) =>
      smtp().sendTemplate(
        { ...mail, to: { email: `${delivery_id}@example.com` }, metadata: { delivery_id } },
        context,
      )
    const sent = await Promise.all(ids.map(send))
    expect(sent.map(({ messageId }) => messageId)).toEqual(ids.map((id) => `${id}@solaria.example`))
    const arrived = server.mails.map(({ to, source }) => [to, /<(.*)@solaria/.exec(source)?.[1]])
    expect(arrived.sort()).toEqual(ids.map((id) => [[`${id}@example.com`], expect.any(String)]).sort())
  })

  test('is reported with the server’s reply', async () => {
    await started({
      onRcptTo: ({ address }, _, next) => next(address === 'gone@example.com' ? reply(550, 'No') : null),
    })
    const reports: CallReport[] = []
    const onCall = (report: CallReport) => void reports.push(report)
    await smtp({ onCall }).sendTemplate(mail, context)
    await smtp({ onCall }).sendTemplate({ ...mail, to: { email: 'gone@example.com' } }, context)
    await failureOf(smtp({ onCall }).sendTemplate({ ...mail, template: 'nothing' }, context))
    await failureOf(smtp({ onCall }).check({ signal: AbortSignal.abort() }))
    const call = { vendor: 'smtp', operation: 'sendTemplate', ms: expect.any(Number) }
    expect(reports).toEqual([
      { ...call, status: 250, outcome: 'OK' },
      { ...call, status: 550, outcome: 'OK' },
      { ...call, status: undefined, outcome: 'PERMANENT' },
      { ...call, operation: 'check', status: undefined, outcome: 'ABORTED' },
    ])
  })
})

describe('nothing gets in by what is filled in', () => {
  const nasty = 'Jane\r\nBcc: everybody@example.com\r\n\r\n.\r\nMAIL FROM:<x@y.co>'

  test('names, values, tags and subjects with line breaks add no header, recipient or command', async () => {
    await started()
    await smtp({ fromName: nasty }).sendTemplate(
      {
        ...mail,
        to: { email: 'jane@example.com', name: `"${nasty}" <bob@example.com>, ` },
        subject: nasty,
        vars: { first_name: nasty },
        metadata: { ...mail.metadata, note: nasty },
        tags: [nasty],
      },
      context,
    )
    expect(server.mails).toHaveLength(1)
    const { to, source } = server.mails[0]!
    expect(to).toEqual(['jane@example.com'])
    const headers = source.slice(0, source.indexOf('\r\n\r\n'))
    expect(headers).not.toMatch(/^(Bcc|MAIL FROM)/im)
    expect(headers).toMatch(/^To: .*<jane@example\.com>$/m)
  })

  test.each([
    'jane@example.com\r\nRCPT TO:<bob@example.com>',
    'jane@example.com, bob@example.com',
    'jane@example.com> SIZE=1',
    '"jane@example.com, bob"@example.com',
    'jane',
    'jane@',
    '@example.com',
    'jane@a@b.co',
    '',
  ])('%j is no address: the recipient is invalid and nothing is sent', async (email) => {
    await started()
    expect(await smtp().sendTemplate({ ...mail, to: { email } }, context)).toEqual({
      status: 'invalid',
      messageId: undefined,
      rejectReason: 'invalid',
    })
    expect(server.mails).toHaveLength(0)
  })

  test.each([
    ['an id with a space', { delivery_id: 'msg 01' }],
    ['an id with a line break', { delivery_id: 'msg_01>\r\nBcc: x@y.co' }],
    ['a key that is no header name', { delivery_id: 'msg_01', 'a: b\r\nBcc': 'x@y.co' }],
  ])('%s is refused', async (_, metadata) => {
    await started()
    const error = await failureOf(smtp().sendTemplate({ ...mail, metadata }, context))
    expect(error).toMatchObject({ errorClass: 'PERMANENT', code: 'INVALID_REQUEST' })
    expect(server.mails).toHaveLength(0)
  })
})

describe('what is refused before anything is sent', () => {
  test.each([
    ['a template nobody knows', { template: 'nothing' }, 'Unknown_Template'],
    ['a template that cannot be filled in', { subject: '{{#if}}' }, 'Invalid_Template'],
    ['a mail to be held back', { sendAt: new Date('2999-01-01') }, 'INVALID_REQUEST'],
  ])('%s', async (_, more, code) => {
    await started()
    const error = await failureOf(smtp().sendTemplate({ ...mail, ...more }, context))
    expect(error).toMatchObject({ vendor: 'smtp', errorClass: 'PERMANENT', code })
    expect(server.mails).toHaveLength(0)
  })

  test('a mail whose time has come is sent', async () => {
    await started()
    await smtp().sendTemplate({ ...mail, sendAt: new Date() }, context)
    expect(server.mails).toHaveLength(1)
  })

  test.each(['http://user:canary-pass@host', 'smtp://', 'canary-pass', 'smtp://%zz:canary-pass@host'])(
    'the address %s, which is not repeated in the error',
    async (url) => {
      await started()
      const error = await failureOf(smtp({ url }).check(context))
      expect(error).toMatchObject({ errorClass: 'PERMANENT', code: 'INVALID_REQUEST' })
      expect(String(error)).not.toContain('canary')
    },
  )
})

describe('the account’s gate', () => {
  const gateOf = (enter: Gate['enter']) => ({ enter }) as Gate

  test('sees each call come and go, and a refused recipient is no fault of the server', async () => {
    await started({ onMailFrom: (_, __, next) => next(server.mails.length > 0 ? reply(451, 'Later') : null) })
    const seen: unknown[] = []
    const gate = gateOf(async (call) => {
      seen.push(call.operation)
      return {
        async leave(end: CallEnd) {
          seen.push(end.ok || end.error?.code)
          return undefined
        },
      }
    })
    await smtp({ gate }).sendTemplate(mail, context)
    await smtp({ gate }).sendTemplate({ ...mail, to: { email: 'nobody' } }, context)
    await failureOf(smtp({ gate }).sendTemplate(mail, context))
    const once = 'sendTemplate'
    expect(seen).toEqual([once, true, once, true, once, 'SMTP_451'])
  })

  test('lets nothing out when it is closed', async () => {
    await started()
    const closed = new VendorError({
      vendor: 'smtp',
      operation: 'sendTemplate',
      errorClass: 'THROTTLED',
      code: 'BREAKER_OPEN',
      meaning: 'not sent',
    })
    const gate = gateOf(async () => {
      throw closed
    })
    expect(await failureOf(smtp({ gate }).sendTemplate(mail, context))).toBe(closed)
    expect(server.mails).toHaveLength(0)
  })

  test('may put its own error in the place of the call’s', async () => {
    await started({ onMailFrom: (_, __, next) => next(reply(451, 'Later')) })
    const instead = new VendorError({
      vendor: 'smtp',
      operation: 'sendTemplate',
      errorClass: 'THROTTLED',
      code: 'SMTP_451',
      meaning: 'work waits',
    })
    const gate = gateOf(async () => ({ leave: async () => instead }))
    expect(await failureOf(smtp({ gate }).sendTemplate(mail, context))).toBe(instead)
  })
})
