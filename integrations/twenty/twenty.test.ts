import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { failureOf, type Stub, type StubAnswer, startStub } from '../stub.ts'
import { createTwenty } from './twenty.ts'

let stub: Stub
beforeEach(async () => {
  stub = await startStub()
})
afterEach(() => stub[Symbol.asyncDispose]())

const context = { signal: new AbortController().signal, correlationId: 'corr-1' }
const twenty = (settings = {}) => createTwenty({ baseUrl: `${stub.url}/`, apiKey: 'key', ...settings })
const UUID_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

function script(...answers: StubAnswer[]): void {
  stub.reply = (_, response) => response.end(JSON.stringify(answers.shift()!.body))
}
const data = (value: object): StubAnswer => ({ body: { data: value } })
const duplicate: StubAnswer = {
  body: { errors: [{ message: 'A duplicate entry was detected', extensions: { code: 'BAD_USER_INPUT' } }] },
}

/** The questions, their spaces made one; each goes to /graphql with our key and the correlation id. */
function asked() {
  return stub.requests.map(({ method, path, headers, body }) => {
    expect({ method, path }).toEqual({ method: 'POST', path: '/graphql' })
    expect(headers).toMatchObject({ authorization: 'Bearer key', 'x-correlation-id': 'corr-1' })
    const { query, variables } = body as { query: string; variables: Record<string, unknown> }
    return { query: query.replace(/\s+/g, ' '), variables }
  })
}

describe('Twenty people', () => {
  const contact = {
    email: ' Jane@Example.com ',
    fields: { firstName: 'Jane', lastName: 'Doe', phone: '+491701234567', company: 'Acme' },
  }
  const at = '2026-11-24T10:00:00.000Z'
  const person = { id: 'p1', createdAt: at, updatedAt: at }
  const made = data({ createPeople: [person] })

  test('the upsert nests composite fields and sends the address in lower case, as Twenty demands', async () => {
    script(made)
    expect(await twenty().upsertContact(contact, context)).toEqual({ contactId: 'p1', created: true })
    expect(asked()).toEqual([
      {
        query:
          'mutation UpsertPeople($data: [PersonCreateInput!]!) { createPeople(data: $data, upsert: true) { id createdAt updatedAt } }',
        variables: {
          data: [
            {
              name: { firstName: 'Jane', lastName: 'Doe' },
              phones: { primaryPhoneNumber: '+491701234567' },
              emails: { primaryEmail: 'jane@example.com' },
            },
          ],
        },
      },
    ])
  })

  test('a person who was changed after being made is not new', async () => {
    script(data({ createPeople: [{ ...person, updatedAt: '2026-11-24T10:00:01.000Z' }] }))
    expect(await twenty().upsertContact(contact, context)).toMatchObject({ created: false })
  })

  test('who loses the race for an address finds the winner’s person', async () => {
    script(duplicate, made)
    expect(await twenty().upsertContact(contact, context)).toMatchObject({ contactId: 'p1' })
    script(duplicate, duplicate)
    const error = await failureOf(twenty().upsertContact(contact, context))
    expect(error).toMatchObject({ errorClass: 'PERMANENT', code: 'DUPLICATE_ENTRY' })
  })

  test('a workspace’s own text fields can be mapped', async () => {
    script(made)
    const mapping = { company: 'companyName', stage: 'leadStage' }
    await twenty({ mapping }).upsertContact(
      { ...contact, fields: { company: 'Acme', stage: 'lead' } },
      context,
    )
    expect(asked()[0]!.variables).toEqual({
      data: [{ companyName: 'Acme', leadStage: 'lead', emails: { primaryEmail: 'jane@example.com' } }],
    })
  })

  test('a mapping that is no field name is refused before it becomes part of a question', async () => {
    const mapping = { company: 'name } } evil { x' }
    const error = await failureOf((async () => twenty({ mapping }))())
    expect(error).toMatchObject({ errorClass: 'PERMANENT', code: 'MAPPING_INVALID' })
  })

  test('the check finds a workspace without the fields for notes, and a key that may not read people', async () => {
    const types = {
      person: {
        inputFields: [
          { name: 'name', type: { inputFields: [{ name: 'firstName' }, { name: 'lastName' }] } },
          { name: 'phones', type: { inputFields: [{ name: 'primaryPhoneNumber' }] } },
        ],
      },
    }
    script(data({ ...types, noteTarget: { inputFields: [{ name: 'personId' }] } }))
    const error = await failureOf(twenty().check(context))
    expect(error).toMatchObject({ code: 'MAPPING_INVALID' })
    expect((error as Error).message).toContain('noteTarget.targetPersonId')
    const forbidden = { body: { errors: [{ message: 'No', extensions: { code: 'FORBIDDEN' } }] } }
    script(data({ ...types, noteTarget: { inputFields: [{ name: 'targetPersonId' }] } }), forbidden)
    expect(await failureOf(twenty().check(context))).toMatchObject({ errorClass: 'AUTH' })
  })

  test('changes are asked for by time and id together, and a telephone number is put together again', async () => {
    const node = {
      id: 'p2',
      updatedAt: '2026-11-24T10:00:01.000Z',
      emails: { primaryEmail: 'jane@example.com' },
      name: { firstName: 'Jane', lastName: '' },
      phones: { primaryPhoneNumber: '1701234567', primaryPhoneCallingCode: '+49' },
    }
    script(data({ people: { edges: [{ node }] } }))
    const changedAt = new Date(node.updatedAt)
    expect(await twenty().changedSince({ changedAt: new Date(at), contactId: 'p1' }, context)).toEqual({
      contacts: [
        {
          contactId: 'p2',
          changedAt,
          email: 'jane@example.com',
          fields: { firstName: 'Jane', phone: '+491701234567' },
        },
      ],
      next: { changedAt, contactId: 'p2' },
    })
    const [{ query, variables }] = asked() as [ReturnType<typeof asked>[number]]
    expect(query).toContain(
      'name { firstName lastName } phones { primaryPhoneNumber primaryPhoneCallingCode }',
    )
    const rest = { and: [{ updatedAt: { eq: at } }, { id: { gt: 'p1' } }] }
    expect(variables).toEqual({
      filter: {
        and: [
          { or: [{ updatedAt: { gt: at } }, rest] },
          { updatedAt: { lte: expect.any(String) } },
          { emails: { primaryEmail: { like: '%@%' } } },
        ],
      },
      orderBy: [{ updatedAt: 'AscNullsFirst' }, { id: 'AscNullsFirst' }],
      first: 60,
    })
  })
})

describe('Twenty notes and opportunities', () => {
  const activity = {
    contactId: 'p1',
    text: 'Hi **Jane**',
    at: new Date('2026-11-24T10:00:59Z'),
    activityId: 'act_1',
  }

  test('an activity is a note and its link to the person, both under ids made from ours', async () => {
    script(data({ createNotes: [{ id: 'x' }] }), data({ createNoteTargets: [{ id: 'y' }] }))
    await twenty().logActivity({ ...activity, kind: 'WHATSAPP' }, context)
    const [note, link] = asked()
    const id = expect.stringMatching(UUID_4)
    expect(note).toEqual({
      query:
        'mutation UpsertNote($data: [NoteCreateInput!]!) { createNotes(data: $data, upsert: true) { id } }',
      variables: {
        data: [{ id, title: 'WhatsApp, 2026-11-24 10:00 UTC', bodyV2: { markdown: 'Hi **Jane**' } }],
      },
    })
    const noteId = (note!.variables.data as [{ id: string }])[0].id
    expect(link).toEqual({
      query:
        'mutation UpsertNoteTarget($data: [NoteTargetCreateInput!]!) { createNoteTargets(data: $data, upsert: true) { id } }',
      variables: { data: [{ id, noteId, targetPersonId: 'p1' }] },
    })
    expect((link!.variables.data as [{ id: string }])[0].id).not.toBe(noteId)
  })

  test('a deal is an opportunity with the person as its contact; one that exists is left alone', async () => {
    const deal = { contactId: 'p1', name: 'Spring', stage: 'NEW', pipeline: 'ignored', dealId: 'deal_1' }
    script(data({ opportunities: { edges: [] } }), data({ createOpportunities: [{ id: 'o1' }] }))
    await twenty().createDeal(deal, context)
    const [look, make] = asked()
    const id = expect.stringMatching(UUID_4)
    expect(look!.variables).toEqual({ filter: { id: { eq: id } } })
    expect(make).toEqual({
      query:
        'mutation UpsertOpportunity($data: [OpportunityCreateInput!]!) { createOpportunities(data: $data, upsert: true) { id } }',
      variables: { data: [{ id, name: 'Spring', stage: 'NEW', pointOfContactId: 'p1' }] },
    })
    script(data({ opportunities: { edges: [{ node: { id: 'o1' } }] } }))
    await twenty().createDeal(deal, context)
    expect(asked()).toHaveLength(3)
    expect(asked()[2]).toEqual(look)
  })
})
