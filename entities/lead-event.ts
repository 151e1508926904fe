import { defineEntity, p } from '@mikro-orm/core'
import { code, id, time } from './columns.ts'
import { Lead } from './lead.ts'

const leadEventTypes = [
  'CREATED',
  'UPDATED',
  'MAILCHIMP_SYNCED',
  'CRM_SYNCED',
  'MESSAGE_ACCEPTED',
  'MESSAGE_REJECTED',
  'MESSAGE_UNKNOWN',
  'MESSAGE_SKIPPED',
  'MESSAGE_DELIVERED',
  'MESSAGE_READ',
  'MESSAGE_FAILED',
  'STEP_FAILED',
  'MESSAGE_OPENED',
  'MESSAGE_CLICKED',
  'MESSAGE_RECEIVED',
  'UNSUBSCRIBED',
  'RESUBSCRIBED',
  'BOUNCED',
  'COMPLAINED',
  'SUPPRESSED',
  'UNSUPPRESSED',
  'CONFIRMED',
  'EMAIL_CHANGED',
  'EMAIL_CONFLICT',
  'PHONE_CHANGED',
  'PHONE_CONFLICT',
  'ERASED',
] as const
export type LeadEventType = (typeof leadEventTypes)[number]

/** What is known about an event beyond its type. Never personal data: codes, channels, ids. */
export interface LeadEventDetail {
  channel?: string
  purpose?: string
  vendor?: string
  step?: string
  reason?: string
  /** Names of fields. */
  changed?: string[]
  /** Names of fields a vendor did not take as they are. */
  unfit?: string[]
  /** The lead that has the address already. */
  otherLeadId?: string
}

/** One line of a lead's timeline. Append-only; `seq` counts from 1 within the lead, without holes. */
const LeadEventSchema = defineEntity({
  name: 'LeadEvent',
  tableName: 'lead_event',
  uniques: [{ name: 'lead_event_seq', properties: ['leadId', 'seq'] }],
  properties: {
    id: id().primary(),
    leadId: () => p.manyToOne(Lead).mapToPk().fieldName('lead_id').index(false).deleteRule('cascade'),
    seq: p.integer(),
    type: code(32).$type<LeadEventType>(),
    at: time(),
    jobId: id().nullable(),
    messageId: id().nullable(),
    correlationId: code(64),
    detail: p.json().$type<LeadEventDetail>(),
  },
})

export class LeadEvent extends LeadEventSchema.class {}
LeadEventSchema.setClass(LeadEvent)
