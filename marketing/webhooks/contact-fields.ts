import type { ContactFields } from '../contact-change.ts'
import { countryOfLocale, normaliseEmail, normalisePhone } from '../identity.ts'
import type { LeadRow } from '../lead-row.ts'

/** Texts as a CRM holds them. An empty one was cleared there. */
export type RawContact = Partial<Record<'email' | 'phone' | 'firstName' | 'lastName' | 'company', string>>

const longest = { firstName: 100, lastName: 100, company: 200 } as const

/**
 * Brings a CRM's fields into our spelling. An address or number that cannot be read, or was cleared, is passed over: a lead
 * without either could not be reached any more.
 */
export function readContact(lead: Pick<LeadRow, 'locale'>, raw: RawContact): ContactFields {
  const email = normaliseEmail(raw.email ?? '')
  const phone = normalisePhone(raw.phone ?? '', countryOfLocale(lead.locale))
  const names = (['firstName', 'lastName', 'company'] as const).flatMap((name) => {
    const value = raw[name]?.trim()
    return value === undefined ? [] : [[name, value.slice(0, longest[name]) || null]]
  })
  return {
    ...(email.ok && { email: email.value }),
    ...(phone.ok && { phone: phone.value }),
    ...Object.fromEntries(names),
  }
}
