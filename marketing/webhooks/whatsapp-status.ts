import { z } from 'zod'
import type { FactMetric } from '../../entities/fact.ts'
import { kindOfId } from '../../entities/ids.ts'
import type { Em } from '../../entities/index.ts'
import { Lead } from '../../entities/lead.ts'
import type { DeliveryState } from '../../entities/message.ts'
import type { SuppressionReason } from '../../entities/suppression.ts'
import { findConversation } from '../conversations.ts'
import { recordDelivery } from '../messages/delivery.ts'
import type { MessageRow } from '../messages/send-ledger.ts'
import { suppress } from '../suppression.ts'
import { leadByPhone, phoneOf } from './addresses.ts'
import { type Cause, NotKnownYet, statementOf } from './cause.ts'
import { countMessage } from './message-facts.ts'
import { fields, seconds, text, vendorId, waId } from './read.ts'

const meanings: Record<string, { delivery: DeliveryState; metric: FactMetric }> = {
  sent: { delivery: 'SENT', metric: 'SENT' },
  delivered: { delivery: 'DELIVERED', metric: 'DELIVERED' },
  read: { delivery: 'READ', metric: 'OPENED' },
  failed: { delivery: 'FAILED', metric: 'FAILED' },
}

/** Failures that are about the person: not on WhatsApp or not to be reached; wants no marketing. */
const suppressions: Record<string, SuppressionReason> = { '131026': 'UNREACHABLE', '131050': 'UNSUBSCRIBED' }

const shape = fields({
  phoneNumberId: vendorId,
  status: fields({
    id: vendorId,
    status: text,
    timestamp: seconds,
    recipient_id: waId,
    biz_opaque_callback_data: vendorId,
    errors: z.array(fields({ code: vendorId })).catch([]),
  }),
})
type Report = ReturnType<typeof shape.parse>

/** Applies what became of a message. @throws NotKnownYet when it is not known yet whose it is */
export async function applyStatus(em: Em, body: unknown, cause: Cause): Promise<boolean> {
  const report = shape.parse(body)
  const { id, timestamp: at, status } = report.status
  const meaning = meanings[status ?? '']
  if (!id || !at || !meaning) return false
  const message = await deliver(em, report, meaning.delivery, cause)
  if (!message && cause.mayWait && mayBeOurs(report)) throw new NotKnownYet()
  const suppressed = await suppressPerson(em, report, message, cause)
  if (message) await countMessage(em, message, meaning.metric, { at, name: ['whatsapp', id, status!] })
  return suppressed || message !== undefined
}

function deliver(em: Em, { status }: Report, delivery: DeliveryState, { workspaceId }: Cause) {
  return recordDelivery(em, {
    workspaceId,
    provider: 'whatsapp',
    messageId: status.biz_opaque_callback_data,
    providerMessageId: status.id!,
    delivery,
    at: status.timestamp!,
    reason: status.errors[0]?.code,
  })
}

/** We hand our own id to each message; one that comes with another was sent by somebody else with this number. */
function mayBeOurs({ status }: Report): boolean {
  const ours = status.biz_opaque_callback_data
  return ours === undefined || kindOfId(ours) === 'message'
}

async function suppressPerson(
  em: Em,
  { phoneNumberId, status }: Report,
  message: MessageRow | undefined,
  cause: Cause,
): Promise<boolean> {
  const at = status.timestamp!
  const reason = status.errors.map(({ code }) => suppressions[code ?? '']).find(Boolean)
  const address = reason && (await addressOf(em, cause.workspaceId, status.recipient_id, message))
  if (!reason || !address) return false
  const person = {
    workspaceId: cause.workspaceId,
    phoneNumberId: phoneNumberId ?? '',
    waId: status.recipient_id,
    userId: undefined,
  }
  // Who has written since can be reached.
  if (reason === 'UNREACHABLE' && ((await findConversation(em, person))?.lastInboundAt ?? 0) > at)
    return false
  await suppress(em, statementOf(cause, 'WHATSAPP', address, at), reason)
  return true
}

/** The number as the lead has it; WhatsApp may spell it otherwise. */
async function addressOf(
  em: Em,
  workspaceId: string,
  recipient: string | undefined,
  message: MessageRow | undefined,
): Promise<string | undefined> {
  const lead = message
    ? await em.findOne(Lead, { id: message.leadId }, { disableIdentityMap: true })
    : recipient && (await leadByPhone(em, workspaceId, recipient))
  return (lead || undefined)?.phone ?? (recipient && phoneOf(recipient))
}
