// The customer register, whichever it is: HubSpot or Twenty.

import type { CallContext } from './client.ts'

/** What we know of a person, in our words. A mapping names the CRM's own field for each. */
export const crmFields = ['firstName', 'lastName', 'phone', 'company', 'locale', 'source', 'stage'] as const
export type CrmField = (typeof crmFields)[number]
export type CrmMapping = Partial<Record<CrmField, string>>

export interface CrmContact {
  email: string
  /** Fields that are not given are left as they are, where the CRM allows it. */
  fields: Partial<Record<CrmField, string>>
}

export interface CrmActivity {
  contactId: string
  kind: 'NOTE' | 'EMAIL' | 'WHATSAPP'
  text: string
  at: Date
  /** Makes a repeat the same activity. */
  activityId: string
}

export interface CrmDeal {
  contactId: string
  name: string
  stage: string
  pipeline: string
  /** Makes a repeat the same deal. */
  dealId: string
}

/** Contacts that changed, in the order they changed, oldest first. */
export interface ChangedContacts {
  contacts: (CrmContact & { contactId: string; changedAt: Date })[]
  /** Hand it back for the next page; undefined when there is nothing newer. */
  next: CrmWatermark | undefined
}

export interface CrmWatermark {
  changedAt: Date
  /** Tells contacts that changed in the same millisecond apart. */
  contactId: string
}

/** All of it is safe to repeat. */
export interface Crm {
  readonly vendor: 'hubspot' | 'twenty'
  /** Reaches the CRM, is let in, and finds every mapped field. @throws VendorError naming the fields that do not exist */
  check(context: CallContext): Promise<void>
  upsertContact(contact: CrmContact, context: CallContext): Promise<{ contactId: string; created: boolean }>
  logActivity(activity: CrmActivity, context: CallContext): Promise<void>
  createDeal(deal: CrmDeal, context: CallContext): Promise<void>
  /** One page of at most 100. */
  changedSince(watermark: CrmWatermark, context: CallContext): Promise<ChangedContacts>
}
