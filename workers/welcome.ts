import type { Em } from '../entities/index.ts'
import type { Channel } from '../entities/message.ts'
import type { JobContext } from '../ledger/definition.ts'
import type { LeadRow } from '../marketing/lead-row.ts'
import { claimMessage, releaseMessage, type Settlement, settleMessage } from '../marketing/messages.ts'
import { isSuppressed } from '../marketing/suppression.ts'
import {
  emailVerdict,
  type SkipReason,
  templateLanguage,
  whatsappVerdict,
} from '../marketing/welcome-policy.ts'
import type { Services } from '../runtime/services.ts'

type Context = Pick<JobContext<unknown, Services>, 'em' | 'job' | 'signal' | 'transaction' | 'services'>

/** What became of a welcome message, as the job's result tells it. */
export interface SendResult {
  outcome: Settlement['state'] | 'SKIPPED'
  /** Why it was not to be sent. */
  reason?: SkipReason
}

/**
 * A send bounded by itself: it is not stopped half way by a shutdown, as its answer would be lost. A mail server may take
 * its time to answer for a mail it has already got, and keeps no record to look it up in.
 */
const sendMs = { mandrill: 15_000, smtp: 60_000, whatsapp: 15_000 }

const purpose = 'welcome'

/** Sends the welcome e-mail, unless it was sent, or must not be. */
export async function sendWelcomeEmail(
  context: Context,
  lead: LeadRow,
  afterUnknown: AfterUnknown,
): Promise<SendResult> {
  const verdict = emailVerdict(lead, await isSuppressed(context.em, lead.workspaceId, 'EMAIL', lead.email))
  if (!verdict.send) return { outcome: 'SKIPPED', reason: verdict.reason }
  const { welcome } = context.services
  const { email } = await context.services.accounts(context.job.workspaceId)
  return sendOnce(context, lead, 'EMAIL', email.vendor, afterUnknown, async (messageId) => {
    const sent = await email.sendTemplate(
      {
        template: welcome.emailTemplate,
        to: { email: lead.email!, name: fullName(lead) },
        vars: {
          first_name: lead.firstName ?? '',
          last_name: lead.lastName ?? '',
          company: lead.company ?? '',
        },
        metadata: { delivery_id: messageId },
        tags: [purpose],
      },
      { signal: AbortSignal.timeout(sendMs[email.vendor]), correlationId: context.job.correlationId },
    )
    if (sent.status === 'rejected' || sent.status === 'invalid')
      return {
        state: 'REJECTED',
        providerMessageId: sent.messageId,
        reason: sent.rejectReason ?? sent.status,
      }
    return { state: 'ACCEPTED', providerMessageId: sent.messageId }
  })
}

/** Sends the welcome template by WhatsApp, unless it was sent, or must not be. */
export async function sendWelcomeWhatsapp(
  context: Context,
  lead: LeadRow,
  afterUnknown: AfterUnknown,
): Promise<SendResult> {
  const verdict = whatsappVerdict(
    lead,
    await isSuppressed(context.em, lead.workspaceId, 'WHATSAPP', lead.phone),
  )
  if (!verdict.send) return { outcome: 'SKIPPED', reason: verdict.reason }
  const { welcome } = context.services
  const { whatsapp } = await context.services.accounts(context.job.workspaceId)
  return sendOnce(context, lead, 'WHATSAPP', 'whatsapp', afterUnknown, async (messageId) => {
    const sent = await whatsapp.sendTemplate(
      {
        to: lead.phone!,
        template: welcome.whatsappTemplate,
        language: templateLanguage(lead.locale, welcome.whatsappLanguages),
        bodyParameters: [lead.firstName ?? lead.company ?? '👋'],
        callbackData: messageId,
      },
      { signal: AbortSignal.timeout(sendMs.whatsapp), correlationId: context.job.correlationId },
    )
    return { state: 'ACCEPTED', providerMessageId: sent.messageId }
  })
}

function fullName(lead: LeadRow): string | undefined {
  return [lead.firstName, lead.lastName].filter(Boolean).join(' ') || undefined
}

/** Lets a message whose answer was lost be looked into later; runs in the transaction that notes the loss. */
export type AfterUnknown = (em: Em, messageId: string) => Promise<void>

type Send = (messageId: string) => Promise<Settlement>

/**
 * One visible send.
 * 1. Claim it. Whoever does not get the claim does not send.
 * 2. A claim left by an attempt that died means: perhaps sent. So does a lost answer. Neither is ever sent again blindly.
 * 3. An error that says "not sent" gives the claim back, so that a later attempt can try.
 */
async function sendOnce(
  context: Context,
  lead: LeadRow,
  channel: Channel,
  provider: string,
  afterUnknown: AfterUnknown,
  send: Send,
): Promise<SendResult> {
  const { job, signal, transaction } = context
  const claim = {
    workspaceId: job.workspaceId,
    leadId: lead.id,
    jobId: job.id,
    correlationId: job.correlationId,
    purpose,
    channel,
    occurrence: '1',
    provider,
  }
  signal.throwIfAborted()
  const { message, mine } = await transaction((em) => claimMessage(em, claim))
  if (!mine && message.state !== 'CLAIMED') return { outcome: message.state }
  const settlement = mine
    ? await attemptSend(context, message.id, send)
    : { state: 'UNKNOWN' as const, reason: 'WORKER_LOST' }
  await transaction(async (em) => {
    await settleMessage(em, message.id, settlement)
    if (settlement.state === 'UNKNOWN') await afterUnknown(em, message.id)
  })
  return { outcome: settlement.state }
}

async function attemptSend({ transaction }: Context, messageId: string, send: Send): Promise<Settlement> {
  try {
    return await send(messageId)
  } catch (error) {
    const settlement = settlementOf(error)
    if (settlement) return settlement
    await transaction((em) => releaseMessage(em, messageId))
    throw error
  }
}

/** What an error says about the message; undefined when it surely did not leave and may be tried again. */
function settlementOf(error: unknown): Settlement | undefined {
  const { errorClass, code, recipientRefused } = error as {
    errorClass?: string
    code?: string
    recipientRefused?: boolean
  }
  if (errorClass === 'UNKNOWN') return { state: 'UNKNOWN', reason: code }
  if (recipientRefused) return { state: 'REJECTED', reason: code }
  return undefined
}
