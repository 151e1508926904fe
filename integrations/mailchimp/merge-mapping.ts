// Which field of a lead goes into which merge field of the audience is data, checked against the audience before it is
// used. How the values are written is in merge-values.ts.

import type { MergeField } from './verbs.ts'

/** What of a lead can be mapped, and the kind of its value. A custom field may hold anything, written as text. */
const leadFields = {
  firstName: 'text',
  lastName: 'text',
  phone: 'phone',
  company: 'text',
  locale: 'text',
  timeZone: 'text',
  source: 'text',
  status: 'text',
  emailConsent: 'text',
  emailConsentAt: 'date',
  createdAt: 'date',
} as const

type Kind = 'text' | 'phone' | 'date' | 'custom'

/** Our lead field → Mailchimp's merge tag. */
export type MergeMapping = Readonly<Record<string, string>>

export interface MappingProblem {
  /** Ours; undefined when nothing is mapped to a required merge field. */
  field: string | undefined
  tag: string
  code: 'UNKNOWN_FIELD' | 'TAG_TOO_LONG' | 'UNKNOWN_TAG' | 'WRONG_TYPE' | 'TAG_TWICE' | 'REQUIRED_NOT_MAPPED'
  /** For whoever keeps the mapping. */
  message: string
}

const MAX_TAG = 10
const CUSTOM = /^customFields\../

const ENTRY = /^([A-Za-z]+|customFields\.[^=]*[^=\s])\s*=\s*(\w+)$/

/** What `parseMergeMapping` reads, for whoever entered something else. */
export const MAPPING_FORM =
  'expected field=TAG, separated by commas, each field once, such as company=COMPANY, customFields.plan=PLAN'

/**
 * Reads a mapping such as `company=COMPANY, customFields.plan=PLAN`. An empty text maps nothing.
 * @returns the mapping, or undefined when the text has another form
 */
export function parseMergeMapping(text: string): MergeMapping | undefined {
  const parts = text.split(',').map((part) => part.trim())
  const matches = parts.filter(Boolean).map((part) => ENTRY.exec(part))
  if (matches.some((match) => match === null)) return undefined
  const entries = matches.map((match) => [match![1]!, match![2]!] as const)
  const fields = new Set(entries.map(([field]) => field))
  return fields.size === entries.length ? Object.fromEntries(entries) : undefined
}

/** The types of merge fields that take a value of this kind. An address consists of parts, which a lead does not have. */
const accepted: Record<Kind, readonly string[]> = {
  text: ['text', 'radio', 'dropdown'],
  phone: ['phone', 'text'],
  date: ['date', 'birthday', 'text'],
  custom: ['text', 'number', 'phone', 'date', 'birthday', 'url', 'imageurl', 'radio', 'dropdown', 'zip'],
}

/** What is wrong with a mapping for an audience with these merge fields; empty when it can be used. */
export function checkMergeMapping(
  mapping: MergeMapping,
  mergeFields: readonly MergeField[],
): MappingProblem[] {
  const entries = Object.entries(mapping)
  const tags = entries.map(([, tag]) => tag)
  const unmapped = mergeFields.filter(({ tag, required }) => required && !tags.includes(tag))
  return [
    ...entries.flatMap(([field, tag]) => problemOf(field, tag, mergeFields) ?? []),
    ...entries.flatMap(([field, tag], index) => twice(field, tag, tags.indexOf(tag) < index) ?? []),
    ...unmapped.map(({ tag }) => notMapped(tag)),
  ]
}

function problemOf(
  field: string,
  tag: string,
  mergeFields: readonly MergeField[],
): MappingProblem | undefined {
  const kind = kindOf(field)
  if (!kind) return { field, tag, code: 'UNKNOWN_FIELD', message: `a lead has no field ${field}` }
  if (tag.length > MAX_TAG) {
    const message = `${field}: a merge tag has at most ${MAX_TAG} characters, ${tag} has ${tag.length}`
    return { field, tag, code: 'TAG_TOO_LONG', message }
  }
  const target = mergeFields.find((candidate) => candidate.tag === tag)
  if (!target) {
    return { field, tag, code: 'UNKNOWN_TAG', message: `${field}: the audience has no merge field ${tag}` }
  }
  if (accepted[kind].includes(target.type)) return undefined
  const message = `${field}: ${tag} is of type ${target.type}, the value needs ${accepted[kind].join(' or ')}`
  return { field, tag, code: 'WRONG_TYPE', message }
}

function twice(field: string, tag: string, again: boolean): MappingProblem | undefined {
  if (!again) return undefined
  return { field, tag, code: 'TAG_TWICE', message: `${field}: another field is mapped to ${tag} already` }
}

function notMapped(tag: string): MappingProblem {
  const message = `the audience requires ${tag}, and no field is mapped to it`
  return { field: undefined, tag, code: 'REQUIRED_NOT_MAPPED', message }
}

function kindOf(field: string): Kind | undefined {
  if (CUSTOM.test(field)) return 'custom'
  return Object.hasOwn(leadFields, field) ? leadFields[field as keyof typeof leadFields] : undefined
}
