import type { FactMetric } from '../entities/fact.ts'
import type { Em } from '../entities/index.ts'
import { Lead } from '../entities/lead.ts'
import type { Message } from '../entities/message.ts'
import { appendFacts, attribution, type NewFact, sourceEvent } from './facts.ts'

type Counted = Pick<Message, 'id' | 'workspaceId' | 'leadId' | 'channel' | 'purpose'>

/** What every fact about a message says. */
export async function messageFact(
  em: Em,
  { id, workspaceId, leadId, channel, purpose }: Counted,
): Promise<Omit<NewFact, 'metric' | 'occurredAt' | 'sourceEvent'>> {
  const lead = await em.findOne(Lead, { id: leadId }, { disableIdentityMap: true })
  return { workspaceId, channel, messageId: id, template: purpose, ...(lead && attribution(lead)) }
}

/**
 * What is true of a message once. We learn it from the vendor's answer, its webhook or an operator, whichever is first, so
 * it is named by our own id.
 */
const once: Partial<Record<FactMetric, string>> = { SENT: 'sent', FAILED: 'failed' }

/** The name of such an event; undefined for what may happen to a message several times. */
export function onceNamed(metric: FactMetric, messageId: string): string | undefined {
  const what = once[metric]
  return what && sourceEvent('message', messageId, what)
}

/** Counts a message as sent or failed, unless it was. */
export async function countOutcome(
  em: Em,
  message: Counted,
  metric: 'SENT' | 'FAILED',
  occurredAt: Date,
): Promise<void> {
  const name = onceNamed(metric, message.id)!
  await appendFacts(em, [{ ...(await messageFact(em, message)), metric, occurredAt, sourceEvent: name }])
}
