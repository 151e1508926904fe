import { newId } from '../entities/ids.ts'
import type { Em } from '../entities/index.ts'
import type { LeadEventType } from '../entities/lead-event.ts'
import type { Channel, DeliveryState, Message, MessageState } from '../entities/message.ts'
import type { Row } from '../entities/row.ts'
import { fromSql } from '../entities/sql.ts'
import { appendLeadEvents } from './lead-events.ts'
import { countOutcome } from './message-metrics.ts'

/**
 * The send ledger. Each message is claimed by a unique row before it leaves, so two attempts, two workers or two jobs
 * cannot send it twice. What became of it is written together with the lead's timeline.
 */

/** A message as plain data. */
export type MessageRow = Row<Message>

export interface Claim {
  workspaceId: string
  leadId: string
  jobId: string
  correlationId: string
  purpose: string
  channel: Channel
  occurrence: string
  provider: string
}

const columns =
  'id, workspace_id, lead_id, job_id, purpose, channel, occurrence, state, provider, correlation_id, claimed_at, updated_at'

/** Claims a message. `mine` is true for exactly one caller; the others get the row as it stands. */
export async function claimMessage(em: Em, claim: Claim): Promise<{ message: MessageRow; mine: boolean }> {
  const id = newId('message')
  const now = new Date()
  await em.execute(
    `insert into message (${columns}) values (?, ?, ?, ?, ?, ?, ?, 'CLAIMED', ?, ?, ?, ?) on duplicate key update id = id`,
    [
      id,
      claim.workspaceId,
      claim.leadId,
      claim.jobId,
      claim.purpose,
      claim.channel,
      claim.occurrence,
      claim.provider,
      claim.correlationId,
      now,
      now,
    ],
  )
  const message = await one(em, 'lead_id = ? and purpose = ? and channel = ? and occurrence = ?', [
    claim.leadId,
    claim.purpose,
    claim.channel,
    claim.occurrence,
  ])
  return { message: message!, mine: message!.id === id }
}

/** Gives a claim back: the message surely did not leave. */
export async function releaseMessage(em: Em, id: string): Promise<void> {
  await em.execute("delete from message where id = ? and state in ('CLAIMED', 'UNKNOWN')", [id])
}

/** A message by id, its row locked for the rest of the transaction. */
export function lockMessage(em: Em, id: string): Promise<MessageRow | undefined> {
  return one(em, 'id = ?', [id])
}

async function one(em: Em, where: string, values: unknown[]): Promise<MessageRow | undefined> {
  const [row] = await em.execute<Record<string, unknown>[]>(
    `select * from message where ${where} for update`,
    values,
  )
  return row && fromSql<MessageRow>(row)
}

export interface Settlement {
  state: Exclude<MessageState, 'CLAIMED'>
  providerMessageId?: string | undefined
  /** A code, never free text. */
  reason?: string | undefined
}

const eventOf: Record<Settlement['state'], LeadEventType> = {
  ACCEPTED: 'MESSAGE_ACCEPTED',
  REJECTED: 'MESSAGE_REJECTED',
  UNKNOWN: 'MESSAGE_UNKNOWN',
}

const metricOf = { ACCEPTED: 'SENT', REJECTED: 'FAILED' } as const

/** Writes what became of a message, once, and counts it: a state that is known is not overwritten by a later guess. */
export async function settleMessage(em: Em, id: string, settlement: Settlement): Promise<void> {
  const message = await lockMessage(em, id)
  if (!message || !mayBecome(message.state, settlement.state)) return
  await em.execute(
    'update message set state = ?, provider_message_id = coalesce(?, provider_message_id), reason = ?, updated_at = ? where id = ?',
    [settlement.state, settlement.providerMessageId ?? null, settlement.reason ?? null, new Date(), id],
  )
  await tellOfMessage(em, message, eventOf[settlement.state], { reason: settlement.reason })
  if (settlement.state === 'UNKNOWN') return
  // A message of which this is learned late left when it was claimed, not now.
  const at = message.state === 'CLAIMED' ? new Date() : message.claimedAt
  await countOutcome(em, message, metricOf[settlement.state], at)
}

function mayBecome(from: MessageState, to: MessageState): boolean {
  if (from === 'CLAIMED') return true
  return from === 'UNKNOWN' && to !== 'UNKNOWN'
}

/** A line on the timeline of a message's lead. */
export async function tellOfMessage(
  em: Em,
  message: MessageRow,
  type: LeadEventType,
  { at = new Date(), reason }: { at?: Date; reason?: string | undefined } = {},
): Promise<void> {
  const detail = {
    channel: message.channel,
    purpose: message.purpose,
    vendor: message.provider,
    ...(reason !== undefined && { reason }),
  }
  await appendLeadEvents(em, [
    {
      leadId: message.leadId,
      type,
      at,
      jobId: message.jobId,
      messageId: message.id,
      correlationId: message.correlationId,
      detail,
    },
  ])
}

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
  if (!message) return undefined
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
  if (type) await tellOfMessage(em, message, type, report)
  return message
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
