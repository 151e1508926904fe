import type { Channel } from '../../entities/message.ts'
import type { Services } from '../../runtime/services.ts'
import type { MessageRequest } from './request.ts'
import { welcomePurpose } from './send-ledger.ts'
import { type SendContext, type SendOutcome, sendMessage } from './send-message.ts'

/** Sends the welcome message of a channel, unless it was sent, or must not be. */
export function sendWelcome(context: SendContext, leadId: string, channel: Channel): Promise<SendOutcome> {
  return sendMessage(context, welcomeRequest(leadId, channel, context.services.welcome))
}

/** The message that greets a new lead. */
export function welcomeRequest(
  leadId: string,
  channel: Channel,
  { emailTemplate, whatsappTemplate, whatsappLanguages }: Services['welcome'],
): MessageRequest {
  const addressed = { leadId, channel, purpose: welcomePurpose }
  if (channel === 'EMAIL')
    return {
      ...addressed,
      template: emailTemplate,
      variables: {
        first_name: { lead: 'firstName' },
        last_name: { lead: 'lastName' },
        company: { lead: 'company' },
      },
    }
  return {
    ...addressed,
    template: whatsappTemplate,
    languages: whatsappLanguages,
    variables: { 1: { lead: ['firstName', 'company'], or: '👋' } },
  }
}
