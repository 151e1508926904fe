// Which merge fields a contact is put with: the names, and what is mapped.

import type { CallContext } from '../client.ts'
import { checkMergeMapping, type MergeMapping } from './merge-mapping.ts'
import { mergeValues } from './merge-values.ts'
import type { MergeField, UpsertMemberInput } from './verbs.ts'

/** What of a contact goes into merge fields. */
type Given = Pick<UpsertMemberInput, 'firstName' | 'lastName' | 'fields' | 'mergeFields'>

/** Finds the merge fields of a contact by tag, and the fields of ours that do not fit. @throws VendorError */
export type Merge = (
  input: Given,
  context: CallContext,
) => Promise<{ mergeFields: Record<string, string | undefined>; unfit: string[] }>

type Read = (context: CallContext) => Promise<MergeField[]>

/** Merge fields are seldom changed, and an entry that no longer fits is left out five minutes later. */
const freshMs = 300_000

/** Without a mapping the names go to FNAME and LNAME, and the audience is not asked for its merge fields. */
export function createMerge(mapping: MergeMapping, read: Read): Merge {
  if (Object.keys(mapping).length === 0)
    return async ({ firstName, lastName, mergeFields }) => ({
      mergeFields: { FNAME: firstName, LNAME: lastName, ...mergeFields },
      unfit: [],
    })
  const known = remember(read)
  return async ({ firstName, lastName, fields, mergeFields }, context) => {
    const audience = await known(context)
    const values = { firstName, lastName, ...fields }
    const merged = mergeValues(usableOf(mapping, audience), values, audience)
    return { mergeFields: { ...merged.mergeFields, ...mergeFields }, unfit: merged.unfit }
  }
}

/**
 * What is wrong with a mapping for the audience, in sentences. Without a mapping nothing is, and nobody is asked.
 * @throws VendorError
 */
export async function mappingProblems(
  mapping: MergeMapping,
  read: Read,
  context: CallContext,
): Promise<string[]> {
  if (Object.keys(mapping).length === 0) return []
  const audience = await read(context)
  return checkMergeMapping(withNames(mapping, audience), audience).map(({ message }) => message)
}

function remember(read: Read): Read {
  let entry: { until: number; answer: Promise<MergeField[]> } | undefined
  return (context) => {
    if (entry && entry.until > Date.now()) return entry.answer
    const answer = read(context)
    entry = { until: Date.now() + freshMs, answer }
    answer.catch(() => {
      entry = undefined
    })
    return answer
  }
}

/** The mapping without its bad entries: they must not stop a lead. */
function usableOf(mapping: MergeMapping, audience: readonly MergeField[]): MergeMapping {
  const bad = new Set(checkMergeMapping(mapping, audience).map(({ field }) => field))
  const good = Object.entries(mapping).filter(([field]) => !bad.has(field))
  return withNames(Object.fromEntries(good), audience)
}

/** The names go where they always went, unless the mapping says otherwise. */
function withNames(mapping: MergeMapping, audience: readonly MergeField[]): MergeMapping {
  const tags = Object.values(mapping)
  const free = (tag: string) => !tags.includes(tag) && audience.some((field) => field.tag === tag)
  return {
    ...(free('FNAME') && { firstName: 'FNAME' }),
    ...(free('LNAME') && { lastName: 'LNAME' }),
    ...mapping,
  }
}
