import { GraphQLError } from 'graphql'
import { anything, type Of, object, record, text } from './shape.ts'
import { fieldsOf } from './twenty.objects.ts'
import type { createRows } from './twenty.records.ts'

type Rows = ReturnType<typeof createRows>

const eventShape = object(
  { type: text({ oneOf: ['creation', 'change', 'deletion'] }), email: text() },
  { fields: record(anything) },
)

/** Somebody works on people in Twenty's own pages; null = done, a text = why not. */
export function act(person: Rows, event: Record<string, unknown>): string | null {
  const [problem] = eventShape.check(event, [])
  if (problem) return `${problem.path.join('.')} ${problem.message}`
  const { type, email, fields = {} } = event as Of<typeof eventShape>
  const unknown = Object.keys(fields).find((field) => !Object.hasOwn(fieldsOf('person'), field))
  if (unknown !== undefined) return `a person has no field ${unknown}`
  const known = person.page({ filter: { emails: { primaryEmail: { eq: email.toLowerCase() } } } }).edges[0]
    ?.node
  try {
    if (type === 'creation') person.write([{ ...fields, emails: { primaryEmail: email } }], false)
    else if (!known) return `nobody has the e-mail ${email}`
    else if (type === 'change') person.update(known.id, fields)
    else person.remove(known.id)
    return null
  } catch (error) {
    if (error instanceof GraphQLError) return error.message
    throw error
  }
}
