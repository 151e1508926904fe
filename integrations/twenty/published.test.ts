// Every request we can send, held against the schema of a Twenty workspace. Each workspace generates its own, so Twenty
// publishes none as a whole; below is the part of it that every workspace has and we use, no more.

import {
  buildSchema,
  type GraphQLScalarType,
  getOperationAST,
  getVariableValues,
  parse,
  validate,
} from 'graphql'
import { z } from 'zod'
import { type Published, type Request, testPublished } from '../../test/support/published.ts'
import type { Crm } from '../crm.ts'
import type { StubAnswer } from '../stub.ts'
import { createTwenty } from './twenty.ts'

const schema = buildSchema(`
  scalar UUID
  scalar DateTime
  enum OrderByDirection { AscNullsFirst AscNullsLast DescNullsFirst DescNullsLast }
  input UUIDFilter { eq: UUID gt: UUID }
  input DateTimeFilter { eq: DateTime gt: DateTime gte: DateTime lte: DateTime }
  input StringFilter { eq: String like: String }

  type FullName { firstName: String lastName: String }
  input FullNameCreateInput { firstName: String lastName: String }
  type Emails { primaryEmail: String }
  input EmailsCreateInput { primaryEmail: String }
  input EmailsFilterInput { primaryEmail: StringFilter }
  type Phones { primaryPhoneNumber: String primaryPhoneCallingCode: String }
  input PhonesCreateInput { primaryPhoneNumber: String primaryPhoneCallingCode: String }
  input RichTextV2CreateInput { markdown: String }

  type Person { id: UUID! createdAt: DateTime! updatedAt: DateTime! name: FullName emails: Emails phones: Phones }
  type PersonEdge { node: Person! }
  type PersonConnection { edges: [PersonEdge!]! }
input PersonUpdateInput { name: FullNameCreateInput emails: EmailsCreateInput phones: PhonesCreateInput }
    input PersonCreateInput { id: UUID name: FullNameCreateInput emails: EmailsCreateInput phones: PhonesCreateInput }
  input PersonOrderByInput { id: OrderByDirection updatedAt: OrderByDirection }
  input PersonFilterInput {
    and: [PersonFilterInput!]
    or: [PersonFilterInput!]
    id: UUIDFilter
    updatedAt: DateTimeFilter
    emails: EmailsFilterInput
  }

  type Note { id: UUID! }
  input NoteCreateInput { id: UUID title: String bodyV2: RichTextV2CreateInput }
  type NoteTarget { id: UUID! }
  input NoteTargetCreateInput { id: UUID noteId: UUID targetPersonId: UUID }

  type Opportunity { id: UUID! }
  type OpportunityEdge { node: Opportunity! }
  type OpportunityConnection { edges: [OpportunityEdge!]! }
  enum OpportunityStageEnum { NEW SCREENING MEETING PROPOSAL CUSTOMER }
  input OpportunityCreateInput { id: UUID name: String stage: OpportunityStageEnum pointOfContactId: UUID }
  input OpportunityFilterInput { id: UUIDFilter }

  type Query {
    people(filter: PersonFilterInput, orderBy: [PersonOrderByInput!], first: Int): PersonConnection
    opportunities(filter: OpportunityFilterInput, first: Int): OpportunityConnection
  }
  type Mutation {
    createPeople(data: [PersonCreateInput!]!, upsert: Boolean): [Person!]
    updatePerson(id: UUID!, data: PersonUpdateInput!): Person
    createNotes(data: [NoteCreateInput!]!, upsert: Boolean): [Note!]
    createNoteTargets(data: [NoteTargetCreateInput!]!, upsert: Boolean): [NoteTarget!]
    createOpportunities(data: [OpportunityCreateInput!]!, upsert: Boolean): [Opportunity!]
  }
`)

const scalars: Record<string, z.ZodType> = { UUID: z.guid(), DateTime: z.iso.datetime() }
for (const [name, shape] of Object.entries(scalars)) {
  const scalar = schema.getType(name) as GraphQLScalarType
  scalar.coerceInputValue = (value) => shape.parse(value)
}

interface Question {
  query: string
  variables: Record<string, unknown>
}

/** What a workspace would refuse. */
function faultsOf({ query, variables }: Question): string[] {
  const document = parse(query)
  const { variableDefinitions = [] } = getOperationAST(document)!
  const { errors = [] } = getVariableValues(schema, variableDefinitions, variables)
  const unknown = Object.keys(variables).filter(
    (name) => !variableDefinitions.some(({ variable }) => variable.name.value === name),
  )
  return [...validate(schema, document), ...errors].map(({ message }) => message).concat(unknown)
}

const body = z
  .strictObject({ query: z.string(), variables: z.record(z.string(), z.unknown()) })
  .superRefine((question, { addIssue }) => faultsOf(question).forEach((fault) => void addIssue(fault)))

const operations = [
  ...['CheckFields', 'CheckPeople', 'UpsertPeople', 'UpdatePerson', 'ChangedPeople', 'UpsertNote'],
  ...['UpsertNoteTarget', 'FindOpportunity', 'UpsertOpportunity'],
]
const published: Record<string, Published> = Object.fromEntries(
  operations.map((name) => [`POST /graphql ${name}`, { body }]),
)

const context = { signal: new AbortController().signal }
const contactId = '0d1f9c2e-7a53-4c61-9b0e-5f2a8d3c4b17'
const at = new Date('2026-11-24T10:00:00.123Z')
const contact = {
  email: ' Jane@Example.com ',
  fields: { firstName: 'Jane', lastName: '', phone: '+491701234567', company: 'Acme' },
}

const uses: Record<Exclude<keyof Crm, 'vendor' | 'mappedFields'>, (to: Crm) => Promise<unknown>> = {
  check: (to) => to.check(context),
  async upsertContact(to) {
    await to.upsertContact(contact, context)
    await to.upsertContact({ email: 'jane@example.com', fields: {} }, context)
    await to.upsertContact({ ownId: 'lead_1', fields: contact.fields }, context)
  },
  updateContact: (to) =>
    to.updateContact({ contactId, email: 'jane.roe@example.com', fields: contact.fields }, context),
  async logActivity(to) {
    for (const kind of ['NOTE', 'EMAIL', 'WHATSAPP'] as const)
      await to.logActivity({ contactId, kind, text: 'Called\n& left', at, activityId: 'act_1' }, context)
  },
  createDeal: (to) => {
    const deal = { contactId, name: 'Spring', stage: 'NEW', pipeline: 'default', dealId: 'd_1' }
    return to.createDeal(deal, context)
  },
  async changedSince(to) {
    await to.changedSince({ changedAt: new Date(0), contactId: '' }, context)
    await to.changedSince({ changedAt: at, contactId }, context)
  },
}

const inputField = (name: string, ...parts: string[]) => ({
  name,
  type: { inputFields: parts.map((part) => ({ name: part })) },
})
const person = { id: contactId, createdAt: at.toISOString(), updatedAt: at.toISOString() }

/** One answer for all: each verb takes its own part of it. */
const data = {
  person: {
    inputFields: [inputField('name', 'firstName', 'lastName'), inputField('phones', 'primaryPhoneNumber')],
  },
  noteTarget: { inputFields: [{ name: 'targetPersonId' }] },
  createPeople: [person],
  updatePerson: person,
  people: { edges: [] },
  opportunities: { edges: [] },
}

function keyOf({ method, body }: Request, pathname: string): string {
  const operation = getOperationAST(parse((body as Question).query))
  return `${method} ${pathname} ${operation?.name?.value}`
}

testPublished<Crm>({
  name: 'Twenty',
  published,
  headers: z.object({ authorization: z.literal('Bearer key') }),
  keyOf,
  connect: (baseUrl) => createTwenty({ baseUrl, apiKey: 'key' }),
  uses,
  answer: (): StubAnswer => ({ body: { data } }),
})
