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
 * A report of what happened before our own last write, or about then, may have been overwritten by it: vendors tell
 * seconds, and their clocks are not ours. What it is about is then unknown, and the next sync writes it, or looks.
 */
const unsureMs = 5_000

/** Equals no value, so whatever is wanted differs from it. */
const unknown = '\u0000'

/** Counts a report of the vendor. */
export const reported = (held: HeldContact): HeldContact => ({ ...held, reports: (held.reports ?? 0) + 1 })

/** What a vendor may hold of which we are not sure any more: nothing is taken for written. */
export function unsureOf({ fields, tags, reports, gone }: HeldContact): HeldContact {
  const unsure = Object.fromEntries(Object.keys(fields).map((name) => [name, unknown]))
  return { fields: unsure, tags, ...(reports !== undefined && { reports }), ...(gone && { gone }) }
}

/** Notes a status Mailchimp reports of the contact under an address. @returns the leads it is */
export function noteStatus(
  em: Em,
  address: string,
  status: AudienceStatus,
  cause: ReportCause,
): Promise<string[]> {
  const where = { workspaceId: cause.workspaceId, vendor: 'mailchimp' as const, address }
  return note(em, where, cause, ({ held }, isSure) => ({
    held: withStatus(held, isSure ? status : undefined),
  }))
}

function withStatus(held: HeldContact, status: AudienceStatus | undefined): HeldContact {
  const { status: _, statusBefore: __, refusedWishAt: ___, ...rest } = held
  return status ? { ...rest, status } : rest
}

/** Notes fields a vendor reports of a lead's contact, in our spelling. */
export function noteFields(
  em: Em,
  contact: { leadId: string; vendor: ContactVendor },
  fields: Readonly<Record<string, string | null>>,
  cause: ReportCause,
): Promise<string[]> {
  const { email, ...others } = fields
  return note(em, { workspaceId: cause.workspaceId, ...contact }, cause, ({ held }, isSure) => {
    const texts = Object.entries(others).map(([name, value]) => [name, isSure ? (value ?? '') : unknown])
    return {
      held: { ...held, fields: { ...held.fields, ...Object.fromEntries(texts) } },
      ...(email !== undefined && { address: isSure ? email : null }),
    }
  })
}

/** Notes that Mailchimp moved a contact to another address. @returns the leads it is */
export function noteMove(em: Em, from: string, to: string, cause: ReportCause): Promise<string[]> {
  const where = { workspaceId: cause.workspaceId, vendor: 'mailchimp' as const, address: from }
  return note(em, where, cause, (_, isSure) => ({ address: isSure ? to : null }))
}

type Where = Partial<Pick<Contact, 'leadId' | 'address'>> & Pick<Contact, 'workspaceId' | 'vendor'>

async function note(
  em: Em,
  where: Where,
  { workspaceId, at, correlationId }: ReportCause,
  change: (contact: Contact, isSure: boolean) => Partial<Contact>,
): Promise<string[]> {
  const options = { lockMode: LockMode.PESSIMISTIC_WRITE, disableIdentityMap: true } as const
  const contacts = (await em.find(Contact, where, options)).filter(({ externalId }) => externalId)
  for (const contact of contacts) {
    const { leadId, vendor, writtenAt } = contact
    const isSure = !writtenAt || at.getTime() > writtenAt.getTime() + unsureMs
    const { held = contact.held, ...changes } = change(contact, isSure)
    await em.nativeUpdate(Contact, { leadId, vendor }, { ...changes, held: reported(held) })
  }
  const leadIds = contacts.map(({ leadId }) => leadId)
  await requestContactSync(em, { workspaceId, leadIds, correlationId })
  return leadIds
}
