import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { startToldSandbox, type Told } from '../test/support/sandbox-hooks.ts'

const email = 'jane@example.com'
const upsertPeople = `mutation ($data: [PersonCreateInput!]!, $upsert: Boolean) {
  createPeople(data: $data, upsert: $upsert) { id createdAt updatedAt emails { primaryEmail } name { firstName lastName } phones { primaryPhoneNumber primaryPhoneCallingCode } }
}`
const readPeople = `query ($filter: PersonFilterInput, $orderBy: [PersonOrderByInput], $first: Int, $after: String) {
  people(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
    edges { cursor node { id stage emails { primaryEmail } } } pageInfo { hasNextPage endCursor } totalCount
  }
}`

const ask = (told: Told, query: string, variables: object = {}, headers: Record<string, string> = {}) =>
  told.ask('POST', '/twenty/graphql', { query, variables }, headers)
const write = (told: Told, data: object[], upsert = true) => ask(told, upsertPeople, { data, upsert })
const person = (primaryEmail: string, more: object = {}) => ({ emails: { primaryEmail }, ...more })
const found = async (told: Told, variables: object) =>
  (await ask(told, readPeople, variables)).body.data.people.edges.map(
    ({ node }: { node: { emails: { primaryEmail: string } } }) => node.emails.primaryEmail.split('@')[0],
  )
const id = (digit: number) => `${String(digit).repeat(8)}-1111-4111-8111-111111111111`

test('an upsert finds the person by address and changes the given fields only', async () => {
  const told = await startToldSandbox()
  const first = (
    await write(told, [person('Jane@Example.com', { name: { firstName: 'Jane', lastName: 'Doe' } })])
  ).body.data
  expect(first.createPeople[0]).toMatchObject({ emails: { primaryEmail: email } })
  expect(first.createPeople[0].createdAt).toBe(first.createPeople[0].updatedAt)
  const second = (await write(told, [person(email, { name: { firstName: 'Janet' } })])).body.data
    .createPeople[0]
  expect(second).toMatchObject({
    id: first.createPeople[0].id,
    name: { firstName: 'Janet', lastName: 'Doe' },
  })
  expect(second.updatedAt > second.createdAt).toBe(true)
})

test('a telephone number is kept apart from its calling code', async () => {
  const told = await startToldSandbox()
  const phones = { primaryPhoneNumber: '+49 170 1234567' }
  const [made] = (await write(told, [person(email, { phones })])).body.data.createPeople
  expect(made.phones).toEqual({ primaryPhoneNumber: '1701234567', primaryPhoneCallingCode: '+49' })
})

test.each([
  ['an address that is none', [person('jane')], /^Invalid string value .* for email field/],
  [
    'a number that is none',
    [person(email, { phones: { primaryPhoneNumber: '12' } })],
    /phone number is invalid/,
  ],
  [
    'an id of another version',
    [person(email, { id: '11111111-1111-1111-8111-111111111111' })],
    /Invalid UUID/,
  ],
  ['a field nobody made', [person(email, { shoe: '43' })], /unknown field "shoe"/],
  ['a number where a text belongs', [person(email, { jobTitle: 7 })], /String cannot represent/],
  ['more than sixty people', Array.from({ length: 61 }, (_, index) => person(`p${index}@example.com`)), /60/],
])('a write with %s is refused with HTTP 200', async (_, data, message) => {
  const told = await startToldSandbox()
  const answer = await write(told, data)
  expect(answer).toMatchObject({
    status: 200,
    body: { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] },
  })
  expect(answer.body.errors[0].message).toMatch(message)
})

test('without upsert an address that exists is a duplicate, also of somebody deleted; an upsert brings them back', async () => {
  const told = await startToldSandbox()
  const [made] = (await write(told, [person(email)])).body.data.createPeople
  await ask(told, 'mutation ($id: UUID!) { deletePerson(id: $id) { id } }', { id: made.id })
  expect(await found(told, {})).toEqual([])
  expect((await write(told, [person(email)], false)).body.errors[0].message).toBe(
    'A duplicate entry was detected',
  )
  expect((await write(told, [person(email)])).body.data.createPeople[0].id).toBe(made.id)
  expect(await found(told, {})).toEqual(['jane'])
})

test('people are read by time and id, page after page', async () => {
  const told = await startToldSandbox()
  for (const [index, name] of ['ann', 'ben', 'cleo', 'dora'].entries()) {
    await write(told, [
      person(`${name}@example.com`, { id: id(index + 1), stage: name < 'c' ? 'early' : 'late' }),
    ])
  }
  const orderBy = [{ updatedAt: 'AscNullsFirst' }, { id: 'AscNullsFirst' }]
  const { people } = (await ask(told, readPeople, { orderBy, first: 3 })).body.data
  expect(people).toMatchObject({ totalCount: 4, pageInfo: { hasNextPage: true } })
  expect(await found(told, { orderBy, first: 3, after: people.pageInfo.endCursor })).toEqual(['dora'])
  const after = { or: [{ updatedAt: { gt: new Date().toISOString() } }, { id: { gt: id(2) } }] }
  expect(await found(told, { orderBy, filter: after })).toEqual(['cleo', 'dora'])
  expect(await found(told, { orderBy, filter: { not: { stage: { eq: 'early' } } } })).toEqual([
    'cleo',
    'dora',
  ])
  expect(await found(told, { filter: { emails: { primaryEmail: { like: 'b%@%' } } } })).toEqual(['ben'])
  expect(await found(told, { orderBy: [{ emails: { primaryEmail: 'DescNullsLast' } }], first: 1 })).toEqual([
    'dora',
  ])
})

test('notes and opportunities have ids of our choice, and stages that the workspace knows', async () => {
  const told = await startToldSandbox()
  const [jane] = (await write(told, [person(email)])).body.data.createPeople
  const note = 'mutation ($data: [NoteCreateInput!]!) { createNotes(data: $data, upsert: true) { id } }'
  const data = [{ id: id(1), title: 'Call', bodyV2: { markdown: 'Hi' } }]
  await ask(told, note, { data })
  expect((await ask(told, note, { data })).body.data.createNotes).toEqual([{ id: id(1) }])
  const link =
    'mutation ($data: [NoteTargetCreateInput!]!) { createNoteTargets(data: $data, upsert: true) { id noteId } }'
  const target = { id: id(2), noteId: id(1), targetPersonId: jane.id }
  expect((await ask(told, link, { data: [target] })).body.data.createNoteTargets[0].noteId).toBe(id(1))
  const open = 'mutation ($data: OpportunityCreateInput!) { createOpportunity(data: $data) { id stage } }'
  const deal = { name: 'Flat', stage: 'MEETING', pointOfContactId: jane.id }
  expect((await ask(told, open, { data: deal })).body.data.createOpportunity.stage).toBe('MEETING')
  expect((await ask(told, open, { data: { ...deal, stage: 'DREAMING' } })).body.errors).toHaveLength(1)
  const { counts } = (await told.ask('GET', '/_sandbox/state')).body
  expect(counts.twenty).toEqual({ people: 1, notes: 1, noteTargets: 1, opportunities: 1 })
})

test.each([
  ['{ people { edges { node { shoe } } } }', 'GRAPHQL_VALIDATION_FAILED'],
  ['{ people {', 'GRAPHQL_PARSE_FAILED'],
])('the document %s is refused', async (query, code) => {
  const told = await startToldSandbox()
  expect((await ask(told, query)).body.errors[0].extensions.code).toBe(code)
})

test('the schema can be asked for its input fields', async () => {
  const told = await startToldSandbox()
  const query = '{ __type(name: "PersonCreateInput") { inputFields { name type { inputFields { name } } } } }'
  const { inputFields } = (await ask(told, query)).body.data.__type
  expect(inputFields).toContainEqual({
    name: 'name',
    type: { inputFields: [{ name: 'firstName' }, { name: 'lastName' }] },
  })
})

test('wrong keys are told apart, and the hundred-and-first call of a minute is too much', async () => {
  const told = await startToldSandbox([], { twentyPerMinute: 2 })
  const as = async (key: string) =>
    (await ask(told, '{ __typename }', {}, { authorization: key })).body.errors?.[0].extensions
  expect(await as('Bearer bad')).toEqual({ code: 'UNAUTHENTICATED' })
  expect(await as('Bearer forbidden')).toEqual({ code: 'FORBIDDEN' })
  const key = 'Bearer a-key'
  expect([await as(key), await as(key)]).toEqual([undefined, undefined])
  expect(await as(key)).toEqual({ code: 'BAD_USER_INPUT', subCode: 'LIMIT_REACHED' })
  const { twenty } = (await told.ask('GET', '/_sandbox/state')).body.limits
  expect(twenty).toMatchObject({ perMinuteHighest: 3, refused: 1 })
})

test('changes are told with a signature over time and body, and say who made them', async () => {
  const told = await startToldSandbox([500])
  await write(told, [person(email)])
  const [first, again] = await told.receiver.until(2)
  expect(JSON.parse(first!.body)).toMatchObject({
    event: 'person.created',
    data: { updatedBy: { source: 'API' } },
  })
  expect(again!.body).toBe(first!.body)
  const { 'x-twenty-webhook-timestamp': time, 'x-twenty-webhook-signature': given } = again!.headers
  expect(given).toBe(createHmac('sha256', 'tw-secret').update(`${time}:${again!.body}`).digest('hex'))
  expect(again!.headers['x-twenty-webhook-nonce']).not.toBe(first!.headers['x-twenty-webhook-nonce'])
  await told.happen('twenty', { type: 'change', email, fields: { jobTitle: 'Boss' } })
  const [, , edited] = await told.receiver.until(3)
  expect(JSON.parse(edited!.body)).toMatchObject({
    event: 'person.updated',
    data: { jobTitle: 'Boss', updatedBy: { source: 'MANUAL' } },
    updatedFields: ['jobTitle'],
  })
})

test.each([
  [{ type: 'change', email: 'nobody@example.com' }, 'nobody has the e-mail'],
  [{ type: 'change', email, fields: { shoe: '43' } }, 'no field shoe'],
  [{ type: 'dance', email }, 'type'],
])('a mistaken Twenty event %o says what is wrong', async (event, reason) => {
  const told = await startToldSandbox()
  await write(told, [person(email)])
  const answer = await told.happen('twenty', event)
  expect(answer.status).toBe(400)
  expect(answer.body.error).toContain(reason)
})
