// The customer register, whichever it is: HubSpot or Twenty.

import type { CallContext } from './client.ts'
import { VendorError } from './errors.ts'

/** What we know of a person, in our words. A mapping names the CRM's own field for each. */
const crmFields = [
  ...(['firstName', 'lastName', 'phone', 'company', 'locale', 'source', 'stage'] as const),
  ...(['tags', 'emailConsent', 'whatsappConsent'] as const),
] as const
type CrmField = (typeof crmFields)[number]
/** A field without an entry is neither written nor read. */
export type CrmMapping = Partial<Record<CrmField, string>>

export interface CrmContact {
  email: string
  /** A field that is not given is left as it is; an empty text clears it. */
  fields: Partial<Record<CrmField, string>>
}

/**
 * A contact to be put into the CRM, known by the e-mail address; somebody without one by our own id, so that a repeat is
 * the same contact.
 */
export type NewCrmContact = (
  | { email: string; ownId?: string | undefined }
  | { email?: undefined; ownId: string }
) & {
  fields: CrmContact['fields']
  /** Written only when the contact is new: somebody may have taken it further since. */
  fieldsIfNew?: CrmContact['fields']
}

/** A change of a contact the CRM has. */
export interface CrmChange {
  contactId: string
  /** The new address, when it is another one now. */
  email?: string | undefined
  /** A field that is not given is left as it is; an empty text clears it. */
  fields: CrmContact['fields']
}

/** `gone`: the CRM has no such contact any more. `taken`: another contact, `contactId`, has the new address. */
export type CrmChanged = { kind: 'changed' } | { kind: 'gone' } | { kind: 'taken'; contactId: string }

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
  /** The CRM's own name of the stage. */
  stage: string
  /** HubSpot's name of the pipeline; Twenty has one pipeline and ignores it. */
  pipeline: string
  /** Makes a repeat the same deal. */
  dealId: string
}

export interface ChangedContact extends CrmContact {
  contactId: string
  changedAt: Date
}

/** Contacts with an e-mail address that changed, in the order they changed, oldest first. */
export interface ChangedContacts {
  contacts: ChangedContact[]
  /** Keep it and hand it back for the next page; undefined when there is nothing newer: then keep the one you have. */
  next: CrmWatermark | undefined
}

/** The place after one contact. `{ changedAt: new Date(0), contactId: '' }` is the beginning. */
export interface CrmWatermark {
  changedAt: Date
  /** Tells contacts that changed in the same millisecond apart. */
  contactId: string
}

/** All of it is safe to repeat. */
export interface Crm {
  readonly vendor: 'hubspot' | 'twenty'
  /** Our names of the fields the CRM has a place for. */
  readonly mappedFields: readonly string[]
  /** Reaches the CRM, is let in, and finds every mapped field. @throws VendorError naming the fields that do not exist */
  check(context: CallContext): Promise<void>
  /** One that exists under this address is changed. */
  upsertContact(
    contact: NewCrmContact,
    context: CallContext,
  ): Promise<{ contactId: string; created: boolean }>
  updateContact(change: CrmChange, context: CallContext): Promise<CrmChanged>
  logActivity(activity: CrmActivity, context: CallContext): Promise<void>
  createDeal(deal: CrmDeal, context: CallContext): Promise<void>
  /**
   * One page of at most 100. Changes younger than `settleMs` are left for a later call: a CRM does not show changes in the
   * order they happened until it has settled, and what is passed over once would never be read.
   */
  changedSince(watermark: CrmWatermark, context: CallContext): Promise<ChangedContacts>
}

const ENTRY = /^(\w+)\s*=\s*(\w+(?:\.\w+)?)$/

/** What `parseCrmMapping` reads, for whoever entered something else. */
export const CRM_MAPPING_FORM = `expected field=property, separated by commas, each field once, such as emailConsent=newsletter_consent; fields are ${crmFields.join(', ')}`

/**
 * Reads a mapping such as `emailConsent=newsletter_consent, locale=language`. An empty text maps nothing.
 * @returns the mapping, or undefined when the text has another form
 */
export function parseCrmMapping(text: string): CrmMapping | undefined {
  const matches = text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => ENTRY.exec(part))
  const entries = matches.flatMap((match) => (match ? [[match[1]!, match[2]!] as const] : []))
  const known = entries.filter(([field]) => (crmFields as readonly string[]).includes(field))
  const isGood =
    known.length === matches.length && new Set(known.map(([field]) => field)).size === known.length
  return isGood ? Object.fromEntries(known) : undefined
}

/** The fields we have, under the CRM's names; fields without a mapping are left out. */
export function toCrmNames(mapping: CrmMapping, fields: CrmContact['fields']): Record<string, string> {
  const named = crmFields.flatMap((field) => {
    const [name, value] = [mapping[field], fields[field]]
    return name === undefined || value === undefined ? [] : [[name, value]]
  })
  return Object.fromEntries(named)
}

/** The CRM's values under our names; what it does not know is left out. */
export function fromCrmNames(
  mapping: CrmMapping,
  valueFor: (name: string) => string | null | undefined,
): CrmContact['fields'] {
  const ours = crmFields.flatMap((field) => {
    const name = mapping[field]
    const value = name === undefined ? undefined : valueFor(name)
    return value ? [[field, value]] : []
  })
  return Object.fromEntries(ours)
}

/** Every fault of a mapping in one error, so that it is corrected at once. Names of fields are no personal data. */
export function refuseFaults(
  vendor: Crm['vendor'],
  faults: { missing: readonly string[]; readOnly: readonly string[] },
): void {
  const parts = [
    faults.missing.length > 0 ? `fields that do not exist: ${faults.missing.join(', ')}` : '',
    faults.readOnly.length > 0 ? `fields that cannot be written: ${faults.readOnly.join(', ')}` : '',
  ].filter(Boolean)
  if (parts.length === 0) return
  const meaning = `the mapping names ${parts.join('; ')}`
  throw new VendorError({
    vendor,
    operation: 'check',
    errorClass: 'PERMANENT',
    code: 'MAPPING_INVALID',
    status: 200,
    meaning,
  })
}
