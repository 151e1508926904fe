import { newId } from '../entities/ids.ts'
import type { Em } from '../entities/index.ts'
import { marks } from '../entities/sql.ts'
import { appendFacts, attribution, type NewFact, sourceEvent } from './facts.ts'
import { insertEvents, type NumberedEvent } from './lead-events.ts'
import { type LeadFields, type LeadRow, leadColumns, toValues } from './lead-row.ts'

/** `id` is made by the caller where the insertion may be repeated. */
export type NewLead = LeadFields & { correlationId: string; id?: string }

/** `existing`: a lead of the workspace has this e-mail address already. */
export type InsertedLead = { kind: 'created'; lead: LeadRow } | { kind: 'existing'; leadId: string }

/**
 * Inserts leads, the first event of their timelines and the facts with three statements, however many they are. A lead whose e-mail
 * address the workspace already has (or an earlier item of the call) is left as it is. Waits for a concurrent
 * transaction that is inserting the same address, so exactly one of them creates it.
 * @returns one outcome per item, in order
 */
export async function insertLeads(
  em: Em,
  workspaceId: string,
  items: readonly NewLead[],
  now: Date,
): Promise<InsertedLead[]> {
  if (items.length === 0) return []
  const leads = items.map((item) => toRow(workspaceId, item, now))
  const values = leads.map(toValues)
  const holders = await em.execute<{ id: string }[]>(
    `insert into \`lead\` (${leadColumns.join(', ')}) values ${values.map(marks).join(', ')}
     on duplicate key update id = id returning id`,
    values.flat(),
  )
  const outcomes = leads.map((lead, index): InsertedLead => {
    const holder = holders[index]!.id
    return holder === lead.id ? { kind: 'created', lead } : { kind: 'existing', leadId: holder }
  })
  const created = outcomes.flatMap((outcome, index) =>
    outcome.kind === 'created' ? [firstEvent(outcome.lead, items[index]!.correlationId)] : [],
  )
  await insertEvents(em, created)
  await appendFacts(
    em,
    outcomes.flatMap((outcome) => (outcome.kind === 'created' ? [creation(outcome.lead)] : [])),
  )
  return outcomes
}

function creation(lead: LeadRow): NewFact {
  return {
    workspaceId: lead.workspaceId,
    metric: 'CREATED',
    channel: null,
    occurredAt: lead.createdAt,
    sourceEvent: sourceEvent('lead', lead.id, 'created'),
    ...attribution(lead),
  }
}

function firstEvent(lead: LeadRow, correlationId: string): NumberedEvent {
  return { leadId: lead.id, seq: 1, type: 'CREATED', at: lead.createdAt, correlationId }
}

function toRow(
  workspaceId: string,
  { correlationId: _, id = newId('lead'), ...fields }: NewLead,
  now: Date,
): LeadRow {
  return {
    ...fields,
    id,
    workspaceId,
    emailConsentAt: fields.emailConsent === 'UNKNOWN' ? null : now,
    whatsappConsentAt: fields.whatsappConsent === 'UNKNOWN' ? null : now,
    status: 'NEW',
    externalIds: {},
    lastEventSeq: 1,
    erasedAt: null,
    createdAt: now,
    updatedAt: now,
    version: 1,
  }
}
