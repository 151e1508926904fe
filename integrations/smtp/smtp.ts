// Any mail server, for agencies without Mandrill. It keeps no record that could be searched, so a send whose answer is
// lost can only be settled by a person.

import type { CallContext, CallSettings } from '../client.ts'
import type { EmailSender, SentEmail, TemplateEmail } from '../email.ts'
import { VendorError } from '../errors.ts'
import { makeCall, type Seen } from '../make-call.ts'
import { failureOf } from './errors.ts'
import { compose, isAddress, isWritable, type OutgoingMail } from './message.ts'
import { deliver, inSession, type MailServer, parseServer } from './session.ts'
import { type EmailTemplateSource, type RenderedEmail, render } from './templates.ts'

export interface SmtpSettings extends CallSettings {
  /** `smtp://user:password@host:587` (STARTTLS) or `smtps://user:password@host:465` (TLS). */
  url: string
  /** An address the account may send as. */
  fromEmail: string
  fromName: string
  templates(slug: string): EmailTemplateSource | undefined
}

/** As long as the other vendors get. */
const TIMEOUT_MS = 30_000

/** Sends by one mail server. It makes no connection before the first call, and one connection per call. */
export function createSmtp(settings: SmtpSettings): EmailSender {
  return {
    vendor: 'smtp',
    schedules: false,
    check: (context) =>
      makeCall(settings, { vendor: 'smtp', operation: 'check' }, context, () => check(settings, context)),
    sendTemplate: (email, context) =>
      makeCall(settings, { vendor: 'smtp', operation: 'sendTemplate', repeatable: false }, context, (seen) =>
        sendTemplate(settings, email, context, seen),
      ),
  }
}

async function check(settings: SmtpSettings, context: CallContext): Promise<void> {
  await attempt({ operation: 'check', settings, context, known: [] }, async (server, signal) => {
    await inSession(server, signal, async () => undefined)
  })
}

async function sendTemplate(
  settings: SmtpSettings,
  email: TemplateEmail,
  context: CallContext,
  seen: Seen,
): Promise<SentEmail> {
  if (!isAddress(email.to.email)) return { status: 'invalid', messageId: undefined, rejectReason: 'invalid' }
  const mail = await compose(settings, email, contentOf(settings, email))
  const known = [email.to.email, email.to.name ?? '', ...Object.values(email.vars)]
  try {
    await attempt(
      { operation: 'sendTemplate', settings, context, known },
      async (server, signal, onContent) => {
        const info = await inSession(server, signal, (connection) => deliver(connection, mail, onContent))
        seen.status = Number.parseInt(info.response, 10)
      },
    )
    return { status: 'queued', messageId: mail.messageId, rejectReason: undefined }
  } catch (error) {
    return refusedRecipient(error, mail, seen)
  }
}

/** A recipient the server refuses is an answer, as it is at Mandrill. */
function refusedRecipient(error: unknown, { messageId }: OutgoingMail, seen: Seen): SentEmail {
  if (!(error instanceof VendorError) || !error.recipientRefused) throw error
  seen.status = error.status
  const passing = /_5_2_(?!1$)/.test(error.code)
  return { status: 'rejected', messageId, rejectReason: passing ? 'soft-bounce' : 'hard-bounce' }
}

function contentOf(settings: SmtpSettings, email: TemplateEmail): RenderedEmail {
  const source = settings.templates(email.template)
  if (!source) throw notSent('Unknown_Template', 'no template of this name')
  if (!isWritable(email.metadata)) throw notSent('INVALID_REQUEST', 'metadata may hold ids only')
  if (email.sendAt && email.sendAt.getTime() > Date.now())
    throw notSent('INVALID_REQUEST', 'a mail server does not hold mails back')
  try {
    return render({ ...source, subject: email.subject ?? source.subject }, email.vars)
  } catch {
    // The error would quote the template and what was filled in.
    throw notSent('Invalid_Template', 'the template cannot be filled in')
  }
}

function notSent(code: string, meaning: string): VendorError {
  return new VendorError({
    vendor: 'smtp',
    operation: 'sendTemplate',
    errorClass: 'PERMANENT',
    code,
    meaning: `not sent: ${meaning}`,
  })
}

interface Attempt {
  operation: string
  settings: SmtpSettings
  context: CallContext
  /** Values of the person concerned. */
  known: readonly string[]
}

type Exchange = (server: MailServer, signal: AbortSignal, onContent: () => void) => Promise<void>

/** Runs an exchange within the call's time and turns its failure into ours. */
async function attempt({ operation, settings, context, known }: Attempt, exchange: Exchange): Promise<void> {
  const server = parseServer(settings.url)
  if (!server) throw unusable(operation)
  context.signal.throwIfAborted()
  const timeout = AbortSignal.timeout(settings.timeoutMs ?? TIMEOUT_MS)
  let contentSent = false
  try {
    const signal = AbortSignal.any([context.signal, timeout])
    await exchange(server, signal, () => {
      contentSent = true
    })
  } catch (error) {
    const { aborted, reason } = context.signal
    throw failureOf({
      operation,
      error: error as Error,
      contentSent,
      aborted: aborted ? { reason } : undefined,
      timedOut: timeout.aborted,
      known: [...known, server.login?.user ?? '', server.login?.pass ?? ''],
    })
  }
}

function unusable(operation: string): VendorError {
  return new VendorError({
    vendor: 'smtp',
    operation,
    errorClass: 'PERMANENT',
    code: 'INVALID_REQUEST',
    meaning: 'not sent: the address of the mail server is not smtp://… or smtps://…',
  })
}
