// For tests: as much of HubSpot and of Twenty as the verbs need, with a memory.

import type { CrmMapping } from './crm.ts'
import { type Stub, type StubAnswer, startStub } from './stub.ts'

interface FakeContact {
  id: string
  /** Under the CRM's own names, `name.firstName` for a part. */
  values: Record<string, string>
  changedAt: number
}

/** A CRM with a memory, and what a test has to know of it. */
export interface FakeCrm {
  stub: Stub
  contacts: FakeContact[]
  activities: { id: string; contactId: string; text: string }[]
  deals: { id: string; contactId: string; name: string; stage: string }[]
  /** Treats the next requests in its own way; the effect comes first where it calls `answer`. */
  intercept: ((answer: () => StubAnswer) => StubAnswer | 'DROP') | undefined
  firstName: string
  badMapping: CrmMapping
  /** Its own words for "too fast" and "who are you?". */
  tooFast: StubAnswer
  unknownKey: StubAnswer
}

type Answer = (method: string, path: string, body: never) => StubAnswer

async function startFake(
  own: Pick<FakeCrm, 'firstName' | 'badMapping' | 'tooFast' | 'unknownKey'>,
  answerOf: (crm: FakeCrm) => Answer,
): Promise<FakeCrm> {
  const stub = await startStub()
  const crm: FakeCrm = { stub, contacts: [], activities: [], deals: [], intercept: undefined, ...own }
  const answer = answerOf(crm)
  stub.reply = (_, response) => {
    const { method, path, body } = stub.requests.at(-1)!
    const usual = () => answer(method, path, body as never)
    const given = crm.intercept ? crm.intercept(usual) : usual()
    if (given === 'DROP') response.destroy()
    else response.writeHead(given.status ?? 200, given.headers).end(JSON.stringify(given.body))
  }
  return crm
}

/** Two requests in the same millisecond are two changes, as they would be at a vendor. */
let clock = Date.parse('2026-11-20T00:00:00Z')
const tick = () => ++clock

function save(contact: FakeContact, values: Record<string, string>): FakeContact {
  Object.assign(contact.values, values)
  contact.changedAt = tick()
  return contact
}

interface SearchBody {
  filterGroups: { filters: { propertyName: string; operator: string; value?: string }[] }[]
  sorts: [string]
  limit: number
}

export function startFakeHubspot(): Promise<FakeCrm> {
  const own = {
    firstName: 'firstname',
    badMapping: { firstName: 'firstname', source: 'no_such', stage: 'createdate', locale: 'nor_this' },
    tooFast: { status: 429, body: { status: 'error', policyName: 'SECONDLY' } },
    unknownKey: { status: 401, body: { status: 'error', category: 'INVALID_AUTHENTICATION' } },
  }
  return startFake(own, (crm) => (method, path, body) => hubspotAnswer(crm, method, path, body))
}

const MISSING: StubAnswer = { status: 404, body: { status: 'error', category: 'OBJECT_NOT_FOUND' } }
const NONE: StubAnswer = {
  status: 207,
  body: { status: 'COMPLETE', results: [], errors: [{ category: 'OBJECT_NOT_FOUND' }] },
}

function hubspotAnswer(crm: FakeCrm, method: string, path: string, body: never): StubAnswer {
  const [, verb = ''] = /2026-09\/(.*)/.exec(path) ?? []
  if (path.startsWith('/crm/properties')) return { body: { results: definitions } }
  if (verb === 'contacts/search') return hubspotSearch(crm, body)
  if (verb.endsWith('/batch/read')) return hubspotRead(crm, verb, body)
  if (method === 'POST' && verb === 'contacts') return hubspotContact(crm, body)
  if (method === 'POST') return hubspotCreate(crm, verb, body)
  const contact = crm.contacts.find(({ id }) => id === /^contacts\/(\d+)$/.exec(verb)?.[1])
  const { properties = {} } = (body ?? {}) as { properties?: Record<string, string> }
  if (!contact) return MISSING
  return (
    takenBy(crm, properties.email, contact.id) ?? { body: { id: save(contact, properties).id, properties } }
  )
}

/** The refusal that names who has an address. */
function takenBy(crm: FakeCrm, email: string | undefined, own?: string): StubAnswer | undefined {
  const owner = crm.contacts.find(({ id, values }) => email && values.email === email && id !== own)
  const message = `Contact already exists. Existing ID: ${owner?.id}`
  return owner && { status: 409, body: { status: 'error', category: 'CONFLICT', message } }
}

function hubspotContact(crm: FakeCrm, { properties }: { properties: Record<string, string> }): StubAnswer {
  const taken = takenBy(crm, properties.email)
  if (taken) return taken
  const contact = { id: String(501 + crm.contacts.length), values: {}, changedAt: 0 }
  crm.contacts.push(contact)
  return { status: 201, body: { id: save(contact, properties).id, properties } }
}

const definitions = [
  'email',
  'firstname',
  'lastname',
  'phone',
  'company',
  'lifecyclestage',
  'createdate',
].map((name) => ({ name, modificationMetadata: { readOnlyValue: name === 'createdate' } }))

function hubspotSearch(crm: FakeCrm, { filterGroups, sorts: [sort], limit }: SearchBody): StubAnswer {
  const valueFor = ({ id, values, changedAt }: FakeContact, name: string) =>
    name === 'hs_object_id' ? id : name === 'lastmodifieddate' ? String(changedAt) : values[name]
  const fits = (contact: FakeContact) =>
    filterGroups.some(({ filters }) =>
      filters.every(({ propertyName, operator, value }) => {
        const [has, wanted] = [valueFor(contact, propertyName), Number(value)]
        if (operator === 'HAS_PROPERTY') return Boolean(has)
        if (operator === 'EQ') return has === value
        const number = Number(has)
        return { GT: number > wanted, GTE: number >= wanted, LTE: number <= wanted }[operator]
      }),
    )
  // Of those that are equal the youngest comes first: the worst order for whoever trusts in an order.
  const found = crm.contacts.toReversed().filter(fits)
  found.sort((left, right) => Number(valueFor(left, sort)) - Number(valueFor(right, sort)))
  const results = found.slice(0, limit).map(({ id, values, changedAt }) => ({
    id,
    properties: { ...values, lastmodifieddate: new Date(changedAt).toISOString() },
  }))
  return { body: { total: found.length, results } }
}

function hubspotRead(
  crm: FakeCrm,
  verb: string,
  { inputs }: { inputs: { id: string; after?: string }[] },
): StubAnswer {
  const [, kind] = /(notes|communications|deals)\/batch\/read$/.exec(verb)!
  const shelf = kind === 'deals' ? crm.deals : crm.activities
  const ids = new Set(inputs.map(({ id }) => id))
  if (verb.startsWith('contacts/')) {
    const to = shelf.filter(({ contactId }) => ids.has(contactId)).map(({ id }) => ({ toObjectId: id }))
    return to.length === 0 ? NONE : { body: { results: [{ from: inputs[0], to }] } }
  }
  const property = { notes: 'hs_note_body', communications: 'hs_communication_body', deals: 'description' }[
    kind as 'notes'
  ]
  const results = shelf.filter(({ id }) => ids.has(id))
  const textOf = (record: object) => ('text' in record ? record.text : (record as { note?: string }).note)
  return {
    body: { results: results.map((one) => ({ id: one.id, properties: { [property]: textOf(one) } })) },
  }
}

function hubspotCreate(
  crm: FakeCrm,
  kind: string,
  {
    properties,
    associations,
  }: { properties: Record<string, string>; associations: [{ to: { id: string } }] },
): StubAnswer {
  const id = String(9000 + crm.activities.length + crm.deals.length)
  const contactId = associations[0].to.id
  const { dealname: name = '', dealstage: stage = '', description } = properties
  if (kind === 'deals') crm.deals.push(Object.assign({ id, contactId, name, stage }, { note: description }))
  else {
    const text = properties.hs_note_body ?? properties.hs_communication_body ?? ''
    crm.activities.push({ id, contactId, text })
  }
  return { status: 201, body: { id, properties } }
}

export function startFakeTwenty(): Promise<FakeCrm> {
  const own = {
    firstName: 'name.firstName',
    badMapping: {
      firstName: 'name.firstName',
      source: 'no_such',
      stage: 'createdAt',
      locale: 'name.nor_this',
    },
    tooFast: graphqlError('BAD_USER_INPUT', 'Limit reached (100 tokens per 60000 ms)'),
    unknownKey: graphqlError('UNAUTHENTICATED', 'Token invalid.'),
  }
  return startFake(own, (crm) => (_method, _path, body) => twentyAnswer(crm, body))
}

const graphqlError = (code: string, message: string): StubAnswer => ({
  body: { data: null, errors: [{ message, extensions: { code } }] },
})

type Input = Record<string, unknown> & { id: string }
interface Question {
  query: string
  variables: { id: string; data: [Input]; filter: Filter; first: number }
}

function twentyAnswer(crm: FakeCrm, { query, variables }: Question): StubAnswer {
  const [, operation = ''] = /^(?:query|mutation) (\w+)/.exec(query) ?? []
  const [record] = Array.isArray(variables.data) ? variables.data : []
  try {
    return { body: { data: twentyData(crm, operation, record!, variables) } }
  } catch (error) {
    if (error instanceof TwentyFault) return graphqlError(error.code, error.message)
    throw error
  }
}

class TwentyFault extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

function twentyData(
  crm: FakeCrm,
  operation: string,
  record: Input,
  variables: Question['variables'],
): unknown {
  switch (operation) {
    case 'CheckFields':
      return {
        person: { inputFields: personFields },
        noteTarget: { inputFields: [{ name: 'targetPersonId' }] },
      }
    case 'UpsertPeople':
      return { createPeople: [twentyUpsert(crm, record)] }
    case 'UpdatePerson':
      return twentyUpdate(crm, variables)
    case 'ChangedPeople':
      return { people: { edges: twentyChanged(crm, variables).map((node) => ({ node })) } }
    case 'FindOpportunity': {
      const { eq } = variables.filter.id as { eq: string }
      return { opportunities: { edges: crm.deals.filter(({ id }) => id === eq).map((node) => ({ node })) } }
    }
    case 'UpsertOpportunity': {
      const { id, name, stage, pointOfContactId: contactId } = record
      keep(crm.deals, { id, contactId, name, stage } as FakeCrm['deals'][number])
      return { createOpportunities: [{ id }] }
    }
    case 'UpsertNote': {
      const { markdown } = record.bodyV2 as { markdown: string }
      keep(crm.activities, { id: record.id, contactId: '', text: markdown })
      return { createNotes: [{ id: record.id }] }
    }
    case 'UpsertNoteTarget': {
      const note = crm.activities.find(({ id }) => id === record.noteId)
      note!.contactId = String(record.targetPersonId)
      return { createNoteTargets: [{ id: record.id }] }
    }
    default:
      return { people: { edges: [] } }
  }
}

const personFields = [
  { name: 'id', type: { inputFields: null } },
  { name: 'createdAt', type: { inputFields: null } },
  { name: 'jobTitle', type: { inputFields: null } },
  { name: 'name', type: { inputFields: [{ name: 'firstName' }, { name: 'lastName' }] } },
  { name: 'phones', type: { inputFields: [{ name: 'primaryPhoneNumber' }] } },
]

function keep<T extends { id: string }>(shelf: T[], record: T): void {
  const known = shelf.find(({ id }) => id === record.id)
  if (known) Object.assign(known, record)
  else shelf.push(record)
}

function twentyUpsert(crm: FakeCrm, { id, emails, ...fields }: Input): object {
  const primaryEmail = (emails as { primaryEmail: string } | undefined)?.primaryEmail
  const known = crm.contacts.find((each) =>
    primaryEmail ? each.values.email === primaryEmail : each.id === id,
  )
  const number = String(crm.contacts.length).padStart(12, '0')
  const contact = known ?? { id: id ?? `00000000-0000-4000-8000-${number}`, values: {}, changedAt: 0 }
  if (!known) crm.contacts.push(contact)
  save(contact, { ...(primaryEmail && { email: primaryEmail }), ...flat(fields) })
  const at = new Date(contact.changedAt).toISOString()
  return { id: contact.id, createdAt: known ? '2026-01-01T00:00:00.000Z' : at, updatedAt: at }
}

function twentyUpdate(crm: FakeCrm, { id, data }: Question['variables']): object {
  const { emails, ...fields } = data as unknown as Record<string, unknown>
  const email = (emails as { primaryEmail: string } | undefined)?.primaryEmail
  const contact = crm.contacts.find((each) => each.id === id)
  if (!contact) throw new TwentyFault('NOT_FOUND', 'Record not found')
  if (email && crm.contacts.some((each) => each.id !== id && each.values.email === email))
    throw new TwentyFault('BAD_USER_INPUT', 'A duplicate entry was detected')
  save(contact, { ...(email && { email }), ...flat(fields) })
  return { updatePerson: { id } }
}

function flat(fields: Record<string, unknown>): Record<string, string> {
  const pairs = Object.entries(fields).flatMap(([field, value]) =>
    typeof value === 'string'
      ? [[field, value]]
      : Object.entries(value as object).map(([part, text]) => [`${field}.${part}`, text]),
  )
  return Object.fromEntries(pairs)
}

interface Filter {
  [field: string]: unknown
}

function twentyChanged(crm: FakeCrm, { filter, first }: Question['variables']): object[] {
  const nodes = crm.contacts.map(({ id, values, changedAt }) => ({
    id,
    updatedAt: new Date(changedAt).toISOString(),
    emails: { primaryEmail: values.email ?? '' },
    name: { firstName: values['name.firstName'] ?? '', lastName: values['name.lastName'] ?? '' },
  }))
  const found = nodes.filter((node) => passes(node, filter))
  found.sort((a, b) => `${a.updatedAt}${a.id}`.localeCompare(`${b.updatedAt}${b.id}`))
  return found.slice(0, first)
}

function passes(value: unknown, filter: Filter): boolean {
  return Object.entries(filter).every(([name, wanted]) => {
    const [list, text, want] = [wanted as Filter[], String(value), String(wanted)]
    switch (name) {
      case 'and':
        return list.every((part) => passes(value, part))
      case 'or':
        return list.some((part) => passes(value, part))
      case 'eq':
        return text === want
      case 'gt':
        return text > want
      case 'gte':
        return text >= want
      case 'lte':
        return text <= want
      case 'like':
        return text.includes(want.replaceAll('%', ''))
      default:
        return passes((value as Filter)[name], wanted as Filter)
    }
  })
}
