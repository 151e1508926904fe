import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import tls from 'node:tls'
import type { SMTPServerOptions } from 'smtp-server'
import { afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { ErrorClass } from '../errors.ts'
import { failureOf } from '../stub.ts'
import { SMTP_RULES } from './errors.ts'
import { type MailServerStub, reply, startMailServer, startScript, TEST_CERTIFICATE } from './mail-server.ts'
import { createSmtp, type SmtpSettings } from './smtp.ts'

beforeAll(() => tls.setDefaultCACertificates([TEST_CERTIFICATE]))

let server: MailServerStub
afterEach(() => server?.[Symbol.asyncDispose]())
const started = async (options: SMTPServerOptions = {}) => {
  server = await startMailServer(options)
}

const context = { signal: new AbortController().signal }
const big = 'x'.repeat(300_000)
const templates = (slug: string) => ({ subject: 'Hi', html: slug === 'big' ? big : '<p>Hi {{name}}</p>' })
const sender = { fromEmail: 'hello@solaria.example', fromName: 'Solaria', templates }
const smtp = (more: Partial<SmtpSettings> = {}, login = '') =>
  createSmtp({ url: `smtp://${login}${server.host}`, ...sender, ...more })
const mail = {
  template: 'welcome',
  to: { email: 'jane@example.com', name: 'Jane' },
  vars: { name: 'Jane' },
  metadata: { delivery_id: 'msg_01' },
  tags: [],
}
const smtpAt = (host: string) => createSmtp({ url: `smtp://${host}`, ...sender })
const send = (more: Partial<SmtpSettings> = {}, login = '') => smtp(more, login).sendTemplate(mail, context)

type Command = 'greeting' | 'AUTH' | 'MAIL FROM' | 'RCPT TO' | 'DATA'

/** A server that answers one command with this reply. */
function refusing(command: Command, code: number, text: string): SMTPServerOptions {
  const error = reply(code, text)
  const answers: Record<Command, SMTPServerOptions> = {
    greeting: { onConnect: (_, next) => next(error) },
    AUTH: { onAuth: (_, __, next) => next(error) },
    'MAIL FROM': { onMailFrom: (_, __, next) => next(error) },
    'RCPT TO': { onRcptTo: (_, __, next) => next(error) },
    DATA: { onData: (stream, _, next) => void stream.resume().on('end', () => next(error)) },
  }
  return answers[command]
}

describe('replies', () => {
  type Row = [
    command: Command,
    code: number,
    text: string,
    errorClass: ErrorClass,
    expected?: { code?: string; retryAfterMs?: number; throttleScope?: string },
  ]
  const later = { retryAfterMs: 300_000, throttleScope: 'recipient' }
  const rows: Row[] = [
    ['greeting', 421, '4.3.2 Try later', 'TRANSIENT', { code: 'SMTP_421_4_3_2' }],
    ['greeting', 554, '5.7.1 Your address is listed', 'AUTH', { code: 'SMTP_554_5_7_1' }],
    ['AUTH', 454, '4.7.0 Temporary authentication failure', 'TRANSIENT'],
    ['AUTH', 504, 'Unrecognized mechanism', 'AUTH', { code: 'SMTP_504' }],
    ['AUTH', 530, '5.7.0 Must issue STARTTLS first', 'AUTH'],
    ['AUTH', 534, '5.7.9 Too weak', 'AUTH'],
    ['AUTH', 535, '5.7.8 Bad credentials', 'AUTH', { code: 'SMTP_535_5_7_8' }],
    ['MAIL FROM', 421, 'Too many connections', 'TRANSIENT'],
    ['MAIL FROM', 451, '4.3.0 Queue failure', 'TRANSIENT', { code: 'SMTP_451_4_3_0' }],
    ['MAIL FROM', 452, '4.3.1 Insufficient storage', 'TRANSIENT'],
    [
      'MAIL FROM',
      454,
      'Throttling failure: Maximum sending rate exceeded.',
      'THROTTLED',
      { retryAfterMs: 60_000 },
    ],
    ['MAIL FROM', 530, '5.7.0 Authentication required', 'AUTH'],
    ['MAIL FROM', 550, '5.7.60 Not allowed to send as this sender', 'AUTH'],
    ['MAIL FROM', 553, '5.1.8 Sender address rejected', 'AUTH'],
    ['MAIL FROM', 552, '5.3.4 Message size exceeds limit', 'PERMANENT'],
    ['RCPT TO', 550, '5.1.8 Domain of the sender not found', 'AUTH'],
    ['RCPT TO', 553, '5.7.1 Sender address rejected: not owned by user', 'AUTH'],
    ['RCPT TO', 421, 'Closing', 'TRANSIENT', { throttleScope: 'account' }],
    ['RCPT TO', 450, '4.2.1 Mailbox unavailable', 'TRANSIENT', later],
    ['RCPT TO', 451, '4.7.1 Greylisted, come back later', 'TRANSIENT', { ...later, code: 'SMTP_451_4_7_1' }],
    ['RCPT TO', 452, '4.2.2 Mailbox full', 'TRANSIENT', later],
    ['RCPT TO', 550, '5.7.1 Relaying denied', 'AUTH'],
    ['RCPT TO', 554, '5.7.1 Relay access denied', 'AUTH'],
    ['RCPT TO', 550, 'Blocked because of your reputation', 'PERMANENT'],
    ['RCPT TO', 550, '5.7.26 Unauthenticated mail, see DMARC', 'PERMANENT'],
    ['RCPT TO', 554, 'Transaction failed', 'PERMANENT', { code: 'SMTP_554' }],
    ['DATA', 451, '4.3.0 Error in processing', 'TRANSIENT', { throttleScope: 'account' }],
    ['DATA', 552, '5.3.4 Message too big', 'PERMANENT'],
    ['DATA', 554, '5.7.1 Message looks like spam', 'PERMANENT', { code: 'SMTP_554_5_7_1' }],
    ['DATA', 550, 'Content refused', 'PERMANENT'],
  ]
  const messages: string[] = []

  test.each(rows)('a mail server’s %s %i %s → %s', async (command, code, text, errorClass, expected = {}) => {
    await started(refusing(command, code, text))
    const error = await failureOf(send({}, 'user:canary-pass@'))
    const usual = { vendor: 'smtp', status: code, recipientRefused: false, throttleScope: 'account' }
    expect(error).toMatchObject({ ...usual, errorClass, ...expected })
    expect(server.mails).toHaveLength(0)
    messages.push((error as Error).message)
  })

  test('every rule of the mail server’s error table has an example', () => {
    const errors = SMTP_RULES.filter(
      (rule) => !rule.recipientRefused && !String(rule.detail).includes('STARTTLS'),
    )
    const unused = errors.filter(({ meaning }) => !messages.some((message) => message.includes(meaning)))
    expect(unused).toEqual([])
  })

  test.each([
    ['RCPT TO', 550, '5.1.1 No such user', 'hard-bounce'],
    ['RCPT TO', 550, 'No such user here', 'hard-bounce'],
    ['RCPT TO', 551, 'User not local', 'hard-bounce'],
    ['RCPT TO', 553, 'Mailbox name not allowed', 'hard-bounce'],
    ['RCPT TO', 550, '5.2.1 Mailbox disabled', 'hard-bounce'],
    ['RCPT TO', 552, '5.2.2 Mailbox full', 'soft-bounce'],
    ['DATA', 550, '5.1.1 No such user', 'hard-bounce'],
  ] as const)(
    'a mail server’s %s %i %s rejects the recipient, as Mandrill would: %s',
    async (command, code, text, rejectReason) => {
      await started(refusing(command, code, text))
      const messageId = 'msg_01@solaria.example'
      expect(await send()).toEqual({ status: 'rejected', messageId, rejectReason })
    },
  )

  test('replies sent one by one mean the same as replies to all commands at once', async () => {
    await started({ hidePIPELINING: true, ...refusing('RCPT TO', 550, '5.1.1 No such user') })
    expect(await send()).toMatchObject({ status: 'rejected', rejectReason: 'hard-bounce' })
  })

  test('a mail that is larger than the server takes is not even offered', async () => {
    await started({ size: 100_000 })
    const error = await failureOf(smtp().sendTemplate({ ...mail, template: 'big' }, context))
    expect(error).toMatchObject({ errorClass: 'PERMANENT', code: 'EMESSAGE' })
    await send()
    expect(server.mails).toHaveLength(1)
  })

  test('a refusal in the middle of a mail ends the session: nothing else is put into the mail', async () => {
    await using script = await startScript({ content: () => '552 5.3.4 Too big' })
    const big = smtpAt(script.host).sendTemplate({ ...mail, template: 'big' }, context)
    expect(await failureOf(big)).toMatchObject({ errorClass: 'PERMANENT', code: 'SMTP_552_5_3_4' })
    expect(await script.heard()).not.toContain('QUIT')
  })

  test('what has to be corrected is quoted, without addresses, names or credentials', async () => {
    const text = '5.7.1 Jane <jane@example.com> refused for user canary-pass AG1hcmllAGNhbmFyeS1wYXNzd29yZA=='
    for (const command of ['greeting', 'AUTH', 'MAIL FROM', 'RCPT TO', 'DATA'] as const) {
      for (const code of [421, 451, 535, 554]) {
        await started(refusing(command, code, text))
        const error = (await failureOf(send({}, 'marie%40solaria.example:canary-pass@'))) as Error
        const everything = `${error.message} ${error.stack} ${JSON.stringify(error)} ${error.cause}`
        expect(everything).not.toMatch(/jane|marie|canary|AG1hcmll/i)
        if (command === 'DATA' && code === 554) expect(error.message).toContain('refused for user')
        await server[Symbol.asyncDispose]()
      }
    }
  })
})

describe('letting in', () => {
  test('user and password travel encrypted, and the server knows who sends', async () => {
    await started({ authOptional: false })
    await send({}, 'marie%40solaria.example:p%40ss%20w%C3%B6rd@')
    expect(server.mails).toMatchObject([{ user: 'marie@solaria.example', encrypted: true }])
  })

  test('smtps:// is encrypted from the first byte', async () => {
    await started({ secure: true })
    await send({ url: `smtps://marie:pass@${server.host}` })
    expect(server.mails).toMatchObject([{ user: 'marie', encrypted: true }])
  })

  test('a server that does not encrypt never sees the password', async () => {
    const attempts: unknown[] = []
    await started({
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      onAuth: (auth, _, next) => {
        attempts.push(auth)
        next(null, { user: 'marie' })
      },
    })
    const error = await failureOf(send({}, 'marie:canary-pass@'))
    expect(error).toMatchObject({ errorClass: 'TRANSIENT' })
    expect((error as Error).message).toContain('does not encrypt')
    expect(attempts).toEqual([])
    await send()
    expect(server.mails).toMatchObject([{ user: undefined, encrypted: false }])
  })

  test('a user without a password is not let in', async () => {
    await started()
    expect(await failureOf(send({}, 'marie@'))).toMatchObject({ errorClass: 'AUTH', code: 'EAUTH' })
  })

  test.each([
    ['by STARTTLS', 'smtp', false],
    ['from the first byte', 'smtps', true],
  ])('a certificate nobody vouches for is refused, %s', async (_, protocol, secure) => {
    tls.setDefaultCACertificates([])
    onTestFinished(() => tls.setDefaultCACertificates([TEST_CERTIFICATE]))
    await started({ secure })
    const error = await failureOf(send({ url: `${protocol}://${server.host}` }))
    expect(error).toMatchObject({ errorClass: 'TRANSIENT', code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
    expect(server.mails).toHaveLength(0)
  })

  test('the check logs in and sends nothing', async () => {
    await started({ authOptional: false })
    await smtp({}, 'marie:pass@').check(context)
    expect(server.mails).toHaveLength(0)
    await server[Symbol.asyncDispose]()
    await started(refusing('AUTH', 535, '5.7.8 Bad credentials'))
    expect(await failureOf(smtp({}, 'marie:pass@').check(context))).toMatchObject({
      operation: 'check',
      errorClass: 'AUTH',
    })
  })
})

describe('a connection that is lost', () => {
  test('a server that is not there has sent nothing', async () => {
    await started()
    const { host } = server
    await server[Symbol.asyncDispose]()
    const error = await failureOf(send({ url: `smtp://${host}` }))
    expect(error).toMatchObject({ errorClass: 'TRANSIENT', code: 'ECONNREFUSED', status: undefined })
  })

  test.each<[string, () => SMTPServerOptions]>([
    ['at the greeting', () => ({ onConnect: () => server.cut() })],
    ['at the sender', () => ({ onMailFrom: () => server.cut() })],
    ['at the recipient', () => ({ onRcptTo: () => server.cut() })],
    ['at the login', () => ({ onAuth: () => server.cut() })],
  ])('cut %s, before the mail has left: it may be tried again', async (_, options) => {
    await started(options())
    const error = await failureOf(send({}, 'marie:pass@'))
    expect(error).toMatchObject({ errorClass: 'TRANSIENT', status: undefined })
    expect((error as Error).message).toContain('nothing was sent')
  })

  test('cut after the mail has left, before the reply: nobody knows', async () => {
    await started({ onData: (stream) => void stream.resume().on('end', () => server.cut()) })
    expect(await failureOf(send())).toMatchObject({ errorClass: 'UNKNOWN', status: undefined })
  })

  test('cut in the middle of the mail: nobody knows', async () => {
    await started({ onData: (stream) => void stream.once('data', () => server.cut()) })
    const error = await failureOf(smtp().sendTemplate({ ...mail, template: 'big' }, context))
    expect(error).toMatchObject({ errorClass: 'UNKNOWN' })
  })
})

describe('a call that takes too long', () => {
  test('a server that says nothing has sent nothing', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const url = `smtp://127.0.0.1:${(silent.address() as AddressInfo).port}`
    await started()
    const error = await failureOf(send({ url, timeoutMs: 200 }))
    expect(error).toMatchObject({ errorClass: 'TRANSIENT', code: 'TIMEOUT' })
    silent.close()
  })

  test('a server that keeps the mail and does not answer may have sent it', async () => {
    await started({ onData: (stream) => void stream.resume() })
    const error = await failureOf(send({ timeoutMs: 1_000 }))
    expect(error).toMatchObject({ errorClass: 'UNKNOWN', code: 'TIMEOUT' })
  })

  test('who gives up before the mail has left gets the own reason back, and the line goes dead at once', async () => {
    const abort = new AbortController()
    const reason = new Error('shutdown')
    await using script = await startScript({ 'RCPT TO': () => abort.abort(reason) })
    const failure = await failureOf(smtpAt(script.host).sendTemplate(mail, { signal: abort.signal }))
    expect(failure).toBe(reason)
    expect(await script.heard()).toMatch(/RCPT TO:<jane@example\.com>\r\n$/)
  })

  test('who gives up after the mail has left does not know', async () => {
    const abort = new AbortController()
    await started({ onData: (stream) => void stream.resume().on('end', () => abort.abort()) })
    const failure = await failureOf(smtp().sendTemplate(mail, { signal: abort.signal }))
    expect(failure).toMatchObject({ errorClass: 'UNKNOWN', code: 'ABORTED' })
    await expect.poll(() => server.open(), { timeout: 20_000 }).toBe(0)
  })

  test('who has given up before it began connects to nothing', async () => {
    let connections = 0
    await started({
      onConnect: (_, next) => {
        connections += 1
        next()
      },
    })
    const reason = new Error('cancelled')
    const failure = await failureOf(smtp().sendTemplate(mail, { signal: AbortSignal.abort(reason) }))
    expect(failure).toBe(reason)
    expect(connections).toBe(0)
  })
})
