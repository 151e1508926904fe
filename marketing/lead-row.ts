import type { ConsentState, Lead, Utm } from '../entities/lead.ts'

/** A lead as plain data, without the columns that follow from others. */
export type LeadRow = { [K in keyof Lead as K extends symbol | 'crmId' | 'phoneKey' ? never : K]: Lead[K] }

/** What makes a lead without an e-mail address unique. */
export const phoneKeyOf = ({ email, phone }: Pick<LeadRow, 'email' | 'phone'>) =>
  email ? null : (phone ?? null)

/** What a caller may say about a lead; already normalised (see identity.ts). */
export interface LeadFields {
  email: string | null
  phone: string | null
  firstName: string | null
  lastName: string | null
  company: string | null
  locale: string | null
  timeZone: string | null
  source: string | null
  utm: Utm
  tags: string[]
  customFields: Record<string, string>
  emailConsent: ConsentState
  whatsappConsent: ConsentState
  campaignId: string | null
}

/** Of whom nothing is known. */
export const nobody: LeadFields = {
  email: null,
  phone: null,
  firstName: null,
  lastName: null,
  company: null,
  locale: null,
  timeZone: null,
  source: null,
  utm: {},
  tags: [],
  customFields: {},
  emailConsent: 'UNKNOWN',
  whatsappConsent: 'UNKNOWN',
  campaignId: null,
}

/** All columns but those of its consent, which marketing/consent/ alone writes. */
export const leadColumns = [
  'id',
  'workspace_id',
  'email',
  'phone',
  'first_name',
  'last_name',
  'company',
  'locale',
  'time_zone',
  'source',
  'utm',
  'tags',
  'custom_fields',
  'status',
  'external_ids',
  'campaign_id',
  'last_event_seq',
  'created_at',
  'updated_at',
  'version',
] as const

/** The values of `leadColumns`, in their order. */
export function toValues(lead: LeadRow): unknown[] {
  return [
    lead.id,
    lead.workspaceId,
    lead.email,
    lead.phone,
    lead.firstName,
    lead.lastName,
    lead.company,
    lead.locale,
    lead.timeZone,
    lead.source,
    JSON.stringify(lead.utm),
    JSON.stringify(lead.tags),
    JSON.stringify(lead.customFields),
    lead.status,
    JSON.stringify(lead.externalIds),
    lead.campaignId,
    lead.lastEventSeq,
    lead.createdAt,
    lead.updatedAt,
    lead.version,
  ]
}
