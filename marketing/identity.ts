import { domainToASCII } from 'node:url'
import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/min'

/** How a person is recognised: by e-mail address, phone number or both, each in one spelling. */

export type Normalised = { ok: true; value: string } | { ok: false; message: string }

const maxEmail = 254
const maxLocalPart = 64
const email = /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/

/**
 * Brings an e-mail address into the one form it is stored and compared in: trimmed, lower-cased, its domain in ASCII
 * (RFC 5891: `bücher.example` is `xn--bcher-kva.example`). What stands before the @ must be ASCII: the vendors take no other.
 */
export function normaliseEmail(raw: string): Normalised {
  const typed = raw.trim().toLowerCase()
  const at = typed.lastIndexOf('@')
  const local = typed.slice(0, Math.max(at, 0))
  const value = `${typed.slice(0, at + 1)}${asciiDomain(typed.slice(at + 1))}`
  if (value.length > maxEmail) return bad(`is longer than ${maxEmail} characters`)
  if (at > 0 && !isAscii(local))
    return bad('has letters before the @ that mail systems do not take: use a to z')
  if (!email.test(value) || local.includes('..') || local.startsWith('.') || local.endsWith('.'))
    return bad('is not an e-mail address')
  if (local.length > maxLocalPart) return bad(`has more than ${maxLocalPart} characters before the @`)
  return { ok: true, value }
}

/**
 * Brings a phone number into E.164, e.g. +34612345678.
 * @param country ISO 3166 code that numbers without a leading + belong to
 */
export function normalisePhone(raw: string, country?: string): Normalised {
  const region = country?.toUpperCase()
  if (region && !isSupportedCountry(region)) return bad(`cannot be read: ${region} is not a country code`)
  const number = parsePhoneNumberFromString(raw.trim(), {
    defaultCountry: region as CountryCode,
    extract: false,
  })
  if (!number && !region && !raw.trim().startsWith('+'))
    return bad('has no country: start it with + and the country code, or give the country')
  if (!number?.isValid()) return bad('is not a phone number')
  return { ok: true, value: number.number }
}

/** The country a BCP 47 locale names, e.g. MX for es-MX; undefined for a bare language. */
export function countryOfLocale(locale: string | null | undefined): string | undefined {
  if (!locale) return undefined
  try {
    return new Intl.Locale(locale).region
  } catch {
    return undefined
  }
}

/** Brings a BCP 47 locale into its canonical spelling, e.g. es-MX. */
export function normaliseLocale(raw: string): Normalised {
  try {
    const [value] = Intl.getCanonicalLocales(raw.trim())
    return value && value.length <= 35 ? { ok: true, value } : bad('is not a locale such as es or es-MX')
  } catch {
    return bad('is not a locale such as es or es-MX')
  }
}

/** Checks an IANA time zone, e.g. Europe/Madrid. */
export function normaliseTimeZone(raw: string): Normalised {
  try {
    const value = raw.trim()
    new Intl.DateTimeFormat('en', { timeZone: value })
    return value.length <= 64 ? { ok: true, value } : bad('is not a time zone such as Europe/Madrid')
  } catch {
    return bad('is not a time zone such as Europe/Madrid')
  }
}

const isAscii = (text: string) => /^[\x20-\x7e]*$/.test(text)

/** Plain domains stay as they are, so that what is wrong with one is found in what the caller wrote. */
const asciiDomain = (domain: string) => (isAscii(domain) ? domain : domainToASCII(domain))

const bad = (message: string): Normalised => ({ ok: false, message })
