import { LockMode, UniqueConstraintViolationException } from '@mikro-orm/core'
import { newId } from '../entities/ids.ts'
import type { Em } from '../entities/index.ts'
import { type ConsentState, Lead, type LeadStatus, type Utm } from '../entities/lead.ts'
import type { LeadEventDetail, LeadEventType } from '../entities/lead-event.ts'

/** Set-based writes of leads and their timelines, always in the caller's transaction. */

/** A lead as plain data. */
export type LeadRow = { [K in keyof Lead as K extends symbol ? never : K]: Lead[K] }

/** What a caller may say about a lead; already normalised (see identity.ts). */
export interface LeadFields {
  email: string | null
  phone: string | null
  firstName: string | null
  lastName: string | null
  company: string | null
  locale: string | null
  timeZone: string | null
  source: string | null
  utm: Utm
  tags: string[]
  customFields: Record<string, string>
  emailConsent: ConsentState
  whatsappConsent: ConsentState
  campaignId: string | null
}

export type NewLead = LeadFields & { correlationId: string }

/** `existing`: a lead of the workspace has this e-mail address already. */
export type InsertedLead = { kind: 'created'; lead: LeadRow } | { kind: 'existing'; leadId: string }

export interface NewLeadEvent {
  leadId: string
  type: LeadEventType
  correlationId: string
  at: Date
  jobId?: string | null | undefined
  messageId?: string | null | undefined
  detail?: LeadEventDetail | undefined
}

/**
 * Inserts leads and the first event of their timelines with two statements, however many they are. A lead whose e-mail
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
  const holders = await em.execute<{ id: string }[]>(
    `insert into \`lead\` (${leadColumns.join(', ')}) values ${tuples(leads.length, leadColumns.length)}
     on duplicate key update id = id returning id`,
    leads.flatMap(toValues),
  )
  const outcomes = leads.map((lead, index): InsertedLead => {
    const holder = holders[index]!.id
    return holder === lead.id ? { kind: 'created', lead } : { kind: 'existing', leadId: holder }
  })
  const created = outcomes.flatMap((outcome, index) =>
    outcome.kind === 'created' ? [firstEvent(outcome.lead, items[index]!.correlationId)] : [],
  )
  await insertEvents(em, created)
  return outcomes
}

export interface LeadChange {
  leadId: string
  patch: Partial<LeadFields & { status: LeadStatus }>
  /** Change the lead only if it still has this version. */
  version?: number | undefined
  correlationId: string
}

export type ChangedLead =
  | { kind: 'changed' | 'unchanged' | 'stale'; lead: LeadRow }
  /** Another lead, `leadId`, has the new e-mail address. */
  | { kind: 'taken'; leadId: string }
  | { kind: 'missing' }

/** Changes a lead and says so in its timeline. A patch that changes nothing writes nothing. */
export async function updateLead(
  em: Em,
  workspaceId: string,
  change: LeadChange,
  now: Date,
): Promise<ChangedLead> {
  const lead = await em.findOne(
    Lead,
    { id: change.leadId, workspaceId },
    { lockMode: LockMode.PESSIMISTIC_WRITE, disableIdentityMap: true },
  )
  if (!lead) return { kind: 'missing' }
  const before: LeadRow = lead
  if (change.version !== undefined && change.version !== before.version)
    return { kind: 'stale', lead: before }
  const patch = differences(before, change.patch)
  if (Object.keys(patch).length === 0) return { kind: 'unchanged', lead: before }
  const after = {
    ...before,
    ...patch,
    ...consentTimes(patch, now),
    updatedAt: now,
    version: before.version + 1,
  }
  try {
    await em.execute(
      `update \`lead\` set ${leadColumns.map((column) => `${column} = ?`).join(', ')} where id = ?`,
      [...toValues(after), after.id],
    )
  } catch (error) {
    if (error instanceof UniqueConstraintViolationException)
      return { kind: 'taken', leadId: await holderOf(em, after) }
    throw error
  }
  const detail = { changed: Object.keys(patch) }
  await appendLeadEvents(em, [
    { leadId: lead.id, type: 'UPDATED', at: now, correlationId: change.correlationId, detail },
  ])
  return { kind: 'changed', lead: { ...after, lastEventSeq: before.lastEventSeq + 1 } }
}

function differences(lead: LeadRow, patch: LeadChange['patch']): LeadChange['patch'] {
  const differs = ([name, value]: [string, unknown]) =>
    value !== undefined && JSON.stringify(value) !== JSON.stringify(lead[name as keyof LeadRow])
  return Object.fromEntries(Object.entries(patch).filter(differs))
}

function consentTimes(patch: LeadChange['patch'], now: Date): Partial<LeadRow> {
  return {
    ...(patch.emailConsent && { emailConsentAt: now }),
    ...(patch.whatsappConsent && { whatsappConsentAt: now }),
  }
}

async function holderOf(em: Em, { workspaceId, email }: LeadRow): Promise<string> {
  const sql = 'select id from `lead` where workspace_id = ? and email = ? lock in share mode'
  const [row] = await em.execute<{ id: string }[]>(sql, [workspaceId, email])
  return row!.id
}

/**
 * Appends events to timelines. Takes the lead rows' locks, so that the order of `seq` is the order of commits and a
 * reader that has seen `seq` n never misses one below it.
 */
export async function appendLeadEvents(em: Em, events: readonly NewLeadEvent[]): Promise<void> {
  const byLead = Map.groupBy(events, ({ leadId }) => leadId)
  const rows: EventRow[] = []
  for (const [leadId, own] of [...byLead].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const last = await takeSeqs(em, leadId, own.length)
    if (last !== undefined)
      rows.push(...own.map((event, index) => ({ ...event, seq: last - own.length + index + 1 })))
  }
  await insertEvents(em, rows)
}

/** The number of the last of `count` new events; undefined when the lead is gone. */
async function takeSeqs(em: Em, leadId: string, count: number): Promise<number | undefined> {
  const result = await em.execute<{ affectedRows: number; insertId: number }>(
    'update `lead` set last_event_seq = last_insert_id(last_event_seq + ?) where id = ?',
    [count, leadId],
    'run',
  )
  return result.affectedRows === 0 ? undefined : Number(result.insertId)
}

type EventRow = NewLeadEvent & { seq: number }

function firstEvent(lead: LeadRow, correlationId: string): EventRow {
  return { leadId: lead.id, seq: 1, type: 'CREATED', at: lead.createdAt, correlationId }
}

async function insertEvents(em: Em, events: readonly EventRow[]): Promise<void> {
  if (events.length === 0) return
  await em.execute(
    `insert into lead_event (id, lead_id, seq, type, at, job_id, message_id, correlation_id, detail)
     values ${tuples(events.length, 9)}`,
    events.flatMap((event) => [
      newId('leadEvent'),
      event.leadId,
      event.seq,
      event.type,
      event.at,
      event.jobId ?? null,
      event.messageId ?? null,
      event.correlationId,
      JSON.stringify(event.detail ?? {}),
    ]),
  )
}

const leadColumns = [
  'id',
  'workspace_id',
  'email',
  'phone',
  'first_name',
  'last_name',
  'company',
  'locale',
  'time_zone',
  'source',
  'utm',
  'tags',
  'custom_fields',
  'email_consent',
  'email_consent_at',
  'whatsapp_consent',
  'whatsapp_consent_at',
  'status',
  'external_ids',
  'campaign_id',
  'last_event_seq',
  'created_at',
  'updated_at',
  'version',
] as const

function toValues(lead: LeadRow): unknown[] {
  return [
    lead.id,
    lead.workspaceId,
    lead.email,
    lead.phone,
    lead.firstName,
    lead.lastName,
    lead.company,
    lead.locale,
    lead.timeZone,
    lead.source,
    JSON.stringify(lead.utm),
    JSON.stringify(lead.tags),
    JSON.stringify(lead.customFields),
    lead.emailConsent,
    lead.emailConsentAt,
    lead.whatsappConsent,
    lead.whatsappConsentAt,
    lead.status,
    JSON.stringify(lead.externalIds),
    lead.campaignId,
    lead.lastEventSeq,
    lead.createdAt,
    lead.updatedAt,
    lead.version,
  ]
}

function toRow(workspaceId: string, { correlationId: _, ...fields }: NewLead, now: Date): LeadRow {
  return {
    ...fields,
    id: newId('lead'),
    workspaceId,
    emailConsentAt: fields.emailConsent === 'UNKNOWN' ? null : now,
    whatsappConsentAt: fields.whatsappConsent === 'UNKNOWN' ? null : now,
    status: 'NEW',
    externalIds: {},
    lastEventSeq: 1,
    createdAt: now,
    updatedAt: now,
    version: 1,
  }
}

function tuples(rows: number, columns: number): string {
  const one = `(${Array.from({ length: columns }, () => '?').join(', ')})`
  return Array.from({ length: rows }, () => one).join(', ')
}
