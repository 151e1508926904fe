import type { HeldContact } from '../../entities/contact.ts'
import type { CallContext } from '../../integrations/client.ts'
import type { Crm } from '../../integrations/crm.ts'
import type { LeadRow } from '../lead-row.ts'
import type { ContactRow } from './contact-row.ts'
import { crmValues, differences, stageIfNew, type Wishes } from './lead-values.ts'
import { AddressHeld, type Outcome, skipped, unchanged } from './outcome.ts'

/** Bringing one contact of a CRM up to date with its lead. Everything here is safe to repeat. */

export interface CrmWork {
  lead: LeadRow
  wishes: Wishes
  /** The contact as we know it. */
  contact: ContactRow
  crm: Crm
  call: CallContext
  /** Whether the CRM knows another lead of ours under this address or id. */
  isHeldByAnother(by: { address: string } | { externalId: string }): Promise<boolean>
}

const nothing: HeldContact = { fields: {}, tags: [] }

/** Only what differs from what the CRM holds is written; when nothing differs, the CRM is not asked. */
export async function syncCrm(work: CrmWork): Promise<Outcome> {
  const { lead, contact, wishes, crm, call } = work
  const email = lead.email ?? ''
  if (contact.held.gone) return skipped(contact.held.gone)
  if (!lead.email && !lead.phone && !contact.externalId) return skipped('NO_EMAIL')
  const moves = email !== (contact.address ?? '')
  if (moves && email && (await work.isHeldByAnother({ address: email }))) throw new AddressHeld()
  if (!contact.externalId) return create(work)
  const wanted = crmValues(lead, wishes, contact.held, crm.mappedFields)
  const fields = differences(wanted, contact.held.fields)
  const changed = [...(moves ? ['email'] : []), ...Object.keys(fields)]
  if (changed.length === 0) return unchanged()
  const change = { contactId: contact.externalId, fields, ...(moves && { email }) }
  const result = await crm.updateContact(change, call)
  if (result.kind === 'gone') return create(work)
  if (result.kind === 'taken') return follow(work, result.contactId)
  const held: HeldContact = { fields: wanted, tags: [] }
  return { outcome: 'DONE', changed, address: lead.email ?? null, held }
}

async function create(work: CrmWork): Promise<Outcome> {
  const { lead, wishes, crm, call } = work
  const fields = crmValues(lead, wishes, nothing, crm.mappedFields)
  const known = lead.email ? { email: lead.email, ownId: lead.id } : { ownId: lead.id }
  const fieldsIfNew = stageIfNew(lead)
  const { contactId, created } = await crm.upsertContact({ ...known, fields, fieldsIfNew }, call)
  if (!created && (await work.isHeldByAnother({ externalId: contactId }))) throw new AddressHeld()
  const held: HeldContact = { fields: { ...fields, ...(created && fieldsIfNew) }, tags: [] }
  const changed = [...(lead.email ? ['email'] : []), ...Object.keys(fields)]
  return { outcome: 'DONE', changed, externalId: contactId, address: lead.email ?? null, held }
}

/** The CRM has a contact with the new address already: that one is the person from now on. */
async function follow(work: CrmWork, contactId: string): Promise<Outcome> {
  const { lead, wishes, crm, call } = work
  if (await work.isHeldByAnother({ externalId: contactId })) throw new AddressHeld()
  const fields = crmValues(lead, wishes, nothing, crm.mappedFields)
  await crm.updateContact({ contactId, fields }, call)
  const changed = ['email', ...Object.keys(fields)]
  return { outcome: 'DONE', changed, externalId: contactId, address: lead.email!, held: { fields, tags: [] } }
}
