import { z } from 'zod'
import type { Em } from '../../entities/index.ts'
import { applyContactChange } from '../contact-change.ts'
import { noteErased, noteMerge } from '../contacts/merge.ts'
import { noteFields } from '../contacts/vendor-report.ts'
import { leadByCrmId } from './addresses.ts'
import type { Cause } from './cause.ts'
import { readContact } from './contact-fields.ts'
import { fields, moment, text, vendorId } from './read.ts'

/** HubSpot's contact webhooks (https://developers.hubspot.com/docs/api-reference/webhooks-webhooks-v3/guide). */

const shape = fields({
  subscriptionType: text,
  /** 0-1: contacts. Given by the general form `object.propertyChange`. */
  objectTypeId: text,
  objectId: vendorId,
  propertyName: text,
  /** Always a text; empty when it was cleared. */
  propertyValue: z.string().optional().catch(undefined),
  occurredAt: moment,
  changeSource: text,
  /** Of a merge: the contact that was kept, those that went, and the one that came of it where it is a new one. */
  primaryObjectId: vendorId,
  mergedObjectIds: z.array(vendorId).catch([]),
  newObjectId: vendorId,
})
type Event = z.infer<typeof shape>

const fieldOf: Record<string, 'email' | 'phone' | 'firstName' | 'lastName' | 'company'> = {
  email: 'email',
  phone: 'phone',
  firstname: 'firstName',
  lastname: 'lastName',
  company: 'company',
}

/** Applies one event; whether anything follows from it. What we wrote ourselves comes back as INTEGRATION. */
export async function applyHubspot(em: Em, body: unknown, cause: Cause): Promise<boolean> {
  const event = shape.parse(body)
  const { workspaceId } = cause
  const at = event.occurredAt
  if (!at) return false
  if (isAbout(event, 'merge')) return applyMerge(em, event, { ...cause, at })
  if (isAbout(event, 'privacyDeletion') && event.objectId)
    return noteErased(em, workspaceId, 'hubspot', event.objectId)
  return isAbout(event, 'propertyChange') ? applyProperty(em, event, { ...cause, at }) : false
}

async function applyProperty(em: Em, event: Event, cause: Cause & { at: Date }): Promise<boolean> {
  const field = fieldOf[event.propertyName ?? '']
  if (!field || !event.objectId || event.changeSource === 'INTEGRATION' || event.propertyValue === undefined)
    return false
  const { workspaceId, correlationId, jobId, vendor, at } = cause
  const lead = await leadByCrmId(em, workspaceId, event.objectId)
  if (!lead) return false
  const about = { workspaceId, correlationId, jobId, vendor, leadId: lead.id, at }
  const fields = readContact(lead, { [field]: event.propertyValue })
  const applied = await applyContactChange(em, { ...about, fields })
  const held = { [field]: fields[field] ?? event.propertyValue }
  await noteFields(em, { leadId: lead.id, vendor: 'hubspot' }, held, cause)
  return applied
}

function applyMerge(em: Em, event: Event, cause: Cause & { at: Date }): Promise<boolean> {
  const { primaryObjectId, mergedObjectIds, newObjectId } = event
  const merged = mergedObjectIds.filter((id) => id !== undefined)
  if (!primaryObjectId) return Promise.resolve(false)
  return noteMerge(em, { vendor: 'hubspot', primary: primaryObjectId, merged, into: newObjectId }, cause)
}

function isAbout({ subscriptionType, objectTypeId }: Event, what: string): boolean {
  if (subscriptionType === `contact.${what}`) return true
  return subscriptionType === `object.${what}` && objectTypeId === '0-1'
}
