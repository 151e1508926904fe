import { z } from 'zod'
import type { Em } from '../../entities/index.ts'
import { applyContactChange } from '../contact-change.ts'
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
})

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
  const field = fieldOf[event.propertyName ?? '']
  if (!isContactChange(event) || !field || !event.objectId || !event.occurredAt) return false
  if (event.changeSource === 'INTEGRATION' || event.propertyValue === undefined) return false
  const { workspaceId, correlationId, jobId, vendor } = cause
  const lead = await leadByCrmId(em, workspaceId, event.objectId)
  if (!lead) return false
  const about = { workspaceId, correlationId, jobId, vendor, leadId: lead.id, at: event.occurredAt }
  return applyContactChange(em, { ...about, fields: readContact(lead, { [field]: event.propertyValue }) })
}

function isContactChange({ subscriptionType, objectTypeId }: ReturnType<typeof shape.parse>): boolean {
  if (subscriptionType === 'contact.propertyChange') return true
  return subscriptionType === 'object.propertyChange' && objectTypeId === '0-1'
}
