import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTestSandbox } from '../test/support/sandbox-client.ts'

const contacts = '/hs/crm/objects/2026-09/contacts'
const jane = { email: 'jane@example.com', firstname: 'Jane' }

let sandbox: Awaited<ReturnType<typeof startTestSandbox>>
beforeEach(async () => {
  sandbox = await startTestSandbox({ settings: { hubspotIndexDelayMs: 0 } })
})
afterEach(() => sandbox.close())

const create = (properties: object) => sandbox.ask('POST', contacts, { properties })
const upsert = (...inputs: object[]) => sandbox.ask('POST', `${contacts}/batch/upsert`, { inputs })
const input = (email: string, properties: object = {}) => ({ id: email, idProperty: 'email', properties })

test('a contact is created once; the second time HubSpot names the existing id', async () => {
  const created = await create(jane)
  expect(created).toMatchObject({ status: 201, body: { properties: jane, archived: false } })
  const again = await create({ email: 'Jane@Example.com' })
  expect(again).toMatchObject({ status: 409, body: { category: 'CONFLICT' } })
  expect(again.body.message).toContain(`Existing ID: ${created.body.id}`)
})

test('a contact is read and changed by id and by e-mail, on dated and legacy paths', async () => {
  const { id } = (await create(jane)).body
  const legacy = await sandbox.ask('GET', `/hs/crm/v3/objects/contacts/${id}?properties=email,phone`)
  expect(legacy.body.properties).toMatchObject({ email: 'jane@example.com', phone: null })
  const patched = await sandbox.ask('PATCH', `${contacts}/jane@example.com?idProperty=email`, {
    properties: { phone: '1' },
  })
  expect(patched.body.properties).toMatchObject({ firstname: 'Jane', phone: '1' })
  expect((await sandbox.ask('GET', `${contacts}/999`)).body.category).toBe('OBJECT_NOT_FOUND')
})

test.each([
  ['an unknown property', { shoe: '43' }, 'PROPERTY_DOESNT_EXIST'],
  ['a stage that does not exist', { lifecyclestage: 'friend' }, 'INVALID_OPTION'],
  ['an address that is none', { email: 'jane' }, 'INVALID_EMAIL'],
  ['a property nobody may set', { createdate: '1' }, 'READ_ONLY_VALUE'],
])('a contact with %s is refused and names the property', async (_, properties, code) => {
  const answer = await create(properties)
  expect(answer).toMatchObject({ status: 400, body: { category: 'VALIDATION_ERROR', errors: [{ code }] } })
})

test('property values are texts, unknown fields are refused, and a body must say it is JSON', async () => {
  expect((await create({ firstname: 7 })).body.category).toBe('VALIDATION_ERROR')
  expect((await sandbox.ask('POST', contacts, { properties: {}, email: 'x' })).status).toBe(400)
  expect((await sandbox.ask('POST', contacts, '{}', { 'content-type': 'text/plain' })).status).toBe(415)
})

test('the lifecycle stage does not move back', async () => {
  const { id } = (await create({ ...jane, lifecyclestage: 'customer' })).body
  const back = await sandbox.ask('PATCH', `${contacts}/${id}`, { properties: { lifecyclestage: 'lead' } })
  expect(back.body.properties.lifecyclestage).toBe('customer')
})

test('an upsert tells the new from the known and may be repeated', async () => {
  const first = await upsert(input('jane@example.com', { firstname: 'Jane' }), input('john@example.com'))
  expect(first).toMatchObject({
    status: 200,
    body: { status: 'COMPLETE', results: [{ new: true }, { new: true }] },
  })
  const capitals = await upsert(input('Ann@Example.com'))
  expect(capitals.body.results[0].properties.email).toBe('ann@example.com')
  const second = await upsert(input('JANE@example.com', { firstname: 'Janet' }))
  expect(second.body.results[0]).toMatchObject({
    new: false,
    id: first.body.results[0].id,
    properties: { firstname: 'Janet' },
  })
})

test('a batch may hold a hundred inputs, each record once', async () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => input(`p${index}@example.com`))
  expect((await upsert(...many(100))).status).toBe(200)
  expect((await upsert(...many(101))).status).toBe(400)
  expect(await upsert(input('a@example.com'), input('A@example.com'))).toMatchObject({
    status: 409,
    body: { category: 'CONFLICT' },
  })
})

test('one bad input fails the batch, unless the inputs are traced', async () => {
  const bad = input('bad@example.com', { shoe: '43' })
  expect((await upsert(input('good@example.com'), bad)).status).toBe(400)
  expect((await sandbox.ask('GET', `${contacts}/good@example.com?idProperty=email`)).status).toBe(404)
  const traced = await upsert(
    { ...input('good@example.com'), objectWriteTraceId: 'd_1' },
    { ...bad, objectWriteTraceId: 'd_2' },
  )
  expect(traced).toMatchObject({
    status: 207,
    body: { numErrors: 1, errors: [{ context: { objectWriteTraceId: ['d_2'] } }] },
  })
  expect(traced.body.results).toHaveLength(1)
})

test('a batch read answers 207 for what is missing', async () => {
  const { id } = (await create(jane)).body
  const read = (ids: string[]) =>
    sandbox.ask('POST', `${contacts}/batch/read`, {
      inputs: ids.map((each) => ({ id: each })),
      properties: ['email'],
    })
  expect((await read([id])).status).toBe(200)
  expect(await read([id, '999'])).toMatchObject({
    status: 207,
    body: { errors: [{ context: { ids: ['999'] } }] },
  })
})

test('the search does not see a change before it is indexed', async () => {
  const filterGroups = [{ filters: [{ propertyName: 'email', operator: 'EQ', value: 'jane@example.com' }] }]
  const search = () =>
    sandbox.ask('POST', `${contacts}/search`, { filterGroups, properties: ['email'], limit: 1 })
  await sandbox.ask('PUT', '/_sandbox/settings', { hubspotIndexDelayMs: 60_000 })
  await create(jane)
  expect((await search()).body).toEqual({ total: 0, results: [] })
  await sandbox.ask('PUT', '/_sandbox/settings', { hubspotIndexDelayMs: 0 })
  await sandbox.ask('PATCH', `${contacts}/jane@example.com?idProperty=email`, { properties: { phone: '1' } })
  expect((await search()).body).toMatchObject({
    total: 1,
    results: [{ properties: { email: 'jane@example.com' } }],
  })
})

test('a note needs a time and an existing contact, and repeats make a second one', async () => {
  const { id } = (await create(jane)).body
  const note = (properties: object, contact = id) => ({
    properties,
    associations: [
      { to: { id: contact }, types: [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 202 }] },
    ],
  })
  const post = (body: object) => sandbox.ask('POST', '/hs/crm/objects/2026-09/notes', body)
  const good = note({ hs_timestamp: '2026-11-24T10:00:00Z', hs_note_body: 'Hi' })
  expect((await post(good)).status).toBe(201)
  expect((await post(good)).status).toBe(201)
  expect((await post(note({ hs_note_body: 'Hi' }))).body.category).toBe('VALIDATION_ERROR')
  expect((await post(note({ hs_timestamp: '2026-11-24T10:00:00Z' }, '999'))).status).toBe(404)
  expect((await sandbox.ask('GET', '/_sandbox/state')).body.counts.hubspot).toMatchObject({
    contacts: 1,
    notes: 2,
  })
})

test('a property of our own can be made and then used as the key', async () => {
  const property = {
    name: 'solaria_lead',
    label: 'Lead',
    type: 'string',
    fieldType: 'text',
    groupName: 'contactinformation',
    hasUniqueValue: true,
  }
  const make = (order: object) => sandbox.ask('POST', '/hs/crm/properties/2026-09/contacts', order)
  expect((await make({ ...property, fieldType: 'colour' })).status).toBe(400)
  expect((await make(property)).status).toBe(201)
  const one = { id: 'lead_1', idProperty: 'solaria_lead', properties: { firstname: 'Jane' } }
  expect((await upsert(one)).body.results[0].new).toBe(true)
  expect((await upsert(one)).body.results[0].new).toBe(false)
})

test('the burst limit answers with its policy, and every answer says what is left', async () => {
  await sandbox.ask('PUT', '/_sandbox/settings', { hubspotPerTenSeconds: 2 })
  const first = await create(jane)
  expect(first.headers.get('x-hubspot-ratelimit-remaining')).toBe('1')
  expect(first.headers.get('x-hubspot-ratelimit-max')).toBe('2')
  expect((await create(jane)).headers.get('x-hubspot-ratelimit-remaining')).toBe('0')
  expect(await create(jane)).toMatchObject({
    status: 429,
    body: { policyName: 'TEN_SECONDLY_ROLLING', errorType: 'RATE_LIMIT' },
  })
})

test('a wrong key and an expired one are told apart', async () => {
  const as = (token: string) =>
    sandbox.ask('GET', `${contacts}/1`, undefined, { authorization: `Bearer ${token}` })
  expect((await as('xyz')).body.category).toBe('INVALID_AUTHENTICATION')
  expect((await as('pat-bad')).status).toBe(401)
  expect((await as('pat-expired')).body.category).toBe('EXPIRED_AUTHENTICATION')
})
