import { newId } from '../entities/ids.ts'
import type { Em } from '../entities/index.ts'
import { marks } from '../entities/sql.ts'
import {
  type FirstConsent,
  firstConsentColumns,
  firstConsentTimes,
  firstConsentValues,
  recordFirstConsents,
} from './consent/first-consent.ts'
import { appendFacts, attribution, type NewFact, sourceEvent } from './facts.ts'
import { insertEvents, type NumberedEvent } from './lead-events.ts'
import { type LeadFields, type LeadRow, leadColumns, phoneKeyOf, toValues } from './lead-row.ts'

export type NewLead = LeadFields & {
  correlationId: string
  /** Made by the caller where the insertion may be repeated. */
  id?: string
  /** Where the consents come from. Default: from the API, just now. */
  consent?: FirstConsent
}

/** `existing`: a lead of the workspace has this e-mail address already, or this phone number and the new one nothing else. */
export type InsertedLead = { kind: 'created'; lead: LeadRow } | { kind: 'existing'; leadId: string }

/**
 * Inserts leads, the first event of their timelines, the first lines of their consent histories and the facts with four
 * statements, however many they are; those known by phone number alone take two more. A lead whose e-mail address the
 * workspace already has (or an earlier item of the call) is left as it is; so is one without an address whose number any
 * lead has. Waits for a concurrent transaction that is inserting the same person, so exactly one of them creates it.
 * @returns one outcome per item, in order
 */
export async function insertLeads(
  em: Em,
  workspaceId: string,
  items: readonly NewLead[],
  now: Date,
): Promise<InsertedLead[]> {
  const leads = items.map((item) => toRow(workspaceId, item, now))
  const holders = new Map<LeadRow, string>()
  await insertRows(
    em,
    leads.filter(({ email }) => email),
    holders,
  )
  const phoneOnly = leads.filter(({ email }) => !email)
  const known = await holdersOfPhones(em, workspaceId, phoneOnly)
  for (const lead of phoneOnly) if (known.has(lead.phone!)) holders.set(lead, known.get(lead.phone!)!)
  await insertRows(
    em,
    phoneOnly.filter(({ phone }) => !known.has(phone!)),
    holders,
  )
  const outcomes = leads.map((lead): InsertedLead => {
    const holder = holders.get(lead)!
    return holder === lead.id ? { kind: 'created', lead } : { kind: 'existing', leadId: holder }
  })
  const created = outcomes.flatMap((outcome, index) =>
    outcome.kind === 'created' ? [{ lead: outcome.lead, item: items[index]! }] : [],
  )
  await insertEvents(
    em,
    created.map(({ lead, item }) => firstEvent(lead, item.correlationId)),
  )
  await recordFirstConsents(em, created.map(firstConsent), now)
  await appendFacts(
    em,
    created.map(({ lead }) => creation(lead)),
  )
  return outcomes
}

const columns = [...leadColumns, ...firstConsentColumns, 'phone_key']

/** Inserts each lead, or finds who has its place: their ids are added to `holders`. */
async function insertRows(em: Em, leads: readonly LeadRow[], holders: Map<LeadRow, string>): Promise<void> {
  if (leads.length === 0) return
  const values = leads.map((lead) => [...toValues(lead), ...firstConsentValues(lead), phoneKeyOf(lead)])
  const rows = await em.execute<{ id: string }[]>(
    `insert into \`lead\` (${columns.join(', ')}) values ${values.map(marks).join(', ')}
     on duplicate key update id = id returning id`,
    values.flat(),
  )
  leads.forEach((lead, index) => void holders.set(lead, rows[index]!.id))
}

/** Who has the phone numbers of these leads, whatever else they are known by; of several who share one, the oldest. */
async function holdersOfPhones(
  em: Em,
  workspaceId: string,
  leads: readonly LeadRow[],
): Promise<Map<string, string>> {
  const phones = leads.flatMap(({ phone }) => phone ?? [])
  if (phones.length === 0) return new Map()
  // Locks, and so waits for a lead with the number that is just being inserted.
  const rows = await em.execute<{ id: string; phone: string }[]>(
    `select id, phone from \`lead\` where workspace_id = ? and phone in ${marks(phones)} and erased_at is null
     order by id desc lock in share mode`,
    [workspaceId, ...phones],
  )
  return new Map(rows.map(({ id, phone }) => [phone, id]))
}

function firstConsent({ lead, item }: { lead: LeadRow; item: NewLead }) {
  const { consent = { source: 'API' }, correlationId } = item
  return { lead, origin: consent, correlationId }
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
  { correlationId: _, id = newId('lead'), consent, ...fields }: NewLead,
  now: Date,
): LeadRow {
  return {
    ...fields,
    id,
    workspaceId,
    ...firstConsentTimes(fields, consent?.at ?? now),
    status: 'NEW',
    externalIds: {},
    lastEventSeq: 1,
    erasedAt: null,
    createdAt: now,
    updatedAt: now,
    version: 1,
  }
}
