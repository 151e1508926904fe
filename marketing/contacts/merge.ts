import { LockMode } from '@mikro-orm/core'
import { Contact, type ContactVendor, type HeldContact } from '../../entities/contact.ts'
import type { Em } from '../../entities/index.ts'
import { appendLeadEvents } from '../lead-events.ts'
import { requestContactSync } from './request-sync.ts'
import { reported } from './vendor-report.ts'

/** Contacts that people in a CRM merge or erase. */

const locked = { lockMode: LockMode.PESSIMISTIC_WRITE, disableIdentityMap: true } as const
const nothing: HeldContact = { fields: {}, tags: [] }

export interface Merge {
  vendor: ContactVendor
  /** The contact that was kept. */
  primary: string
  /** Those that went. */
  merged: readonly string[]
  /** The contact that came of it, where it is a new one. */
  into: string | undefined
}

interface MergeCause {
  workspaceId: string
  jobId: string
  correlationId: string
  at: Date
}

/**
 * Follows a merge. The lead of the contact that was kept, or else of one that went, has what came of it, and is written to
 * it anew. Of other leads the CRM has no contact of their own any more; their timelines say so.
 * @returns whether any lead is concerned
 */
export async function noteMerge(
  em: Em,
  { vendor, primary, merged, into }: Merge,
  cause: MergeCause,
): Promise<boolean> {
  const { workspaceId, jobId, correlationId, at } = cause
  const contacts = await contactsOf(em, workspaceId, vendor, [primary, ...merged])
  const heir = contacts.find(({ externalId }) => externalId === primary) ?? contacts[0]
  if (!heir) return false
  const survivor = into ?? primary
  for (const { leadId } of contacts) {
    const isHeir = leadId === heir.leadId
    const held = isHeir ? nothing : { ...nothing, gone: 'MERGED' as const }
    await relink(em, leadId, vendor, isHeir ? survivor : null, held)
    if (isHeir) continue
    const detail = { step: 'crm', vendor, reason: 'MERGED', otherLeadId: heir.leadId }
    await appendLeadEvents(em, [{ leadId, type: 'STEP_FAILED', at, jobId, correlationId, detail }])
  }
  await requestContactSync(em, { workspaceId, leadIds: [heir.leadId], correlationId })
  return true
}

/** Somebody was erased in the CRM by law: we do not bring them back there. @returns whether it is a lead of ours */
export async function noteErased(
  em: Em,
  workspaceId: string,
  vendor: ContactVendor,
  externalId: string,
): Promise<boolean> {
  const contacts = await contactsOf(em, workspaceId, vendor, [externalId])
  for (const { leadId } of contacts) await relink(em, leadId, vendor, null, { ...nothing, gone: 'ERASED' })
  return contacts.length > 0
}

/** The contacts with these ids; their leads' rows are locked first, as everybody does. */
async function contactsOf(
  em: Em,
  workspaceId: string,
  vendor: ContactVendor,
  externalIds: readonly string[],
): Promise<Contact[]> {
  const where = { workspaceId, vendor, externalId: { $in: [...externalIds] } }
  const found = await em.find(Contact, where, { disableIdentityMap: true })
  for (const { leadId } of found.toSorted((a, b) => (a.leadId < b.leadId ? -1 : 1)))
    await em.execute('select id from `lead` where id = ? for update', [leadId])
  return em.find(Contact, where, { ...locked, orderBy: { leadId: 'asc' } })
}

async function relink(
  em: Em,
  leadId: string,
  vendor: ContactVendor,
  externalId: string | null,
  held: HeldContact,
): Promise<void> {
  const { held: before } = await em.findOneOrFail(Contact, { leadId, vendor }, { disableIdentityMap: true })
  const { reports } = reported(before)
  await em.nativeUpdate(
    Contact,
    { leadId, vendor },
    { externalId, address: null, held: { ...held, reports } },
  )
  const [change, values] = externalId
    ? ['json_set(external_ids, ?, ?)', [`$.${vendor}`, externalId]]
    : ['json_remove(external_ids, ?)', [`$.${vendor}`]]
  await em.execute(`update \`lead\` set external_ids = ${change} where id = ?`, [...values, leadId])
}
