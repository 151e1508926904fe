import { LockMode } from '@mikro-orm/core'
import { type AudienceStatus, Contact, type ContactVendor, type HeldContact } from '../../entities/contact.ts'
import type { Em } from '../../entities/index.ts'
import { requestContactSync } from './request-sync.ts'

/**
 * What a vendor reports of its own contact is noted as what it holds. So a change that came from a vendor is not written
 * back to it, and where our lead says something newer, the next sync sees the difference.
 */

/** How the vendor reports it: when it happened there, and in whose job we learn of it. */
interface ReportCause {
  workspaceId: string
  at: Date
  correlationId: string
}

/**
 * A report from about the time of our own last write may be of before or after it. It is not believed then: the next
 * sync writes what it may have overwritten. Vendors tell seconds, and their clocks are not ours.
 */
const unsureMs = 5_000

/** Notes a status Mailchimp reports of the contact under an address. @returns the leads it is */
export function noteStatus(
  em: Em,
  address: string,
  status: AudienceStatus,
  cause: ReportCause,
): Promise<string[]> {
  const where = { workspaceId: cause.workspaceId, vendor: 'mailchimp' as const, address }
  return note(em, where, cause, ({ held }) => ({ held: withStatus(held, status) }))
}

function withStatus(
  { statusBefore: _, refusedWishAt: __, ...held }: HeldContact,
  status: AudienceStatus,
): HeldContact {
  return { ...held, status }
}

/** Notes fields a vendor reports of a lead's contact, in our spelling. */
export function noteFields(
  em: Em,
  contact: { leadId: string; vendor: ContactVendor },
  fields: Readonly<Record<string, string | null>>,
  cause: ReportCause,
): Promise<string[]> {
  const { email, ...others } = fields
  const texts = Object.fromEntries(Object.entries(others).map(([name, value]) => [name, value ?? '']))
  return note(em, { workspaceId: cause.workspaceId, ...contact }, cause, ({ held }) => ({
    held: { ...held, fields: { ...held.fields, ...texts } },
    ...(email !== undefined && { address: email }),
  }))
}

/** Notes that Mailchimp moved a contact to another address. @returns the leads it is */
export function noteMove(em: Em, from: string, to: string, cause: ReportCause): Promise<string[]> {
  const where = { workspaceId: cause.workspaceId, vendor: 'mailchimp' as const, address: from }
  return note(em, where, cause, () => ({ address: to }))
}

type Where = Partial<Pick<Contact, 'leadId' | 'address'>> & Pick<Contact, 'workspaceId' | 'vendor'>

async function note(
  em: Em,
  where: Where,
  { workspaceId, at, correlationId }: ReportCause,
  change: (contact: Contact) => Partial<Contact>,
): Promise<string[]> {
  const options = { lockMode: LockMode.PESSIMISTIC_WRITE, disableIdentityMap: true } as const
  const contacts = (await em.find(Contact, where, options)).filter(({ externalId }) => externalId)
  for (const contact of contacts) {
    const { leadId, vendor, writtenAt } = contact
    if (writtenAt && at.getTime() <= writtenAt.getTime() + unsureMs) continue
    await em.nativeUpdate(Contact, { leadId, vendor }, change(contact))
  }
  const leadIds = contacts.map(({ leadId }) => leadId)
  await requestContactSync(em, { workspaceId, leadIds, correlationId })
  return leadIds
}
