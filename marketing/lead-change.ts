import { LockMode, UniqueConstraintViolationException } from '@mikro-orm/core'
import type { Em } from '../entities/index.ts'
import { Lead, type LeadStatus } from '../entities/lead.ts'
import type { LeadEventType } from '../entities/lead-event.ts'
import { requestContactSync } from './contacts/request-sync.ts'
import { appendLeadEvents } from './lead-events.ts'
import { type LeadFields, type LeadRow, leadColumns, phoneKeyOf, toValues } from './lead-row.ts'
import { liftOwnNo } from './suppression.ts'

export interface LeadChange {
  leadId: string
  patch: Partial<LeadFields & { status: LeadStatus }>
  /** Change the lead only if it still has this version. */
  version?: number | undefined
  correlationId: string
  /** How the timeline tells of it: who reported it and when. By default it was changed here and now. */
  report?: { type: LeadEventType; vendor: string; at: Date; jobId: string }
}

export type ChangedLead =
  | { kind: 'changed' | 'unchanged' | 'stale'; lead: LeadRow }
  /** Another lead, `leadId`, has the new e-mail address; or the phone number, of two leads known by nothing else. */
  | { kind: 'taken'; leadId: string; field: 'email' | 'phone' }
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
  if (!lead || lead.erasedAt) return { kind: 'missing' }
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
  const columns: string[] = [...leadColumns]
  const values = toValues(after)
  // A lead that shares its number since before numbers were unique keeps it until it changes.
  if ('email' in patch || 'phone' in patch) {
    columns.push('phone_key')
    values.push(phoneKeyOf(after))
  }
  try {
    await em.execute(
      `update \`lead\` set ${columns.map((column) => `${column} = ?`).join(', ')} where id = ?`,
      [...values, after.id],
    )
  } catch (error) {
    if (error instanceof UniqueConstraintViolationException)
      return { kind: 'taken', ...(await holderOf(em, after)) }
    throw error
  }
  const { correlationId, report } = change
  const { type = 'UPDATED' as const, at = now, jobId, vendor } = report ?? {}
  const detail = { changed: Object.keys(patch), ...(vendor !== undefined && { vendor }) }
  await appendLeadEvents(em, [{ leadId: lead.id, type, at, jobId, correlationId, detail }])
  await liftOwnNos(em, after, patch, { at: now, correlationId, jobId })
  await requestContactSync(em, { workspaceId, leadIds: [lead.id], correlationId })
  return { kind: 'changed', lead: { ...after, lastEventSeq: before.lastEventSeq + 1 } }
}

/** Who says yes takes back their own earlier no. */
async function liftOwnNos(
  em: Em,
  { workspaceId, email, phone }: LeadRow,
  patch: LeadChange['patch'],
  cause: { at: Date; correlationId: string; jobId: string | undefined },
): Promise<void> {
  const about = { ...cause, workspaceId, source: 'operator' }
  if (patch.emailConsent === 'GRANTED' && email)
    await liftOwnNo(em, { ...about, channel: 'EMAIL', address: email })
  if (patch.whatsappConsent === 'GRANTED' && phone)
    await liftOwnNo(em, { ...about, channel: 'WHATSAPP', address: phone })
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

async function holderOf(em: Em, lead: LeadRow): Promise<{ leadId: string; field: 'email' | 'phone' }> {
  const { id, workspaceId, email = null } = lead
  const sql =
    'select id, email from `lead` where workspace_id = ? and (email = ? or phone_key = ?) and id <> ? lock in share mode'
  const [row] = await em.execute<{ id: string; email: string | null }[]>(sql, [
    ...[workspaceId, email, phoneKeyOf(lead), id],
  ])
  return { leadId: row!.id, field: email ? 'email' : 'phone' }
}
