// People of a Twenty workspace, known by their id, their primary e-mail address, or an id we chose.

import { z } from 'zod'
import { type CallContext, unlessAbsent } from '../client.ts'
import {
  type ChangedContacts,
  type CrmChange,
  type CrmChanged,
  type CrmWatermark,
  fromCrmNames,
  type NewCrmContact,
  refuseFaults,
  toCrmNames,
} from '../crm.ts'
import { VendorError } from '../errors.ts'
import { idFrom, nested, onceMore, type Workspace } from './workspace.ts'

const InputType = z.object({
  name: z.string(),
  type: z.object({ inputFields: z.array(z.object({ name: z.string() })).nullish() }),
})
const Schema = z.object({
  person: z.object({ inputFields: z.array(InputType) }),
  noteTarget: z.object({ inputFields: z.array(z.object({ name: z.string() })) }),
})
/** Twenty fills these in itself; and the address tells who it is. */
const OWN = ['id', 'createdAt', 'updatedAt', 'deletedAt', 'createdBy', 'updatedBy', 'position', 'emails']

/** Each workspace has a schema of its own, so it is asked for the fields; and whether the key's role may read people. */
export async function check({ ask, mapping }: Workspace, context: CallContext): Promise<void> {
  const query = `query CheckFields {
    person: __type(name: "PersonCreateInput") { inputFields { name type { inputFields { name } } } }
    noteTarget: __type(name: "NoteTargetCreateInput") { inputFields { name } }
  }`
  const { person, noteTarget } = await ask(
    { operation: 'check', query, variables: {}, answer: Schema },
    context,
  )
  const known = new Set(
    person.inputFields.flatMap(({ name, type }) => [
      name,
      ...(type.inputFields ?? []).map((part) => `${name}.${part.name}`),
    ]),
  )
  const names = Object.values(mapping)
  const target = noteTarget.inputFields.some(({ name }) => name === 'targetPersonId')
  refuseFaults('twenty', {
    missing: [
      ...names.filter((name) => !known.has(name)),
      ...(target ? [] : ['noteTarget.targetPersonId (Twenty is too old)']),
    ],
    readOnly: names.filter((name) => OWN.includes(name.split('.')[0]!)),
  })
  await ask({ operation: 'check', query: ANYBODY, variables: {}, answer: z.object({}) }, context)
}

const ANYBODY = 'query CheckPeople { people(first: 1) { edges { node { id } } } }'

const Person = z.object({ id: z.string(), createdAt: z.string(), updatedAt: z.string() })

/**
 * The upsert finds a person by the unique e-mail address, or by the id we chose for somebody without one, and changes the
 * given fields only; one that was deleted comes back. Twenty does not say which it was: a person whose two times are
 * the same has just been made.
 */
export async function upsertContact(
  workspace: Workspace,
  contact: NewCrmContact,
  context: CallContext,
): Promise<{ contactId: string; created: boolean }> {
  const { fields, fieldsIfNew } = contact
  const values = nested(toCrmNames(workspace.mapping, fields))
  const key =
    contact.email === undefined
      ? { id: idFrom('person', contact.ownId) }
      : { emails: emailsOf(contact.email) }
  const [{ id, createdAt, updatedAt }] = await upsert(workspace, { ...values, ...key }, context)
  const created = createdAt === updatedAt
  if (created && fieldsIfNew) await updateContact(workspace, { contactId: id, fields: fieldsIfNew }, context)
  return { contactId: id, created }
}

const emailsOf = (email: string) => ({ primaryEmail: email.trim().toLowerCase() })

async function upsert({ ask }: Workspace, person: Record<string, unknown>, context: CallContext) {
  const { createPeople } = await onceMore(() =>
    ask(
      {
        operation: 'upsertContact',
        query: `mutation UpsertPeople($data: [PersonCreateInput!]!) {
          createPeople(data: $data, upsert: true) { id createdAt updatedAt }
        }`,
        variables: { data: [person] },
        answer: z.object({ createPeople: z.tuple([Person]) }),
        personal: textsIn(person),
      },
      context,
    ),
  )
  return createPeople
}

/** Every text in a record, whatever it is part of. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(textsIn) : []
}

/** Changes a person by id; nothing to change takes no call. */
export async function updateContact(
  workspace: Workspace,
  { contactId, email, fields }: CrmChange,
  context: CallContext,
): Promise<CrmChanged> {
  const values = nested(toCrmNames(workspace.mapping, fields))
  const data = { ...values, ...(email !== undefined && { emails: emailsOf(email) }) }
  if (Object.keys(data).length === 0) return { kind: 'changed' }
  try {
    return await change(workspace, contactId, data, context)
  } catch (error) {
    if (email === undefined || !isDuplicate(error)) throw error
    // An upsert of the address alone changes nothing and tells whose it is.
    const [{ id }] = await upsert(workspace, { emails: emailsOf(email) }, context)
    return { kind: 'taken', contactId: id }
  }
}

const isDuplicate = (error: unknown) => error instanceof VendorError && error.code === 'DUPLICATE_ENTRY'

async function change(
  { ask }: Workspace,
  id: string,
  data: Record<string, unknown>,
  context: CallContext,
): Promise<CrmChanged> {
  const found = await unlessAbsent(
    (expects) =>
      ask(
        {
          operation: 'updateContact',
          query:
            'mutation UpdatePerson($id: UUID!, $data: PersonUpdateInput!) { updatePerson(id: $id, data: $data) { id } }',
          variables: { id, data },
          answer: z.object({ updatePerson: z.object({ id: z.string() }) }),
          personal: textsIn(data),
          expects,
        },
        context,
      ),
    ({ code }) => code === 'NOT_FOUND',
  )
  return found ? { kind: 'changed' } : { kind: 'gone' }
}

/** The largest page that every version of Twenty gives. */
const PAGE = 60

const Changed = z.object({
  people: z.object({
    edges: z.array(
      z.object({
        node: z.looseObject({
          id: z.string(),
          updatedAt: z.coerce.date(),
          emails: z.object({ primaryEmail: z.string() }),
        }),
      }),
    ),
  }),
})
type Node = z.infer<typeof Changed>['people']['edges'][number]['node']

/** Time and id are sorted and compared together, so that people of one millisecond are split between pages without loss. */
export async function changedSince(
  { ask, mapping, settleMs }: Workspace,
  { changedAt, contactId }: CrmWatermark,
  context: CallContext,
): Promise<ChangedContacts> {
  const at = changedAt.toISOString()
  const rest = { and: [{ updatedAt: { eq: at } }, { id: { gt: contactId } }] }
  const filter = {
    and: [
      contactId === '' ? { updatedAt: { gte: at } } : { or: [{ updatedAt: { gt: at } }, rest] },
      { updatedAt: { lte: new Date(Date.now() - settleMs).toISOString() } },
      { emails: { primaryEmail: { like: '%@%' } } },
    ],
  }
  const orderBy = [{ updatedAt: 'AscNullsFirst' }, { id: 'AscNullsFirst' }]
  const query = `query ChangedPeople($filter: PersonFilterInput, $orderBy: [PersonOrderByInput!], $first: Int) {
    people(filter: $filter, orderBy: $orderBy, first: $first) {
      edges { node { id updatedAt emails { primaryEmail } ${selection(Object.values(mapping))} } }
    }
  }`
  const { people } = await ask(
    { operation: 'changedSince', query, variables: { filter, orderBy, first: PAGE }, answer: Changed },
    context,
  )
  const contacts = people.edges.map(({ node }) => ({
    contactId: node.id,
    changedAt: node.updatedAt,
    email: node.emails.primaryEmail,
    fields: fromCrmNames(mapping, (name) => valueIn(node, name)),
  }))
  const last = contacts.at(-1)
  return { contacts, next: last && { changedAt: last.changedAt, contactId: last.contactId } }
}

/** The part of a telephone number that Twenty takes off it: `+49` of `+491701234567`. */
const CALLING_CODE: Record<string, string> = { primaryPhoneNumber: 'primaryPhoneCallingCode' }

/** The mapped fields as a GraphQL selection, the parts of a composite field together. */
function selection(names: readonly string[]): string {
  const paths = names.map((name) => name.split('.') as [string, string | undefined])
  const fields = Map.groupBy(paths, ([field]) => field)
  return [...fields].map(([field, parts]) => `${field} ${partsOf(parts)}`.trim()).join(' ')
}

function partsOf(paths: readonly [string, string | undefined][]): string {
  const parts = paths.flatMap(([, part]) => (part ? [part, CALLING_CODE[part] ?? ''] : [])).filter(Boolean)
  return parts.length === 0 ? '' : `{ ${parts.join(' ')} }`
}

function valueIn(node: Node, name: string): string | undefined {
  const [field, part] = name.split('.') as [string, string | undefined]
  if (part === undefined) return textIn(node[field])
  const parts = (node[field] ?? {}) as Record<string, unknown>
  const value = textIn(parts[part])
  const code = textIn(parts[CALLING_CODE[part] ?? ''])
  return value && code && !value.startsWith('+') ? code + value : value
}

const textIn = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)
