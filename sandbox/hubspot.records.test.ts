import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTestSandbox } from '../test/support/sandbox-client.ts'

const crm = '/hs/crm'
const objects = `${crm}/objects/2026-09`
let sandbox: Awaited<ReturnType<typeof startTestSandbox>>
beforeEach(async () => {
  sandbox = await startTestSandbox({ settings: { hubspotIndexDelayMs: 0 } })
})
afterEach(() => sandbox.close())

const post = (path: string, body: object) => sandbox.ask('POST', path, body)
const create = async (kind: string, properties: object, associations: object[] = []) =>
  post(`${objects}/${kind}`, { properties, associations })
const contactId = async (email = 'jane@example.com') => (await create('contacts', { email })).body.id
const to = (id: string, associationTypeId: number) => ({
  to: { id },
  types: [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId }],
})
const deal = { dealname: 'Flat', dealstage: 'qualifiedtobuy', amount: '1200.50' }

test('a deal belongs to a contact, from both sides', async () => {
  const contact = await contactId()
  const made = await create('deals', deal, [to(contact, 3)])
  expect(made).toMatchObject({ status: 201, body: { properties: { ...deal, pipeline: 'default' } } })
  const seen = await sandbox.ask('GET', `${objects}/contacts/${contact}?associations=deals,notes`)
  expect(seen.body.associations).toEqual({
    deals: { results: [{ id: made.body.id, type: 'contact_to_deal' }] },
  })
  const back = await sandbox.ask(
    'GET',
    `${objects}/deals/${made.body.id}?associations=contacts&properties=dealname`,
  )
  expect(back.body).toMatchObject({ properties: { dealname: 'Flat' }, associations: { contacts: {} } })
})

test.each([
  ['no stage', { dealstage: undefined }, 400, 'dealstage'],
  ['a stage of no pipeline', { dealstage: 'dreaming' }, 400, 'INVALID_OPTION'],
  ['a pipeline that does not exist', { pipeline: 'second' }, 400, 'INVALID_OPTION'],
  ['an amount that is no number', { amount: 'much' }, 400, 'INVALID_INTEGER'],
  ['a read-only value', { hs_is_closed: 'true' }, 400, 'READ_ONLY_VALUE'],
  ['a property of contacts', { email: 'jane@example.com' }, 400, 'PROPERTY_DOESNT_EXIST'],
])('a deal with %s is refused', async (_, more, status, text) => {
  const answer = await create('deals', { ...deal, ...more })
  expect(answer).toMatchObject({
    status,
    body: { category: 'VALIDATION_ERROR', correlationId: expect.any(String) },
  })
  expect(answer.body.message).toContain(text)
})

test.each([
  ['another type', 279, '501', 400],
  ['nobody', 3, '999', 404],
])('a deal for %s is refused and nothing is made', async (_, type, id, status) => {
  await contactId()
  expect((await create('deals', deal, [to(id, type)])).status).toBe(status)
  expect((await sandbox.ask('GET', '/_sandbox/state')).body.counts.hubspot.deals).toBe(0)
})

test('the default association is put once however often it is asked for', async () => {
  const contact = await contactId()
  const note = (await create('notes', { hs_timestamp: '2026-11-24T10:00:00Z', hs_note_body: 'Hi' })).body.id
  const put = () => sandbox.ask('PUT', `${objects}/notes/${note}/associations/default/contacts/${contact}`)
  expect(await put()).toMatchObject({
    status: 200,
    body: {
      ...{ status: 'COMPLETE', startedAt: expect.any(String), completedAt: expect.any(String) },
      results: [{ associationSpec: { associationTypeId: 202 } }, {}],
    },
  })
  await put()
  const read = await post(`${crm}/associations/2026-09/contacts/notes/batch/read`, {
    inputs: [{ id: contact }],
  })
  expect(read.body.results).toMatchObject([{ from: { id: contact }, to: [{ toObjectId: Number(note) }] }])
  expect(
    (await sandbox.ask('PUT', `${objects}/notes/999/associations/default/contacts/${contact}`)).status,
  ).toBe(404)
  expect((await sandbox.ask('PUT', `${objects}/notes/${note}/associations/default/tickets/1`)).status).toBe(
    400,
  )
})

test('a contact without notes is listed as such, and many notes come in pages', async () => {
  const [many, none] = [await contactId('many@example.com'), await contactId('none@example.com')]
  const inputs = Array.from({ length: 100 }, (_, index) => ({
    properties: { hs_timestamp: '2026-11-24T10:00:00Z', hs_note_body: String(index) },
    associations: [to(many, 202)],
  }))
  for (let batch = 0; batch < 6; batch += 1) {
    expect((await post(`${objects}/notes/batch/create`, { inputs })).status).toBe(201)
  }
  const read = (id: string, after?: string) =>
    post(`${crm}/associations/2026-09/contacts/notes/batch/read`, {
      inputs: [{ id, ...(after ? { after } : {}) }],
    })
  const [first] = (await read(many)).body.results
  expect(first.to).toHaveLength(500)
  expect((await read(many, first.paging.next.after)).body.results[0].to).toHaveLength(100)
  expect(await read(none)).toMatchObject({
    status: 207,
    body: { results: [], errors: [{ category: 'OBJECT_NOT_FOUND' }] },
  })
})

test('a communication needs its channel, and one that HubSpot knows', async () => {
  const message = {
    hs_communication_channel_type: 'WHATS_APP',
    hs_communication_logged_from: 'CRM',
    hs_communication_body: 'Hi',
    hs_timestamp: '1790000000000',
  }
  expect((await create('communications', message)).status).toBe(201)
  const other = await create('communications', { ...message, hs_communication_channel_type: 'FAX' })
  expect(other.body.errors).toMatchObject([{ code: 'INVALID_OPTION' }])
  const { hs_communication_logged_from: _, ...less } = message
  expect((await create('communications', less)).body.message).toContain('hs_communication_logged_from')
})

test('a deleted or erased contact is gone, its address free, its notes without it', async () => {
  const jane = await contactId()
  const note = (await create('notes', { hs_timestamp: '2026-11-24T10:00:00Z' }, [to(jane, 202)])).body.id
  expect((await sandbox.ask('DELETE', `${objects}/contacts/${jane}`)).status).toBe(204)
  expect((await sandbox.ask('GET', `${objects}/contacts/${jane}`)).status).toBe(404)
  expect(
    (await sandbox.ask('GET', `${objects}/notes/${note}?associations=contacts`)).body.associations,
  ).toBeUndefined()
  await contactId()
  const erase = { objectId: 'jane@example.com', idProperty: 'email' }
  expect((await post(`${objects}/contacts/gdpr-delete`, erase)).status).toBe(204)
  const found = await post(`${objects}/contacts/search`, { query: 'jane' })
  expect(found.body.total).toBe(0)
})

test('the search reads changes by time in rising order, given a name or a direction to sort by', async () => {
  for (const name of ['ann', 'ben', 'cleo']) await contactId(`${name}@example.com`)
  const search = async (more: object) =>
    (await post(`${objects}/contacts/search`, { properties: ['email'], ...more })).body.results?.map(
      ({ properties }: { properties: { email: string } }) => properties.email.split('@')[0],
    )
  const since = [{ filters: [{ propertyName: 'lastmodifieddate', operator: 'GT', value: '0' }] }]
  expect(await search({ filterGroups: since, sorts: ['lastmodifieddate'] })).toEqual(['ann', 'ben', 'cleo'])
  const falling = [{ propertyName: 'hs_object_id', direction: 'DESCENDING' }]
  expect(await search({ filterGroups: since, sorts: falling, limit: 2 })).toEqual(['cleo', 'ben'])
  const tomorrow = String(Date.now() + 86_400_000)
  expect(
    await search({ filterGroups: [{ filters: [{ ...since[0]!.filters[0], value: tomorrow }] }] }),
  ).toEqual([])
})

test.each([
  [
    'an unknown property',
    { filterGroups: [{ filters: [{ propertyName: 'shoe', operator: 'EQ', value: '1' }] }] },
  ],
  [
    'a filter without its value',
    { filterGroups: [{ filters: [{ propertyName: 'email', operator: 'EQ' }] }] },
  ],
  [
    'a list for one value',
    { filterGroups: [{ filters: [{ propertyName: 'email', operator: 'IN', value: 'x' }] }] },
  ],
  ['more than 200 wanted', { limit: 201 }],
  ['a page beyond 10,000', { after: '9999', limit: 10 }],
  ['two sort orders', { sorts: ['email', 'phone'] }],
])('a search with %s is refused', async (_, order) => {
  expect(await post(`${objects}/contacts/search`, order)).toMatchObject({
    status: 400,
    body: { category: 'VALIDATION_ERROR' },
  })
})

test('searches above five a second are refused without headers, and counted', async () => {
  const answers = await Promise.all(Array.from({ length: 7 }, () => post(`${objects}/contacts/search`, {})))
  const refused = answers.filter(({ status }) => status === 429)
  expect(refused.length).toBeGreaterThan(0)
  expect(refused[0]!.body.policyName).toBe('SECONDLY')
  expect(refused[0]!.headers.get('x-hubspot-ratelimit-remaining')).toBeNull()
  const { hubspot } = (await sandbox.ask('GET', '/_sandbox/state')).body.limits
  expect(hubspot.refused).toBe(refused.length)
})

test('properties tell which of them nobody may write, one is read by its name', async () => {
  const { results } = (await sandbox.ask('GET', `${crm}/properties/2026-09/contacts`)).body
  const readOnly = results
    .filter(
      (each: { modificationMetadata: { readOnlyValue: boolean } }) => each.modificationMetadata.readOnlyValue,
    )
    .map(({ name }: { name: string }) => name)
  expect(readOnly).toContain('lastmodifieddate')
  expect(readOnly).not.toContain('email')
  const stage = await sandbox.ask('GET', `${crm}/properties/2026-09/contacts/lifecyclestage`)
  const [option] = stage.body.options
  expect(stage.body).toMatchObject({ name: 'lifecyclestage', description: '' })
  expect(option).toMatchObject({ value: 'subscriber', hidden: false })
  expect((await sandbox.ask('GET', `${crm}/properties/2026-09/deals/colour`)).status).toBe(404)
})

test('owners and pipelines are listed', async () => {
  const owners = await sandbox.ask('GET', `${crm}/owners/2026-09?email=ana@solaria.example`)
  expect(owners.body.results).toMatchObject([{ id: '81001', firstName: 'Ana' }])
  const { results } = (await sandbox.ask('GET', `${crm}/pipelines/2026-09/deals`)).body
  expect(results[0]).toMatchObject({
    id: 'default',
    stages: expect.arrayContaining([expect.objectContaining({ id: 'closedwon' })]),
  })
})

test('a batch update by e-mail does silently nothing, by id it writes', async () => {
  const id = await contactId()
  const update = (input: object) =>
    post(`${objects}/contacts/batch/update`, { inputs: [{ properties: { phone: '1' }, ...input }] })
  expect((await update({ id: 'jane@example.com', idProperty: 'email' })).body.results).toEqual([])
  expect((await update({ id })).body.results).toMatchObject([{ properties: { phone: '1' } }])
})

test('a locked record, a moving account and the limits of a second and a day are told by their own answers', async () => {
  expect(await create('contacts', { email: 'locked@bounce.example' })).toMatchObject({
    status: 423,
    body: { category: 'LOCKED' },
  })
  const set = (settings: object) => sandbox.ask('PUT', '/_sandbox/settings', settings)
  await set({ hubspotMigrationSeconds: 7 })
  const moving = await create('contacts', {})
  expect([moving.status, moving.headers.get('retry-after')]).toEqual([477, '7'])
  await set({ hubspotMigrationSeconds: 0, hubspotPerDay: 1 })
  expect((await create('contacts', {})).body.policyName).toBe('DAILY')
  await set({ hubspotPerDay: 250_000, hubspotPerSecond: 1 })
  const answers = await Promise.all([1, 2, 3].map(() => create('contacts', {})))
  expect(answers.map(({ body }) => body.policyName)).toContain('SECONDLY')
})
