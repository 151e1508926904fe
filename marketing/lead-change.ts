import { LockMode, UniqueConstraintViolationException } from '@mikro-orm/core'
import type { Em } from '../entities/index.ts'
import { Lead, type LeadStatus } from '../entities/lead.ts'
import type { LeadEventType } from '../entities/lead-event.ts'
import { channels } from '../entities/message.ts'
import { changeConsent } from './consent/change-consent.ts'
import {
  type ConsentOrigin,
  type ConsentStatement,
  consentColumns,
  timeOfNewest,
} from './consent/statement.ts'
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
  /** Where a change of consent comes from, and when the person said it. Default: from the API, just now. */
  consent?: ConsentOrigin & { at?: Date | undefined }
  /** How the timeline tells of it: who reported it and when. By default it was changed here and now. */
  report?: { type: LeadEventType; vendor: string; at: Date; jobId: string }
}

export type ChangedLead =
  | { kind: 'changed' | 'unchanged' | 'stale'; lead: LeadRow }
  /** Another lead, `leadId`, has the new e-mail address; or the phone number, of two leads known by nothing else. */
  | { kind: 'taken'; leadId: string; field: 'email' | 'phone' }
  | { kind: 'missing' }

/**
 * Changes a lead and says so in its timeline. A patch that changes nothing writes nothing; a consent that is older than
 * the one we know changes nothing.
 */
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
  const consents = newestConsents(before, change, now)
  if (Object.keys(patch).length === 0 && consents.length === 0) return { kind: 'unchanged', lead: before }
  const after = { ...before, ...patch, updatedAt: now, version: before.version + 1 }
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
  const consented = await changeConsents(em, after, consents, now)
  const { correlationId, report } = change
  const { type = 'UPDATED' as const, at = now, jobId, vendor } = report ?? {}
  const detail = {
    changed: [...Object.keys(patch), ...consents.map(stateOf)],
    ...(vendor !== undefined && { vendor }),
  }
  await appendLeadEvents(em, [{ leadId: lead.id, type, at, jobId, correlationId, detail }])
  await liftOwnNos(em, after, consents, now)
  await requestContactSync(em, { workspaceId, leadIds: [lead.id], correlationId })
  return { kind: 'changed', lead: { ...after, ...consented, lastEventSeq: before.lastEventSeq + 1 } }
}

/** Who says yes takes back their own earlier no. */
async function liftOwnNos(
  em: Em,
  { workspaceId, email, phone }: LeadRow,
  consents: readonly ConsentStatement[],
  now: Date,
): Promise<void> {
  for (const { channel, consent, at = now, correlationId, jobId } of consents) {
    const address = channel === 'EMAIL' ? email : phone
    if (consent === 'GRANTED' && address)
      await liftOwnNo(em, { workspaceId, channel, address, at, source: 'operator', correlationId, jobId })
  }
}

/** What differs, without consent: that has a rule of its own. */
function differences(lead: LeadRow, patch: LeadChange['patch']): LeadChange['patch'] {
  const { emailConsent: _, whatsappConsent: __, ...rest } = patch
  const differs = ([name, value]: [string, unknown]) =>
    value !== undefined && JSON.stringify(value) !== JSON.stringify(lead[name as keyof LeadRow])
  return Object.fromEntries(Object.entries(rest).filter(differs))
}

const stateOf = ({ channel }: ConsentStatement) => consentColumns[channel].state

/** The statements about consent that are newer than what is known. */
function newestConsents(lead: LeadRow, change: LeadChange, now: Date): ConsentStatement[] {
  const { patch, correlationId, report, consent: origin = { source: 'API' } } = change
  return channels.flatMap((channel) => {
    const consent = patch[consentColumns[channel].state]
    if (!consent) return []
    const statement = { ...origin, channel, consent, correlationId, jobId: report?.jobId }
    return timeOfNewest(lead, statement, now) ? [statement] : []
  })
}

/** @returns the columns that changed */
async function changeConsents(
  em: Em,
  { id, version }: LeadRow,
  statements: readonly ConsentStatement[],
  now: Date,
): Promise<Partial<LeadRow>> {
  const changed: Partial<LeadRow> = {}
  for (const statement of statements) {
    const { to, at } = (await changeConsent(em, id, statement, now))!
    const columns = consentColumns[statement.channel]
    Object.assign(changed, { [columns.state]: to, [columns.at]: at })
  }
  // The change as a whole is one step of the version.
  if (statements.length > 0) await em.nativeUpdate(Lead, { id }, { version })
  return changed
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
