import { defineEntity, p } from '@mikro-orm/core'
import { Campaign } from './campaign.ts'
import { code, id, time } from './columns.ts'
import { Workspace } from './workspace.ts'

const leadStatuses = ['NEW', 'WELCOMED', 'CUSTOMER', 'LOST'] as const
export type LeadStatus = (typeof leadStatuses)[number]

export const consentStates = ['UNKNOWN', 'GRANTED', 'DENIED'] as const
export type ConsentState = (typeof consentStates)[number]

/** Where a lead is known under in another system. */
interface ExternalIds {
  mailchimp?: string
  hubspot?: string
  twenty?: string
  whatsapp?: string
}

export type Utm = Partial<Record<'source' | 'medium' | 'campaign' | 'term' | 'content', string>>

/** A person who may become a customer of the workspace. Reachable by e-mail, phone or both. */
const LeadSchema = defineEntity({
  name: 'Lead',
  tableName: 'lead',
  uniques: [
    { name: 'lead_email', properties: ['workspaceId', 'email'] },
    { name: 'lead_phone_key', properties: ['workspaceId', 'phoneKey'] },
  ],
  indexes: [
    { name: 'lead_page', properties: ['workspaceId', 'id'] },
    { name: 'lead_phone', properties: ['workspaceId', 'phone'] },
    { name: 'lead_crm', properties: ['workspaceId', 'crmId'] },
  ],
  properties: {
    id: id().primary(),
    workspaceId: () => p.manyToOne(Workspace).mapToPk().fieldName('workspace_id').index(false),
    /** Trimmed and lower-cased. */
    email: p.string().length(254).nullable(),
    /** E.164, e.g. +34612345678. */
    phone: code(20).nullable(),
    /**
     * The phone number of a lead who is known by it alone, which makes it unique; null for others, and for those who had the
     * same number before it was unique.
     */
    phoneKey: code(20).nullable(),
    firstName: p.string().length(100).nullable(),
    lastName: p.string().length(100).nullable(),
    company: p.string().length(200).nullable(),
    /** BCP 47, e.g. es or es-MX. */
    locale: code(35).nullable(),
    /** IANA name, e.g. Europe/Madrid. */
    timeZone: code(64).nullable(),
    source: p.string().length(100).nullable(),
    utm: p.json().$type<Utm>(),
    tags: p.json().$type<string[]>(),
    customFields: p.json().$type<Record<string, string>>(),
    emailConsent: code(16).$type<ConsentState>(),
    emailConsentAt: time().nullable(),
    whatsappConsent: code(16).$type<ConsentState>(),
    whatsappConsentAt: time().nullable(),
    status: code(16).$type<LeadStatus>(),
    externalIds: p.json().$type<ExternalIds>(),
    /** What the CRM calls it; follows from `externalIds`, so that a webhook of the CRM finds it. */
    crmId: p
      .string()
      .length(64)
      .generated(
        "(coalesce(json_value(`external_ids`,'$.hubspot'),json_value(`external_ids`,'$.twenty'))) virtual",
      ),
    campaignId: () =>
      p.manyToOne(Campaign).mapToPk().fieldName('campaign_id').nullable().deleteRule('set null'),
    /** Number of the newest timeline event; taken under the row's lock, so event order is commit order. */
    lastEventSeq: p.integer(),
    /** Since when the person is being erased. What is personal goes with the job `lead.erase`; nothing is written here any more. */
    erasedAt: time().nullable(),
    createdAt: time(),
    updatedAt: time(),
    version: p.integer(),
  },
})

export class Lead extends LeadSchema.class {}
LeadSchema.setClass(Lead)
