import { parsePhoneNumberFromString } from 'libphonenumber-js/min'
import { fault } from './twenty.errors.ts'
import { composites, fieldsOf, type ObjectName } from './twenty.objects.ts'

export type Values = Record<string, unknown>

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i

/** Given values as Twenty keeps them: addresses in small letters, numbers taken apart. @throws GraphQLError */
export function normalised(name: ObjectName, given: Values): Values {
  const types = fieldsOf(name)
  const entries = Object.entries(given).filter(([, value]) => value !== undefined)
  return Object.fromEntries(
    entries.map(([field, value]) => [field, fieldValue(field, types[field] ?? '', value)]),
  )
}

function fieldValue(field: string, type: string, value: unknown): unknown {
  if (value === null) return null
  if (type === 'UUID' && !UUID.test(String(value)))
    throw fault(`Invalid UUID '${value}' for field "${field}"`)
  if (type === 'DateTime') return dateOf(field, value)
  if (type === 'Emails') return emailsOf(value as Values)
  if (type === 'Phones') return phonesOf(value as Values)
  return composites[type] ? { ...(value as Values) } : value
}

function dateOf(field: string, value: unknown): string {
  const ms = Date.parse(String(value))
  if (Number.isNaN(ms)) throw fault(`Invalid date '${value}' for field "${field}"`)
  return new Date(ms).toISOString()
}

function emailsOf(emails: Values): Values {
  const { primaryEmail } = emails
  if (typeof primaryEmail !== 'string' || primaryEmail === '') return { ...emails }
  if (!/^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(primaryEmail)) {
    throw fault(`Invalid string value '${primaryEmail}' for email field "emails.primaryEmail"`)
  }
  return { ...emails, primaryEmail: primaryEmail.toLowerCase() }
}

/** The calling code is kept apart from the rest of the number. */
function phonesOf(phones: Values): Values {
  const { primaryPhoneNumber: number, primaryPhoneCallingCode: code } = phones
  if (typeof number !== 'string' || number === '') return { ...phones }
  const full = number.startsWith('+') ? number : `${typeof code === 'string' ? code : ''}${number}`
  const parsed = parsePhoneNumberFromString(full)
  if (!parsed?.isPossible()) throw fault(`Provided phone number is invalid ${number}`)
  return {
    ...phones,
    primaryPhoneNumber: parsed.nationalNumber,
    primaryPhoneCallingCode: `+${parsed.countryCallingCode}`,
    primaryPhoneCountryCode: parsed.country ?? '',
  }
}

/** Puts values over others; of a composite only the given parts change. */
export function merged(name: ObjectName, before: Values, given: Values): Values {
  const types = fieldsOf(name)
  const changes = Object.entries(given).map(([field, value]) => {
    const isParts = composites[types[field] ?? ''] && value !== null
    return [field, isParts ? { ...(before[field] as Values | null), ...(value as Values) } : value]
  })
  return { ...before, ...Object.fromEntries(changes) }
}

/** Every field of an object without a value. */
export function blank(name: ObjectName): Values {
  const types = Object.entries(fieldsOf(name))
  return Object.fromEntries(types.map(([field, type]) => [field, composites[type] ? blankParts(type) : null]))
}

function blankParts(type: string): Values {
  const parts = Object.entries(composites[type] ?? {})
  return Object.fromEntries(parts.map(([part, kind]) => [part, kind === 'String' ? '' : null]))
}
