import type { Em } from '../../entities/index.ts'
import { Lead } from '../../entities/lead.ts'
import { leadsKnownAs } from '../contacts/contact-row.ts'
import type { LeadRow } from '../lead-row.ts'

/** Who an address belongs to, and how WhatsApp spells numbers. */

const unmanaged = { disableIdentityMap: true } as const

/** The lead of a workspace with an e-mail address. */
export function leadByEmail(em: Em, workspaceId: string, email: string): Promise<LeadRow | null> {
  return em.findOne(Lead, { workspaceId, email }, unmanaged)
}

/** The lead whose member of the audience has an address; it may have another one here since. */
export async function leadOfMember(em: Em, workspaceId: string, email: string): Promise<LeadRow | null> {
  const [known] = await leadsKnownAs(em, workspaceId, 'mailchimp', email)
  return known ? em.findOne(Lead, { id: known, workspaceId }, unmanaged) : leadByEmail(em, workspaceId, email)
}

/** The lead of a workspace with a phone number; the newest when several share it. */
export async function leadByPhone(em: Em, workspaceId: string, waId: string): Promise<LeadRow | undefined> {
  const phone = { $in: [...new Set([phoneOf(waId), `+${waId}`])] }
  const [lead] = await em.find(
    Lead,
    { workspaceId, phone },
    { ...unmanaged, orderBy: { id: 'desc' }, limit: 1 },
  )
  return lead
}

/** The lead a CRM calls by an id. */
export function leadByCrmId(em: Em, workspaceId: string, crmId: string): Promise<LeadRow | null> {
  return em.findOne(Lead, { workspaceId, crmId }, unmanaged)
}

/**
 * A WhatsApp id as a number in E.164. Mexican ids keep a 1 that numbers lost in 2019, and Brazilian ones of old accounts
 * lack the 9 that mobile numbers begin with.
 */
export function phoneOf(waId: string): string {
  const mexican = /^521(\d{10})$/.exec(waId)
  if (mexican) return `+52${mexican[1]}`
  const brazilian = /^55(\d{2})([6-9]\d{7})$/.exec(waId)
  return brazilian ? `+55${brazilian[1]}9${brazilian[2]}` : `+${waId}`
}
