import { refuse, refuseFields } from './mailchimp.problems.ts'
import type { MergeFieldOrder } from './mailchimp.shapes.ts'
import { isObject } from './shape.ts'

export type MergeField = {
  merge_id: number
  tag: string
  name: string
  type: string
  required: boolean
  list_id: string
  options?: object
}
export type MergeValues = Record<string, unknown>

/** The merge fields of a new audience, as Mailchimp creates them. */
export function usualMergeFields(listId: string): MergeField[] {
  const fields: [string, string, string][] = [
    ['FNAME', 'First Name', 'text'],
    ['LNAME', 'Last Name', 'text'],
    ['ADDRESS', 'Address', 'address'],
    ['PHONE', 'Phone Number', 'phone'],
    ['BIRTHDAY', 'Birthday', 'birthday'],
  ]
  return fields.map(([tag, name, type], index) => ({
    merge_id: index + 1,
    tag,
    name,
    type,
    required: false,
    list_id: listId,
  }))
}

/** Adds a field; without a tag it is called MMERGE and its number. */
export function addMergeField(
  { listId, fields }: { listId: string; fields: MergeField[] },
  order: MergeFieldOrder,
): MergeField {
  const merge_id = fields.length + 1
  const tag = order.tag ?? `MMERGE${merge_id}`
  if (fields.some((field) => field.tag === tag)) {
    refuse('Invalid Resource', `A Merge Field with the tag "${tag}" already exists for this list.`)
  }
  const { name, type, required = false, options = {} } = order
  const field = { merge_id, tag, name, type, required, options, list_id: listId }
  fields.push(field)
  return field
}

/**
 * Checks the given values against the audience's fields, and (unless skipped) that every required
 * field has a value. A field the audience does not have is refused; the real API drops it silently.
 */
export function checkMergeValues(
  fields: MergeField[],
  given: MergeValues,
  after: MergeValues,
  skip: boolean,
): void {
  const wrong = Object.entries(given).flatMap(([tag, value]) => valueProblem(fields, tag, value))
  const missing = skip ? [] : fields.filter((field) => field.required && (after[field.tag] ?? '') === '')
  const errors = [...wrong, ...missing.map(({ tag }) => ({ field: tag, message: 'Please enter a value' }))]
  if (errors.length > 0) refuseFields(errors, 'Your merge fields were invalid.')
}

function valueProblem(
  fields: MergeField[],
  tag: string,
  value: unknown,
): { field: string; message: string }[] {
  const field = fields.find((candidate) => candidate.tag === tag)
  if (!field) return [{ field: tag, message: 'This merge field does not exist' }]
  if (value === '' || (formats[field.type] ?? isText)(value)) return []
  return [{ field: tag, message: messages[field.type] ?? 'This value should be of type string' }]
}

const isText = (value: unknown): boolean => typeof value === 'string' && value.length <= 255
const fits = (pattern: RegExp) => (value: unknown) => typeof value === 'string' && pattern.test(value)

const formats: Record<string, (value: unknown) => boolean> = {
  number: (value) => typeof value === 'number' || fits(/^-?\d+(\.\d+)?$/)(value),
  address: isObject,
  date: fits(/^(\d{4}-\d\d-\d\d.*|\d\d\/\d\d\/\d{4})$/),
  birthday: fits(/^\d\d\/\d\d$/),
  url: fits(/^https?:\/\//),
  imageurl: fits(/^https?:\/\//),
}

const messages: Record<string, string> = {
  number: 'Please enter a number',
  address: 'Please enter a complete address',
  date: 'Please enter the date',
  birthday: 'Please enter a month (01-12) and a day (01-31)',
}
