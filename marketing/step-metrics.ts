import type { Fact } from '../entities/fact.ts'
import { attribution, type NewFact, sourceEvent } from './facts.ts'
import type { LeadRow } from './lead-row.ts'

type Counted = Pick<LeadRow, 'id' | 'workspaceId' | 'campaignId' | 'source'>

/** A lead was written to another system: once per lead and system, however often it is written again. */
export function syncedFact(lead: Counted, channel: Fact['channel'], vendor: string): NewFact {
  const name = sourceEvent('lead', lead.id, 'synced', vendor)
  return { ...common(lead, channel), metric: 'SYNCED', sourceEvent: name }
}

/** A step was not done for a lead, and is not to be: once per lead and step. `purpose`: of the message that was not sent. */
export function skippedFact(
  lead: Counted,
  channel: Fact['channel'],
  step: string,
  purpose: string | null,
): NewFact {
  const name = sourceEvent('lead', lead.id, 'skipped', step)
  return { ...common(lead, channel), metric: 'SKIPPED', template: purpose, sourceEvent: name }
}

function common(lead: Counted, channel: Fact['channel']) {
  return { workspaceId: lead.workspaceId, channel, occurredAt: new Date(), ...attribution(lead) }
}
