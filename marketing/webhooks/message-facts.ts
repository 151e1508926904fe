import type { FactMetric } from '../../entities/fact.ts'
import type { Em } from '../../entities/index.ts'
import type { LeadEventType } from '../../entities/lead-event.ts'
import { appendFacts, type NewFact, sourceEvent } from '../facts.ts'
import { messageFact, onceNamed } from '../message-metrics.ts'
import { type MessageRow, tellOfMessage } from '../messages.ts'

export interface Happening {
  at: Date
  /** Names it at its source. The first two parts are vendor and message. */
  name: [vendor: string, messageId: string, ...more: string[]]
  bot?: boolean
}

/** Counts what happened to a message, once. WhatsApp may say that it was read and not that it was delivered: that counts as both. */
export async function countMessage(
  em: Em,
  message: MessageRow,
  metric: FactMetric,
  { at, name, bot = false }: Happening,
): Promise<void> {
  const common = { ...(await messageFact(em, message)), occurredAt: at }
  const [vendor, id] = name
  const own = onceNamed(metric, message.id) ?? sourceEvent(...name)
  const facts: NewFact[] = [{ ...common, metric, bot, sourceEvent: own }]
  if (metric === 'OPENED' && message.channel === 'WHATSAPP')
    facts.push({
      ...common,
      metric: 'DELIVERED',
      bot: false,
      sourceEvent: sourceEvent(vendor, id, 'delivered'),
    })
  await appendFacts(em, facts)
}

/** When a message was delivered, as far as it was counted. */
export async function deliveredAt(
  em: Em,
  { workspaceId, provider }: MessageRow,
  providerMessageId: string,
): Promise<Date | undefined> {
  const [row] = await em.execute<{ occurred_at: string }[]>(
    'select occurred_at from fact where workspace_id = ? and source_event = ?',
    [workspaceId, sourceEvent(provider, providerMessageId, 'delivered')],
  )
  return row && new Date(`${row.occurred_at.replace(' ', 'T')}Z`)
}

/** A line on the timeline, unless the message has one of this type. The message's row is locked by now. */
export async function tellOnce(em: Em, message: MessageRow, type: LeadEventType, at: Date): Promise<void> {
  const rows = await em.execute<unknown[]>(
    'select 1 from lead_event where lead_id = ? and message_id = ? and type = ? limit 1',
    [message.leadId, message.id, type],
  )
  if (rows.length === 0) await tellOfMessage(em, message, type, { at })
}
