// Values of a lead, written as the types of the audience's merge fields want them
// (https://mailchimp.com/developer/marketing/docs/merge-fields/).

import type { MergeMapping } from './merge-mapping.ts'
import type { MergeField } from './verbs.ts'

export type MergeValue = string | number | boolean | Date

/**
 * The values of one lead by merge tag, written for the type of each merge field. `undefined` leaves a merge field as it
 * is, `null` clears it. A value that does not fit its field is left out and named in `unfit` (our field): Mailchimp would
 * refuse the whole contact for it.
 */
export function mergeValues(
  mapping: MergeMapping,
  values: Readonly<Record<string, MergeValue | null | undefined>>,
  mergeFields: readonly MergeField[],
): { mergeFields: Record<string, string>; unfit: string[] } {
  const written: Record<string, string> = {}
  const unfit: string[] = []
  for (const [field, tag] of Object.entries(mapping)) {
    const value = values[field]
    const type = mergeFields.find((candidate) => candidate.tag === tag)?.type
    if (value === undefined || type === undefined) continue
    const text = value === null || value === '' ? '' : writeValue(value, type)
    if (text === undefined) unfit.push(field)
    else written[tag] = text
  }
  return { mergeFields: written, unfit }
}

/** Mailchimp takes no longer text. */
const MAX_LENGTH = 255
const NUMBER = /^-?\d+(\.\d+)?$/
const ISO_DATE = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(?!\d)/

/** Writers by type; undefined = it does not fit. Booleans are words, dates are those of UTC. */
const writers: Record<string, (text: string) => string | undefined> = {
  number: (text) => (NUMBER.test(text.trim()) ? text.trim() : undefined),
  date: (text) => ISO_DATE.exec(text)?.[0],
  birthday: birthdayOf,
  zip: (text) => (/^\d{5}$/.test(text) ? text : undefined),
  url: webAddress,
  imageurl: webAddress,
  address: () => undefined,
}

function writeValue(value: MergeValue, type: string): string | undefined {
  const text = value instanceof Date ? dateText(value) : String(value)
  if (text === undefined || text.length > MAX_LENGTH) return undefined
  return (writers[type] ?? String)(text)
}

function webAddress(text: string): string | undefined {
  return /^https?:\/\//.test(text) && URL.canParse(text) ? text : undefined
}

function dateText(date: Date): string | undefined {
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}

/** Month and day, of a date or as Mailchimp itself writes them. */
function birthdayOf(text: string): string | undefined {
  if (/^(0[1-9]|1[0-2])\/(0[1-9]|[12]\d|3[01])$/.test(text)) return text
  const [, month, day] = ISO_DATE.exec(text)?.[0].split('-') ?? []
  return month && day ? `${month}/${day}` : undefined
}
