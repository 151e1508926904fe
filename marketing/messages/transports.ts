import type { CallContext } from '../../integrations/client.ts'
import type { EmailSender, SentEmail } from '../../integrations/email.ts'
import type { Whatsapp } from '../../integrations/whatsapp/verbs.ts'
import type { LeadRow } from '../lead-row.ts'
import type { Prepared } from './policy.ts'
import type { MessageRequest } from './request.ts'
import type { Settlement } from './send-ledger.ts'
import type { SendContext } from './send-message.ts'
import { sendersOf } from './senders.ts'

/** How one message is handed to its provider. */
export interface Transport {
  provider: string
  /** Whether the provider can be asked for a message whose answer was lost. */
  canLookUp: boolean
  /** @param messageId comes back with every report */
  send(messageId: string): Promise<Settlement>
}

/**
 * A send bounded by itself: it is not stopped half way by a shutdown, as its answer would be lost. A mail server may take
 * its time to answer for a mail it has already got, and keeps no record to look it up in.
 */
const sendMs = { mandrill: 15_000, smtp: 60_000, whatsapp: 15_000 }

const callOf = ({ job }: SendContext, provider: keyof typeof sendMs): CallContext => ({
  signal: AbortSignal.timeout(sendMs[provider]),
  correlationId: job.correlationId,
  priority: job.priority,
})

/** The workspace's provider for a message. @throws an error of class `AUTH` when it has none */
export async function transportOf(
  context: SendContext,
  lead: LeadRow,
  request: MessageRequest,
  prepared: Prepared,
): Promise<Transport> {
  const senders = await sendersOf(context)
  if (request.channel === 'WHATSAPP') return byWhatsapp(context, senders.whatsapp, lead, request, prepared)
  return byEmail(context, senders.email, lead, request, prepared)
}

function byEmail(
  context: SendContext,
  email: EmailSender,
  lead: LeadRow,
  { template, purpose }: MessageRequest,
  { variables: vars }: Prepared,
): Transport {
  const name = [lead.firstName, lead.lastName].filter(Boolean).join(' ') || undefined
  return {
    provider: email.vendor,
    canLookUp: email.findByMetadata !== undefined,
    async send(messageId) {
      const mail = { template: template!, to: { email: lead.email!, name }, vars, tags: [purpose] }
      const metadata = { delivery_id: messageId }
      return emailSettlement(await email.sendTemplate({ ...mail, metadata }, callOf(context, email.vendor)))
    },
  }
}

function emailSettlement({ status, messageId: providerMessageId, rejectReason }: SentEmail): Settlement {
  if (status === 'rejected' || status === 'invalid')
    return { state: 'REJECTED', providerMessageId, reason: rejectReason ?? status }
  return { state: 'ACCEPTED', providerMessageId }
}

function byWhatsapp(
  context: SendContext,
  whatsapp: Whatsapp,
  lead: LeadRow,
  request: MessageRequest,
  { variables, language }: Prepared,
): Transport {
  const to = lead.phone!
  return {
    provider: 'whatsapp',
    // WhatsApp offers no search: its own status webhook settles a lost answer, else an operator does.
    canLookUp: false,
    async send(callbackData) {
      const call = callOf(context, 'whatsapp')
      const { messageId: providerMessageId } =
        request.template === undefined
          ? await whatsapp.sendText({ to, text: request.text, callbackData }, call)
          : await whatsapp.sendTemplate(
              {
                to,
                template: request.template,
                language: language!,
                bodyParameters: inOrder(variables),
                callbackData,
              },
              call,
            )
      return { state: 'ACCEPTED', providerMessageId }
    },
  }
}

/** Numbered placeholders take their values in order, named ones by name. */
function inOrder(variables: Record<string, string>): string[] | Record<string, string> {
  const names = Object.keys(variables)
  if (!names.every((name) => /^\d+$/.test(name))) return variables
  return names.sort((a, b) => Number(a) - Number(b)).map((name) => variables[name]!)
}
