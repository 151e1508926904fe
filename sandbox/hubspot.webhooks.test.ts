import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { startToldSandbox, type Told } from '../test/support/sandbox-hooks.ts'

const objects = '/hs/crm/objects/2026-09'
const email = 'jane@example.com'
const create = ({ ask }: Told, properties: object, kind = 'contacts') =>
  ask('POST', `${objects}/${kind}`, { properties })
const events = ({ receiver }: Told) => receiver.received.flatMap(({ body }) => JSON.parse(body))

test('a refused webhook comes again with the number of its attempt and a signature of its own', async () => {
  const told = await startToldSandbox([500, 404])
  await create(told, { email })
  const received = await told.receiver.until(3)
  expect(events(told).map(({ attemptNumber }) => attemptNumber)).toEqual([0, 1, 2])
  expect(new Set(events(told).map(({ eventId }) => eventId)).size).toBe(1)
  for (const { body, headers } of received) {
    const text = `POST${told.receiver.url}${body}${headers['x-hubspot-request-timestamp']}`
    const signature = createHmac('sha256', 'hs-secret').update(text).digest('base64')
    expect(headers['x-hubspot-signature-v3']).toBe(signature)
  }
})

test('what we wrote and what people did are told apart, and only real changes are told', async () => {
  const told = await startToldSandbox([], { webhookDelayMs: 0 })
  const { id } = (await create(told, { email, phone: '1' })).body
  await told.ask('PATCH', `${objects}/contacts/${id}`, { properties: { phone: '1', city: 'Graz' } })
  await told.happen('hubspot', { type: 'propertyChange', email, properties: { phone: '2' } })
  await told.happen('hubspot', { type: 'deletion', email })
  await expect.poll(() => events(told)).toHaveLength(4)
  const told4 = events(told).toSorted((a, b) => a.eventId - b.eventId)
  expect(told4).toMatchObject([
    { subscriptionType: 'contact.creation', changeSource: 'INTEGRATION', sourceId: '54321', portalId: 62515 },
    { subscriptionType: 'contact.propertyChange', propertyName: 'city', changeSource: 'INTEGRATION' },
    {
      subscriptionType: 'contact.propertyChange',
      propertyName: 'phone',
      propertyValue: '2',
      changeSource: 'CRM_UI',
    },
    { subscriptionType: 'contact.deletion', objectId: Number(id), changeSource: 'CRM_UI' },
  ])
})

test('a burst of changes comes in arrays of at most a hundred', async () => {
  const told = await startToldSandbox([], { webhookDelayMs: 0 })
  const inputs = Array.from({ length: 100 }, (_, index) => ({
    ...{ id: `p${index}@example.com`, idProperty: 'email' },
    properties: { firstname: 'Ann', lastname: 'Bo' },
  }))
  const upsert = () => told.ask('POST', `${objects}/contacts/batch/upsert`, { inputs })
  await upsert()
  for (const input of inputs) Object.assign(input.properties, { firstname: 'Anna', lastname: 'Bauer' })
  await upsert()
  await expect.poll(() => events(told).length).toBe(300)
  const sizes = told.receiver.received.map(({ body }) => JSON.parse(body).length)
  expect(sizes).toEqual([100, 100, 100])
})

test('only what the app is subscribed to is told', async () => {
  const told = await startToldSandbox()
  const { url } = told.receiver
  const subscriptions = ['deal.creation', 'contact.propertyChange']
  await told.ask('PUT', '/_sandbox/webhooks', { hubspot: { url, secret: 'hs-secret', subscriptions } })
  await create(told, { email })
  await create(told, { dealname: 'Flat', dealstage: 'closedwon' }, 'deals')
  await told.receiver.until(1)
  expect(events(told)).toMatchObject([{ subscriptionType: 'deal.creation', subscriptionId: 12_345 }])
})

test('somebody can add a contact in HubSpot; what does not fit is refused as by the API', async () => {
  const told = await startToldSandbox()
  expect((await told.happen('hubspot', { type: 'creation', properties: { email } })).status).toBe(202)
  const again = await told.happen('hubspot', { type: 'creation', properties: { email } })
  expect(again).toMatchObject({ status: 409, body: { category: 'CONFLICT' } })
  expect((await told.happen('hubspot', { type: 'deletion', email: 'nobody@example.com' })).status).toBe(400)
  await told.receiver.until(1)
  expect(events(told)).toMatchObject([{ subscriptionType: 'contact.creation', changeSource: 'CRM_UI' }])
})

test.each([
  ['the kept contact', false],
  ['a third contact', true],
])('a merge leaves %s, which has both addresses, and is told with all the ids', async (_, makesNew) => {
  const told = await startToldSandbox([], { webhookDelayMs: 0 })
  const { id: kept } = (await create(told, { email, firstname: 'Jane' })).body
  const { id: gone } = (await create(told, { email: 'other@example.com', city: 'Graz' })).body
  await told.happen('hubspot', { type: 'merge', email, merged: 'other@example.com', makesNew })
  await expect.poll(() => events(told).at(-1)?.subscriptionType).toBe('contact.merge')
  const { newObjectId, ...merge } = events(told).at(-1)
  expect(merge).toMatchObject({ primaryObjectId: Number(kept), mergedObjectIds: [Number(gone)] })
  expect(newObjectId === Number(kept)).toBe(!makesNew)
  const shown = `${objects}/contacts/${newObjectId}?properties=email,firstname,city,hs_additional_emails`
  const properties = { email, firstname: 'Jane', city: 'Graz', hs_additional_emails: 'other@example.com' }
  expect((await told.ask('GET', shown)).body.properties).toMatchObject(properties)
  expect((await told.ask('GET', `${objects}/contacts/${gone}`)).status).toBe(404)
  const refused = await create(told, { email: 'other@example.com' })
  expect(refused.body.message).toBe(`Contact already exists. Existing ID: ${newObjectId}`)
  const swapped = await told.ask('PATCH', `${objects}/contacts/${newObjectId}`, {
    properties: { email: 'other@example.com' },
  })
  expect(swapped.status).toBe(200)
})

test('an erasure by law is told as what it is', async () => {
  const told = await startToldSandbox([], { webhookDelayMs: 0 })
  await create(told, { email })
  await told.happen('hubspot', { type: 'privacyDeletion', email })
  await expect.poll(() => events(told).at(-1)?.subscriptionType).toBe('contact.privacyDeletion')
})
