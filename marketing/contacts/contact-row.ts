import type { Contact, ContactVendor, HeldContact } from '../../entities/contact.ts'
import { Contact as ContactEntity } from '../../entities/contact.ts'
import type { Em } from '../../entities/index.ts'
import type { Row } from '../../entities/row.ts'

/** Leads as vendors know them: reading, and taking one in hand. */

/** A contact as plain data. */
export type ContactRow = Row<Contact>

interface Key {
  leadId: string
  vendor: ContactVendor
}

const unmanaged = { disableIdentityMap: true } as const
const nothingHeld: HeldContact = { fields: {}, tags: [] }

/** Longer than any attempt takes; after a crash the same job goes on at once, others after this time. */
const leaseMs = 150_000

/**
 * Takes a contact in hand for a job, so that two jobs do not write to the vendor at once.
 * @returns undefined when another job has it
 */
export async function takeContact(
  em: Em,
  { leadId, vendor, workspaceId }: Key & { workspaceId: string },
  jobId: string,
  now: Date,
): Promise<ContactRow | undefined> {
  await em.execute('insert ignore into contact (lead_id, vendor, workspace_id, held) values (?, ?, ?, ?)', [
    ...[leadId, vendor, workspaceId],
    JSON.stringify(nothingHeld),
  ])
  const { affectedRows } = await em.execute<{ affectedRows: number }>(
    `update contact set syncing_by = ?, syncing_until = ?
     where lead_id = ? and vendor = ? and (syncing_by is null or syncing_by = ? or syncing_until < ?)`,
    [jobId, new Date(now.getTime() + leaseMs), leadId, vendor, jobId, now],
    'run',
  )
  if (affectedRows === 0) return undefined
  return (await em.findOne(ContactEntity, { leadId, vendor }, unmanaged)) ?? undefined
}

/** Lets go of a contact. */
export async function releaseContact(em: Em, { leadId, vendor }: Key, jobId: string): Promise<void> {
  await em.nativeUpdate(
    ContactEntity,
    { leadId, vendor, syncingBy: jobId },
    { syncingBy: null, syncingUntil: null },
  )
}

/** Ids of the leads a vendor knows under an address, which may be an older one than ours. */
export async function leadsKnownAs(
  em: Em,
  workspaceId: string,
  vendor: ContactVendor,
  address: string,
): Promise<string[]> {
  const contacts = await em.find(ContactEntity, { workspaceId, vendor, address }, unmanaged)
  return contacts.map(({ leadId }) => leadId)
}

/** Whether a vendor knows another lead under this id or address: it has moved on, and the vendor will learn of it. */
export async function isHeldByAnother(
  em: Em,
  { leadId, workspaceId, vendor }: ContactRow,
  by: { address: string } | { externalId: string },
): Promise<boolean> {
  return (await em.count(ContactEntity, { workspaceId, vendor, ...by, leadId: { $ne: leadId } })) > 0
}
