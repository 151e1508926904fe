import { z } from 'zod'
import type { Em } from '../../entities/index.ts'
import { applyContactChange } from '../contact-change.ts'
import { noteFields } from '../contacts/vendor-report.ts'
import { normaliseEmail } from '../identity.ts'
import { leadByCrmId, leadByEmail } from './addresses.ts'
import type { Cause } from './cause.ts'
import { type RawContact, readContact } from './contact-fields.ts'
import { fields, moment, text, vendorId } from './read.ts'

/** Twenty's webhooks about people (https://docs.twenty.com/developers/extend/webhooks). */

const plain = z.string().optional().catch(undefined)
const person = fields({
  id: vendorId,
  name: fields({ firstName: plain, lastName: plain }),
  emails: fields({ primaryEmail: plain }),
  phones: fields({ primaryPhoneCallingCode: plain, primaryPhoneNumber: plain }),
  updatedAt: moment,
  updatedBy: fields({ source: text }),
})
const shape = fields({
  event: text,
  eventName: text,
  eventDate: moment,
  data: person,
  record: person,
  updatedFields: z.array(z.string()).optional().catch(undefined),
})

/** Applies one event; whether anything follows from it. What we wrote ourselves comes back with the source API. */
export async function applyTwenty(em: Em, body: unknown, cause: Cause): Promise<boolean> {
  const { event, eventName, eventDate, data, record, updatedFields } = shape.parse(body)
  const contact = data.id ? data : record
  const at = eventDate ?? contact.updatedAt
  if ((event ?? eventName) !== 'person.updated' || !contact.id || !at) return false
  if (contact.updatedBy.source === 'API') return false
  const { workspaceId, correlationId, jobId, vendor } = cause
  const email = normaliseEmail(contact.emails.primaryEmail ?? '')
  const lead =
    (await leadByCrmId(em, workspaceId, contact.id)) ??
    (email.ok ? await leadByEmail(em, workspaceId, email.value) : null)
  if (!lead) return false
  const raw = rawContact(contact, updatedFields)
  const fields = readContact(lead, raw)
  const applied = await applyContactChange(em, {
    ...{ workspaceId, correlationId, jobId, vendor, at },
    leadId: lead.id,
    fields,
  })
  await noteFields(em, { leadId: lead.id, vendor: 'twenty' }, { ...raw, ...fields }, { ...cause, at })
  return applied
}

/** What was changed; all of it when Twenty does not say. */
function rawContact(
  { name, emails, phones }: z.infer<typeof person>,
  updated: string[] | undefined,
): RawContact {
  const changed = (field: string) => !updated || updated.some((each) => each.split('.')[0] === field)
  const phone = `${phones.primaryPhoneCallingCode ?? ''}${phones.primaryPhoneNumber ?? ''}`
  const { firstName, lastName } = name
  return {
    ...(changed('name') && firstName !== undefined && { firstName }),
    ...(changed('name') && lastName !== undefined && { lastName }),
    ...(changed('emails') && { email: emails.primaryEmail ?? '' }),
    ...(changed('phones') && { phone }),
  }
}
