import type { FactMetric } from '../../entities/fact.ts'
import type { Em } from '../../entities/index.ts'
import type { LeadEventType } from '../../entities/lead-event.ts'
import { appendFacts, type NewFact, sourceEvent } from '../facts.ts'
import { messageFact, onceNamed } from '../message-metrics.ts'
import { type MessageRow, recordOnTimeline } from '../messages/send-ledger.ts'

export interface Happening {
  at: Date
  /** Names it at its source. The first two parts are vendor and message. */
  name: [vendor: string, messageId: string, ...more: string[]]
  bot?: boolean
}

/** Counts what happened to a message, and what follows from it, once each. */
export async function countMessage(
  em: Em,
  message: MessageRow,
  metric: FactMetric,
  { at, name, bot = false }: Happening,
): Promise<void> {
  const common = { ...(await messageFact(em, message)), occurredAt: at }
  const [vendor, id] = name
  const own = onceNamed(metric, message.id) ?? sourceEvent(...name)
  const fact: NewFact = { ...common, metric, bot, sourceEvent: own }
  const more = consequences(message, metric, bot).map(
    ([implied, event]): NewFact => ({
      ...common,
      metric: implied,
      sourceEvent: onceNamed(implied, message.id) ?? sourceEvent(vendor, id, event),
    }),
  )
  await appendFacts(em, [fact, ...more])
}

/**
 * What else is true of a message: the metric, and the name of the event that would tell of it by itself. WhatsApp may say
 * that it was read and not that it was delivered, Mandrill that it bounced and not that it was sent. Who clicks has opened
 * it, even where pictures are not loaded.
 */
function consequences({ channel }: MessageRow, metric: FactMetric, bot: boolean): [FactMetric, string][] {
  if (bot) return []
  const opened: [FactMetric, string] = ['UNIQUE_OPENED', 'first-open']
  if (metric === 'OPENED' && channel === 'WHATSAPP') return [opened, ['DELIVERED', 'delivered']]
  if (metric === 'OPENED') return [opened]
  if (metric === 'CLICKED') return [opened, ['UNIQUE_CLICKED', 'first-click']]
  return metric === 'BOUNCED' ? [['SENT', 'send']] : []
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
  if (rows.length === 0) await recordOnTimeline(em, message, type, { at })
}
