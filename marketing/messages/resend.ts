import { Lead } from '../../entities/lead.ts'
import { Message } from '../../entities/message.ts'
import type { Services } from '../../runtime/services.ts'
import { type MessageRequest, requestOf } from './request.ts'
import { type MessageRow, welcomePurpose } from './send-ledger.ts'
import { type SendContext, type SendOutcome, sendMessage } from './send-message.ts'
import { welcomeRequest } from './welcome.ts'

/** What it takes to send the message again is not kept: it is older than that, or the person was erased. */
class ContentGone extends Error {
  readonly errorClass = 'PERMANENT'
  readonly code = 'CONTENT_GONE'
}

/**
 * Sends a message again by what is kept of it. One that turned out to have been sent, or that must not be sent any more, is not.
 * @param lookUp whether an answer that is lost again is looked up; default true
 * @throws what `sendMessage` throws; an error `CONTENT_GONE` when nothing is kept of it
 */
export async function sendAgain(
  context: SendContext,
  message: MessageRow,
  options?: { lookUp?: boolean },
): Promise<SendOutcome> {
  const request = requestOf(message) ?? welcomeAgain(message, context.services)
  if (!request && (await isGone(context, message))) return { outcome: 'SKIPPED', reason: 'LEAD_GONE' }
  if (!request) throw new ContentGone(`What message ${message.id} said is not kept`)
  return sendMessage(context, request, options)
}

/** Welcome messages were the only ones there were before contents were kept. */
function welcomeAgain(
  { leadId, purpose, channel }: MessageRow,
  services: Services,
): MessageRequest | undefined {
  return purpose === welcomePurpose ? welcomeRequest(leadId, channel, services.welcome) : undefined
}

async function isGone({ em }: SendContext, { leadId, workspaceId }: MessageRow): Promise<boolean> {
  const where = { id: leadId, workspaceId, erasedAt: null }
  return (await em.findOne(Lead, where, { disableIdentityMap: true })) === null
}

/** The job `message.send`: what became of a message of the job's workspace that is to be sent again. */
export async function resend(
  context: SendContext,
  messageId: string,
): Promise<{ outcome: string; reason?: string }> {
  const where = { id: messageId, workspaceId: context.job.workspaceId }
  const message = await context.em.findOne(Message, where, { disableIdentityMap: true })
  return message ? sendAgain(context, message) : { outcome: 'GONE' }
}
