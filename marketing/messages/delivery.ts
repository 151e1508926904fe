import type { Em } from '../../entities/index.ts'
import type { LeadEventType } from '../../entities/lead-event.ts'
import type { DeliveryState } from '../../entities/message.ts'
import { type MessageRow, one, recordOnTimeline, settleMessage } from './send-ledger.ts'

/** What providers report about messages they took. */

/** Which message a provider means. */
interface MessageMeant {
  /** Whose account it was reported to: a report about the message of another workspace is not believed. */
  workspaceId: string
  provider: string
  /** Our own id, which the provider hands back. */
  messageId: string | undefined
  providerMessageId: string
}

/** What a provider reports about a message it took. */
export interface DeliveryReport extends MessageMeant {
  delivery: DeliveryState
  at: Date
  reason?: string | undefined
}

const rank: Record<DeliveryState, number> = { SENT: 1, DELIVERED: 2, READ: 3, FAILED: 4 }
const deliveryEvents: Partial<Record<DeliveryState, LeadEventType>> = {
  DELIVERED: 'MESSAGE_DELIVERED',
  READ: 'MESSAGE_READ',
  FAILED: 'MESSAGE_FAILED',
}

/**
 * Applies a provider's report. Replays and late, lower states change nothing; `FAILED` counts only before delivery. A
 * report about a message whose answer was lost settles it as accepted.
 * @returns the message as it was; undefined when no message of ours is meant
 */
export async function recordDelivery(em: Em, report: DeliveryReport): Promise<MessageRow | undefined> {
  const message = await findReported(em, report)
  if (!message || isAboutFirstSending(message, report)) return message
  if (message.state !== 'ACCEPTED')
    await settleMessage(em, message.id, { state: 'ACCEPTED', providerMessageId: report.providerMessageId })
  const before = message.delivery ? rank[message.delivery] : 0
  const outranked = report.delivery === 'FAILED' ? before >= rank.DELIVERED : before >= rank[report.delivery]
  if (outranked) return message
  await em.execute(
    'update message set delivery = ?, reason = coalesce(?, reason), updated_at = ? where id = ?',
    [report.delivery, report.reason ?? null, new Date(), message.id],
  )
  const type = deliveryEvents[report.delivery]
  if (type) await recordOnTimeline(em, message, type, report)
  return message
}

/** It is to be sent again because this sending, of which the provider's id is known, did not get through. */
function isAboutFirstSending({ state, providerMessageId }: MessageRow, report: DeliveryReport): boolean {
  return state === 'NOT_SENT' && providerMessageId === report.providerMessageId
}

async function findReported(em: Em, meant: MessageMeant): Promise<MessageRow | undefined> {
  const { workspaceId, provider, messageId, providerMessageId } = meant
  const own = messageId
    ? await one(em, 'id = ? and provider = ? and workspace_id = ?', [messageId, provider, workspaceId])
    : undefined
  return (
    own ??
    one(em, 'provider = ? and provider_message_id = ? and workspace_id = ?', [
      provider,
      providerMessageId,
      workspaceId,
    ])
  )
}
