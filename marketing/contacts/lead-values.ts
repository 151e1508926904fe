import type { HeldContact } from '../../entities/contact.ts'
import type { LeadRow } from '../lead-row.ts'
import { consentOf, type Wish } from './wish.ts'

/** What vendors hold of a lead, by our names; a mapping at the vendor decides what each is called there. */

type Values = Record<string, string>

/** Only those a vendor has a place for: the others are no change worth a call. */
function among(names: readonly string[], values: Record<string, string | null | undefined>): Values {
  return Object.fromEntries(
    Object.entries(values).filter(
      (entry): entry is [string, string] => names.includes(entry[0]) && Boolean(entry[1]),
    ),
  )
}

/**
 * What goes into an audience. What we do not know is left out: the audience may know it.
 * @param mapped our names of the fields that have a merge field
 */
export function audienceValues(lead: LeadRow, mapped: readonly string[]): Values {
  const { firstName, lastName, company, phone, locale, timeZone, source, status, emailConsent } = lead
  const custom = Object.entries(lead.customFields).map(([name, value]) => [`customFields.${name}`, value])
  return among([...mapped, 'language'], {
    ...{ firstName, lastName, company, phone, locale, timeZone, source, status, emailConsent },
    emailConsentAt: lead.emailConsentAt?.toISOString(),
    createdAt: lead.createdAt.toISOString(),
    language: locale,
    ...Object.fromEntries(custom),
  })
}

/** What a person wants on both channels. */
export interface Wishes {
  email: Wish
  whatsapp: Wish
}

/**
 * What goes into a CRM. Of the stage only that the lead is a customer: people in the CRM move contacts on by themselves,
 * and HubSpot's stages know no way back.
 * @param mapped our names of the fields the CRM has a property for
 */
export function crmValues(
  lead: LeadRow,
  wishes: Wishes,
  held: HeldContact,
  mapped: readonly string[],
): Values {
  const { firstName, lastName, company, phone, locale, source } = lead
  return among(mapped, {
    ...{ firstName, lastName, company, phone, locale, source },
    tags: lead.tags.join(';'),
    emailConsent: consentOf(wishes.email),
    whatsappConsent: consentOf(wishes.whatsapp),
    stage: lead.status === 'CUSTOMER' ? 'customer' : held.fields.stage,
  })
}

/** The stage of a contact that is new to the CRM. */
export function stageIfNew({ status }: Pick<LeadRow, 'status'>): { stage?: string } {
  return status === 'CUSTOMER' || status === 'LOST' ? {} : { stage: 'lead' }
}

/** What is to be written so that a vendor holds these values; an empty text clears what we wrote before. */
export function differences(wanted: Values, held: Values): Values {
  const names = [...new Set([...Object.keys(wanted), ...Object.keys(held)])]
  return Object.fromEntries(
    names
      .filter((name) => (wanted[name] ?? '') !== (held[name] ?? ''))
      .map((name) => [name, wanted[name] ?? '']),
  )
}
