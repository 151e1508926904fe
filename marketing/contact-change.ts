import { LockMode } from '@mikro-orm/core'
import type { Em } from '../entities/index.ts'
import { Lead } from '../entities/lead.ts'
import { LeadEvent, type LeadEventType } from '../entities/lead-event.ts'
import { updateLead } from './lead-change.ts'
import { appendLeadEvents } from './lead-events.ts'
import type { LeadFields, LeadRow } from './lead-row.ts'

/** Fields people change in other systems. */
export type ContactFields = Partial<
  Pick<LeadFields, 'email' | 'phone' | 'firstName' | 'lastName' | 'company' | 'locale'>
>

/** What another system says about a lead. */
export interface ContactChange {
  workspaceId: string
  leadId: string
  vendor: string
  /** Already normalised; see identity.ts. Only what was changed there. */
  fields: ContactFields
  /** When it was changed there. */
  at: Date
  correlationId: string
  jobId: string
  /** How the timeline calls it. Default UPDATED. */
  type?: LeadEventType
}

type Field = keyof ContactFields

/**
 * Applies what was changed in another system, field by field: what was said later holds, whoever said it and in whatever
 * order it arrives. The timeline is the memory of who said what when, so a value that only confirms ours is noted, too.
 * An e-mail address that another lead has is a conflict: noted, and not taken over. So is the phone number of another lead
 * when both are known by nothing else.
 * @returns whether anything was written
 */
export async function applyContactChange(em: Em, change: ContactChange): Promise<boolean> {
  const { leadId, workspaceId, at } = change
  const locked = { lockMode: LockMode.PESSIMISTIC_WRITE, disableIdentityMap: true }
  const lead = await em.findOne(Lead, { id: leadId, workspaceId }, locked)
  if (!lead || lead.erasedAt) return false
  const said = await whenSaid(em, lead)
  const newer = (Object.keys(change.fields) as Field[]).filter((field) => at > said(field))
  const confirmed = newer.filter((field) => change.fields[field] === lead[field])
  const changed = newer.filter((field) => !confirmed.includes(field))
  if (confirmed.length > 0) await note(em, change, 'CONFIRMED', { changed: confirmed })
  if (changed.length > 0) await takeOver(em, change, changed)
  return newer.length > 0
}

/** When each field was last said to be what it is. A field nobody spoke about yields to anybody. */
async function whenSaid(em: Em, lead: LeadRow): Promise<(field: Field) => Date> {
  const types: LeadEventType[] = ['UPDATED', 'CONFIRMED', 'EMAIL_CHANGED', 'PHONE_CHANGED']
  const events = await em.find(
    LeadEvent,
    { leadId: lead.id, type: { $in: types } },
    { disableIdentityMap: true },
  )
  return (field) => {
    const times = events.filter(({ detail }) => detail.changed?.includes(field)).map(({ at }) => at.getTime())
    const atCreation = (lead[field] ?? null) === null ? 0 : lead.createdAt.getTime()
    return new Date(times.length > 0 ? Math.max(...times) : atCreation)
  }
}

async function takeOver(em: Em, change: ContactChange, fields: readonly Field[]): Promise<void> {
  const { workspaceId, leadId, vendor, at, jobId, correlationId, type = 'UPDATED' } = change
  const patch: ContactFields = Object.fromEntries(fields.map((field) => [field, change.fields[field]]))
  const report = { type, vendor, at, jobId }
  const outcome = await updateLead(em, workspaceId, { leadId, patch, correlationId, report }, new Date())
  if (outcome.kind !== 'taken') return
  const conflict = outcome.field === 'email' ? 'EMAIL_CONFLICT' : 'PHONE_CONFLICT'
  await note(em, change, conflict, { otherLeadId: outcome.leadId })
  const rest = fields.filter((field) => field !== outcome.field)
  if (rest.length > 0) await takeOver(em, change, rest)
}

function note(
  em: Em,
  { leadId, vendor, at, jobId, correlationId }: ContactChange,
  type: LeadEventType,
  about: { changed: Field[] } | { otherLeadId: string },
): Promise<void> {
  return appendLeadEvents(em, [{ leadId, type, at, jobId, correlationId, detail: { vendor, ...about } }])
}
