import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Contacts, startContacts } from '../support/contacts.ts'
import { mandrillForm, whatsappBody } from '../support/webhooks.ts'
import { until } from '../support/world.ts'

let system: Contacts
beforeAll(async () => {
  system = await startContacts({ CRM_FIELDS: 'emailConsent=message, whatsappConsent=salutation' })
})
afterAll(() => system?.close())

const memberOf = async (email: string) =>
  (await system.members()).find(({ email_address }) => email_address === email)
const statusOf = async (email: string) => (await memberOf(email))?.status
const contactOf = async (email: string) =>
  (await system.contacts()).filter(({ properties }) => properties.email === email)
const rows = <T extends object>(sql: string, values: unknown[]) =>
  system.api.world.fork().execute<T[]>(sql, values)
const memberIdOf = async (leadId: string) => {
  const sql = "select external_id as id from contact where lead_id = ? and vendor = 'mailchimp'"
  return (await rows<{ id: string }>(sql, [leadId]))[0]!.id
}
const now = () => Math.floor(Date.now() / 1_000)

test.concurrent('an operator’s suppression takes the member out of the audience, and lifting it brings the member back', async () => {
  const [asked, open] = ['asked@example.com', 'open@example.com']
  const ids = await Promise.all([
    system.create({ email: asked, emailConsent: 'GRANTED' }),
    system.create({ email: open }),
  ])
  const settle = () => Promise.all(ids.map(system.settle))
  expect([await statusOf(asked), await statusOf(open)]).toEqual(['subscribed', 'transactional'])
  await Promise.all([system.suppress(asked), system.suppress(open)])
  await settle()
  expect([await statusOf(asked), await statusOf(open)]).toEqual(['unsubscribed', 'unsubscribed'])
  await Promise.all([system.unsuppress(asked), system.unsuppress(open)])
  await settle()
  expect([await statusOf(asked), await statusOf(open)]).toEqual(['subscribed', 'transactional'])
})

test.concurrent('consent that is denied or given here reaches the audience, also of a member who was no subscriber', async () => {
  const email = 'wavering@example.com'
  const id = await system.create({ email })
  expect(await statusOf(email)).toBe('transactional')
  for (const [emailConsent, status] of [
    ['GRANTED', 'subscribed'],
    ['DENIED', 'unsubscribed'],
    ['GRANTED', 'subscribed'],
  ] as const) {
    await system.update(id, { emailConsent })
    await system.settle(id)
    expect(await statusOf(email)).toBe(status)
  }
  await system.create({ email: 'no@example.com', emailConsent: 'DENIED' })
  expect(await statusOf('no@example.com')).toBe('unsubscribed')
})

test.concurrent.each([
  ['spam', 'complained@example.com'],
  ['unsub', 'unsubbed@example.com'],
  ['hard_bounce', 'bounced@example.com'],
])('a report of Mandrill that says %s takes the member out of the audience', async (event, email) => {
  const id = await system.create({ email, emailConsent: 'GRANTED' })
  const msg = { email, metadata: {} }
  await system.report('mandrill', mandrillForm({ event, _id: `m-${event}`, ts: now(), msg }))
  await system.settle(id)
  expect(await statusOf(email)).toBe('unsubscribed')
})

test.concurrent('who left at Mailchimp is not brought back by us: a newer yes is refused there, which the timeline says once', async () => {
  const email = 'left@example.com'
  const id = await system.create({ email, emailConsent: 'GRANTED' })
  await system.act('mailchimp', 'unsubscribe', { email })
  await system.settle(id)
  expect((await system.lead(id)).email_consent).toBe('DENIED')
  await system.update(id, { firstName: 'Left' })
  await system.settle(id)
  expect(await statusOf(email)).toBe('unsubscribed')
  await system.update(id, { emailConsent: 'GRANTED' })
  await system.settle(id)
  await system.update(id, { lastName: 'Again' })
  await system.settle(id)
  expect(await statusOf(email)).toBe('unsubscribed')
  const failures = (await system.timeline(id)).filter(({ type }) => type === 'STEP_FAILED')
  expect(failures.map(({ detail }) => detail)).toEqual([
    { step: 'mailchimp', vendor: 'mailchimp', reason: 'Member In Compliance State' },
  ])
  await system.act('mailchimp', 'subscribe', { email })
  await system.settle(id)
  expect(await statusOf(email)).toBe('subscribed')
  expect((await system.lead(id)).email_consent).toBe('GRANTED')
})

test.concurrent('what is changed of a lead reaches audience and CRM under the ids they have, and never as a second contact', async () => {
  const [email, moved] = ['before@example.com', 'after@example.com']
  const id = await system.create({
    ...{ email, firstName: 'Ann', lastName: 'Bee', phone: '+34612345601' },
    ...{ tags: ['old', 'kept'], emailConsent: 'GRANTED' },
  })
  const contactId = (await contactOf(email))[0]!.id
  await system.update(id, {
    ...{ email: moved, firstName: 'Anna', lastName: null, phone: '+34612345602' },
    ...{ tags: ['kept', 'new'], status: 'CUSTOMER' },
  })
  await system.settle(id)
  expect(await memberOf(email)).toBeUndefined()
  expect(await memberOf(moved)).toMatchObject({
    status: 'subscribed',
    merge_fields: { FNAME: 'Anna', LNAME: '' },
    tags: ['kept', 'new'],
  })
  expect(await contactOf(email)).toEqual([])
  const customer = { firstname: 'Anna', lastname: '', phone: '+34612345602', lifecyclestage: 'customer' }
  expect(await contactOf(moved)).toMatchObject([{ id: contactId, properties: customer }])
})

test.concurrent('many changes in a row are few calls, and a change while a vendor is slow is not lost', async () => {
  const email = 'busy@example.com'
  const id = await system.create({ email, firstName: 'A' })
  for (let n = 1; n <= 20; n++) await system.update(id, { firstName: `Busy ${n}` })
  await system.settle(id)
  expect((await memberOf(email))?.merge_fields.FNAME).toBe('Busy 20')
  const writes = await system.writes('mailchimp', await memberIdOf(id))
  expect(writes.length).toBeGreaterThan(0)
  expect(writes.length).toBeLessThan(20)
  await system.sandbox('POST', '/faults', {
    ...{
      vendor: 'mailchimp',
      match: { method: 'PATCH', path: await memberIdOf(id) },
      action: { delayMs: 2_500 },
      times: 1,
    },
  })
  await system.update(id, { firstName: 'Slow' })
  const inHand = 'select 1 from contact where lead_id = ? and syncing_by is not null'
  await until('the slow call is under way', async () => (await rows(inHand, [id])).length > 0)
  await system.update(id, { firstName: 'Last' })
  await system.settle(id)
  expect((await memberOf(email))?.merge_fields.FNAME).toBe('Last')
})

test.concurrent('an address that is changed at a vendor moves the contact everywhere, and comes back as news to nobody', async () => {
  const [first, second, third] = ['first@example.com', 'second@example.com', 'third@example.com']
  const id = await system.create({ email: first, firstName: 'Mo', emailConsent: 'GRANTED' })
  // Mailchimp tells seconds: in the very second of our own change it would be ours that counts.
  await rows('update `lead` set created_at = created_at - interval 10 second where id = ?', [id])
  await system.act('mailchimp', 'upemail', { email: first, new_email: second })
  await system.settle(id)
  expect((await system.lead(id)).email).toBe(second)
  expect([(await contactOf(first)).length, (await contactOf(second)).length]).toEqual([0, 1])
  await system.act('hubspot', 'propertyChange', { email: second, properties: { email: third } })
  await system.settle(id)
  expect((await system.lead(id)).email).toBe(third)
  expect([await memberOf(first), await memberOf(second)]).toEqual([undefined, undefined])
  expect(await statusOf(third)).toBe('subscribed')
  expect((await contactOf(third)).length).toBe(1)
  const told = (await system.timeline(id)).filter(({ type }) => /CHANGED|UPDATED|CONFIRMED/.test(type))
  expect(told.map(({ detail }) => detail.vendor)).toEqual(['mailchimp', 'hubspot'])
})

test.concurrent('contacts that people merge in the CRM are one there; the lead of the one that went says so', async () => {
  const kept = await system.create({ email: 'kept@example.com', firstName: 'Kept' })
  const gone = await system.create({ email: 'merged@example.com', firstName: 'Gone' })
  const merge = { email: 'kept@example.com', merged: 'merged@example.com', makesNew: true }
  await system.act('hubspot', 'merge', merge)
  await Promise.all([kept, gone].map(system.settle))
  await system.update(gone, { firstName: 'Ghost' })
  await system.update(kept, { firstName: 'Keeper' })
  await Promise.all([kept, gone].map(system.settle))
  expect((await contactOf('merged@example.com')).length).toBe(0)
  expect(await contactOf('kept@example.com')).toMatchObject([{ properties: { firstname: 'Keeper' } }])
  const failed = (await system.timeline(gone)).find(({ type }) => type === 'STEP_FAILED')
  expect(failed?.detail).toMatchObject({ reason: 'MERGED', otherLeadId: kept })
})

test.concurrent('a contact that is erased in the CRM by law is not brought back there', async () => {
  const id = await system.create({ email: 'private@example.com', firstName: 'Pia' })
  await system.act('hubspot', 'privacyDeletion', { email: 'private@example.com' })
  await system.settle(id)
  await system.update(id, { firstName: 'Back' })
  await system.settle(id)
  expect(await contactOf('private@example.com')).toEqual([])
})

test.concurrent('a lead whose address a vendor refused is put in once it is corrected', async () => {
  const id = await system.create({ email: 'someone@fake.invalid-example' })
  expect((await system.timeline(id)).some(({ type }) => type === 'STEP_FAILED')).toBe(true)
  await system.update(id, { email: 'someone@example.com' })
  await system.settle(id)
  expect(await statusOf('someone@example.com')).toBe('transactional')
})

test.concurrent('STOP by WhatsApp and other consents reach the properties of the CRM that are mapped for them', async () => {
  const id = await system.create({
    email: 'stop@example.com',
    phone: '+34612345609',
    whatsappConsent: 'GRANTED',
  })
  const message = {
    from: '34612345609',
    id: 'wamid.stop',
    timestamp: String(now()),
    type: 'text',
    text: { body: 'STOP' },
  }
  await system.report('whatsapp', whatsappBody({ contacts: [{ wa_id: message.from }], messages: [message] }))
  await system.settle(id)
  expect((await system.lead(id)).whatsapp_consent).toBe('DENIED')
  const told = { salutation: 'DENIED', message: 'UNKNOWN' }
  expect(await contactOf('stop@example.com')).toMatchObject([{ properties: told }])
  const jobs = await rows("select 1 from job where name = 'contact.sync' and lead_id = ?", [id])
  expect(jobs).toHaveLength(1)
})

test.concurrent('an address that one lead gives up and another takes is never held by both', async () => {
  const a = await system.create({ email: 'swap-a@example.com', firstName: 'A' })
  const b = await system.create({ email: 'swap-b@example.com', firstName: 'B' })
  await system.update(b, { email: 'swap-c@example.com' })
  await system.update(a, { email: 'swap-b@example.com' })
  await Promise.all([a, b].map(system.settle))
  const names = async (email: string) => [
    (await memberOf(email))?.merge_fields.FNAME,
    ...(await contactOf(email)).map(({ properties }) => properties.firstname),
  ]
  expect(await names('swap-a@example.com')).toEqual([undefined])
  expect(await names('swap-b@example.com')).toEqual(['A', 'A'])
  expect(await names('swap-c@example.com')).toEqual(['B', 'B'])
})

test.concurrent('a lead with a phone number alone is one contact of the CRM, which is found again when it gets an address', async () => {
  const phone = '+34612345661'
  const id = await system.create({ phone, firstName: 'Pho' })
  const { items } = await system.createLeads([{ phone }, { phone, firstName: 'Other' }])
  expect(items.map(({ outcome, lead }) => [outcome, lead.id])).toEqual([
    ['EXISTING', id],
    ['EXISTING', id],
  ])
  const byPhone = async () => (await system.contacts()).filter(({ properties }) => properties.phone === phone)
  const [contact] = await byPhone()
  await system.update(id, { email: 'pho@example.com', firstName: 'Phoebe' })
  await system.settle(id)
  const named = { firstname: 'Phoebe', email: 'pho@example.com' }
  expect(await byPhone()).toMatchObject([{ id: contact!.id, properties: named }])
  expect(await statusOf('pho@example.com')).toBe('transactional')
})

test.concurrent('what a vendor will never take ends the job, and the timeline says so', async () => {
  const email = 'never@example.com'
  const id = await system.create({ email, firstName: 'Nev' })
  const match = {
    method: 'PATCH',
    path: `/hs/crm/objects/2026-09/contacts/${(await contactOf(email))[0]!.id}`,
  }
  const body = { status: 'error', category: 'VALIDATION_ERROR', message: 'No' }
  const action = { status: 400, body }
  await system.sandbox('POST', '/faults', { vendor: 'hubspot', match, action, times: 1 })
  await system.update(id, { firstName: 'Never' })
  const failed = await until('the timeline tells of it', async () =>
    (await system.timeline(id)).find(({ type }) => type === 'STEP_FAILED'),
  )
  expect(failed.detail).toEqual({ step: 'crm', vendor: 'hubspot', reason: 'VALIDATION_ERROR' })
  await system.update(id, { lastName: 'Again' })
  await system.settle(id)
  const properties = { firstname: 'Never', lastname: 'Again' }
  expect(await contactOf(email)).toMatchObject([{ properties }])
})

// By itself: it counts every call there is.
test('a new lead costs HubSpot one call and no error, and a contact it has keeps the stage it is in', async () => {
  const before = (await system.writes('hubspot')).length
  const since = async () => (await system.writes('hubspot')).slice(before)
  const emails = ['one@calls.example', 'two@calls.example', 'three@calls.example']
  const ids = await Promise.all(emails.map((email) => system.create({ email, firstName: 'Cal' })))
  await Promise.all(ids.map(system.settle))
  const created = 'POST /contacts 201'
  expect(await since()).toEqual([created, created, created])
  const customer = { email: 'customer@calls.example', lifecyclestage: 'customer' }
  await system.act('hubspot', 'creation', { properties: customer })
  await system.create({ email: customer.email, firstName: 'Cus' })
  const [contact] = await contactOf(customer.email)
  expect(contact!.properties).toMatchObject({ ...customer, firstname: 'Cus' })
  const known = ['POST /contacts 409', `PATCH /contacts/${contact!.id} 200`]
  expect((await since()).slice(3)).toEqual(known)
})
