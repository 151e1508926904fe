import { defineEntity, p } from '@mikro-orm/core'
import { code, id, time } from './columns.ts'
import { Lead } from './lead.ts'
import { Workspace } from './workspace.ts'

/** Vendors that keep contacts. */
export type ContactVendor = 'mailchimp' | 'hubspot' | 'twenty'

/** Mailchimp's word for how a contact belongs to an audience. */
export type AudienceStatus =
  | 'subscribed'
  | 'unsubscribed'
  | 'cleaned'
  | 'pending'
  | 'transactional'
  | 'archived'

/** What a vendor holds of a person, as far as we know: what we wrote last, and what the vendor reported since. */
export interface HeldContact {
  /** By our names. A field that is missing was never written by us. */
  fields: Record<string, string>
  tags: string[]
  status?: AudienceStatus | undefined
  /** What the status was before we took the contact out, for a reason that was not the person's own wish. */
  statusBefore?: AudienceStatus | undefined
  /** How often the vendor has reported something of the contact: tells whether it did while we were writing. */
  reports?: number | undefined
  /** Why the vendor is not to have the person again: erased there, or merged with another lead's contact. */
  gone?: 'ERASED' | 'MERGED'
  /** Time of a wish the vendor refused; it is not asked again until there is a newer one. */
  refusedWishAt?: string | undefined
}

/** A lead as one vendor knows it. */
const ContactSchema = defineEntity({
  name: 'Contact',
  tableName: 'contact',
  indexes: [
    { name: 'contact_address', properties: ['workspaceId', 'vendor', 'address'] },
    { name: 'contact_external', properties: ['workspaceId', 'vendor', 'externalId'] },
  ],
  properties: {
    leadId: () =>
      p.manyToOne(Lead).mapToPk().primary().fieldName('lead_id').index(false).deleteRule('cascade'),
    vendor: code(16).primary().$type<ContactVendor>(),
    workspaceId: () => p.manyToOne(Workspace).mapToPk().fieldName('workspace_id').index(false),
    /** The vendor's id, which stays when the address changes. Null while the vendor does not have the person. */
    externalId: code(64).nullable(),
    /** The e-mail address the vendor knows the person under. */
    address: p.string().length(254).nullable(),
    held: p.json().$type<HeldContact>(),
    /** Code of the refusal that was reported last; null when the vendor took everything. */
    refusal: code(64).nullable(),
    /** When we last wrote to the vendor. What it reports from before that is older than what we wrote. */
    writtenAt: time().nullable(),
    /** The job that is working on the contact, and until when others leave it alone. */
    syncingBy: id().nullable(),
    syncingUntil: time().nullable(),
  },
})

export class Contact extends ContactSchema.class {}
ContactSchema.setClass(Contact)
