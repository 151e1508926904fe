import { newId } from '../../entities/ids.ts'
import type { Em } from '../../entities/index.ts'
import type { LeadEventType } from '../../entities/lead-event.ts'
import type { Channel, Message, MessageContent, MessageState } from '../../entities/message.ts'
import type { Row } from '../../entities/row.ts'
import { fromSql } from '../../entities/sql.ts'
import { appendLeadEvents } from '../lead-events.ts'
import { countOutcome } from '../message-metrics.ts'

/**
 * The send ledger. Each message is claimed by a unique row before it leaves, so two attempts, two workers or two jobs
 * cannot send it twice. What became of it is written together with the lead's timeline.
 */

/** A message as plain data. */
export type MessageRow = Row<Message>

/** Which message it is: there is one of each lead, purpose, channel and occurrence. */
export interface MessageKey {
  leadId: string
  purpose: string
  channel: Channel
  occurrence: string
}

export interface Claim extends MessageKey {
  workspaceId: string
  jobId: string
  correlationId: string
  provider: string
  content: MessageContent
}

const columns =
  'id, workspace_id, lead_id, job_id, purpose, channel, occurrence, state, provider, correlation_id, content, claimed_at, updated_at'

/** Claims a message. `mine` is true for exactly one caller; the others get the row as it stands. */
export async function claimMessage(em: Em, claim: Claim): Promise<{ message: MessageRow; mine: boolean }> {
  const id = newId('message')
  const now = new Date()
  const { workspaceId, leadId, jobId, purpose, channel, occurrence, provider, correlationId } = claim
  const content = JSON.stringify(claim.content)
  await em.execute(
    `insert into message (${columns}) values (?, ?, ?, ?, ?, ?, ?, 'CLAIMED', ?, ?, ?, ?, ?) on duplicate key update id = id`,
    [
      id,
      workspaceId,
      leadId,
      jobId,
      purpose,
      channel,
      occurrence,
      provider,
      correlationId,
      content,
      now,
      now,
    ],
  )
  const message = await one(em, byKey, keyValues(claim))
  if (message!.id === id) return { message: message!, mine: true }
  if (message!.state !== 'NOT_SENT') return { message: message!, mine: false }
  await em.execute(
    `update message set state = 'CLAIMED', job_id = ?, provider = ?, correlation_id = ?, content = ?, claimed_at = ?, updated_at = ?,
       provider_message_id = null, delivery = null, reason = null where id = ?`,
    [jobId, provider, correlationId, content, now, now, message!.id],
  )
  return { message: (await lockMessage(em, message!.id))!, mine: true }
}

/** Gives a claim back: the message surely did not leave. `reason`: a code that says why. */
export async function releaseMessage(em: Em, id: string, reason?: string): Promise<void> {
  await em.execute(
    "update message set state = 'NOT_SENT', reason = ?, updated_at = ? where id = ? and state = 'CLAIMED'",
    [reason ?? null, new Date(), id],
  )
}

/**
 * Lets a message be sent again that did not get through, as is known by now. It keeps what the provider called it, so that
 * late reports about the first sending are told apart from the next one.
 */
export async function reopenMessage(em: Em, id: string): Promise<void> {
  await em.execute(
    "update message set state = 'NOT_SENT', updated_at = ? where id = ? and state in ('UNKNOWN', 'REJECTED', 'ACCEPTED')",
    [new Date(), id],
  )
}

/** A message by id, its row locked for the rest of the transaction. */
export function lockMessage(em: Em, id: string): Promise<MessageRow | undefined> {
  return one(em, 'id = ?', [id])
}

const byKey = 'lead_id = ? and purpose = ? and channel = ? and occurrence = ?'
const keyValues = ({ leadId, purpose, channel, occurrence }: MessageKey) => [
  leadId,
  purpose,
  channel,
  occurrence,
]

/** The message of a key as it stands, without a lock. */
export async function findMessage(em: Em, key: MessageKey): Promise<MessageRow | undefined> {
  const [row] = await em.execute<Record<string, unknown>[]>(
    `select * from message where ${byKey}`,
    keyValues(key),
  )
  return row && fromSql<MessageRow>(row)
}

/** One message, its row locked for the rest of the transaction. */
export async function one(em: Em, where: string, values: unknown[]): Promise<MessageRow | undefined> {
  const [row] = await em.execute<Record<string, unknown>[]>(
    `select * from message where ${where} for update`,
    values,
  )
  return row && fromSql<MessageRow>(row)
}

export interface Settlement {
  state: 'ACCEPTED' | 'REJECTED' | 'UNKNOWN'
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

/**
 * Writes what became of a message, once, and counts it: a state that is known is not overwritten by a later guess.
 * @returns whether it was news
 */
export async function settleMessage(em: Em, id: string, settlement: Settlement): Promise<boolean> {
  const message = await lockMessage(em, id)
  if (!message || !mayBecome(message.state, settlement.state)) return false
  await em.execute(
    'update message set state = ?, provider_message_id = coalesce(?, provider_message_id), reason = ?, updated_at = ? where id = ?',
    [settlement.state, settlement.providerMessageId ?? null, settlement.reason ?? null, new Date(), id],
  )
  await recordOnTimeline(em, message, eventOf[settlement.state], { reason: settlement.reason })
  if (settlement.state === 'UNKNOWN') return true
  if (settlement.state === 'ACCEPTED') await markWelcomed(em, message)
  // A message of which this is learned late left when it was claimed, not now.
  const at = message.state === 'CLAIMED' ? new Date() : message.claimedAt
  await countOutcome(em, message, metricOf[settlement.state], at)
  return true
}

/** A job that died between claim and answer can tell nothing any more: its messages are `UNKNOWN`, for somebody to resolve. */
export async function leaveUnknown(em: Em, leadId: string, jobId: string): Promise<void> {
  const claimed = await em.execute<{ id: string }[]>(
    "select id from message where lead_id = ? and job_id = ? and state = 'CLAIMED' order by id",
    [leadId, jobId],
  )
  for (const { id } of claimed) await settleMessage(em, id, { state: 'UNKNOWN', reason: 'JOB_DIED' })
}

/** One that is to be sent again may turn out to have been sent after all. */
function mayBecome(from: MessageState, to: Settlement['state']): boolean {
  if (from === 'CLAIMED') return true
  if (from === 'NOT_SENT') return to === 'ACCEPTED'
  return from === 'UNKNOWN' && to !== 'UNKNOWN'
}

/** The purpose of the messages that greet a new lead. */
export const welcomePurpose = 'welcome'

async function markWelcomed(em: Em, { purpose, leadId }: MessageRow): Promise<void> {
  if (purpose !== welcomePurpose) return
  await em.execute("update `lead` set status = 'WELCOMED' where id = ? and status = 'NEW'", [leadId])
}

/** A line on the timeline of a message's lead. */
export async function recordOnTimeline(
  em: Em,
  message: MessageRow,
  type: LeadEventType,
  { at = new Date(), reason }: { at?: Date; reason?: string | undefined } = {},
): Promise<void> {
  const { id: messageId, leadId, jobId, correlationId, channel, purpose, provider: vendor } = message
  const detail = { channel, purpose, vendor, ...(reason !== undefined && { reason }) }
  await appendLeadEvents(em, [{ leadId, type, at, jobId, messageId, correlationId, detail }])
}
