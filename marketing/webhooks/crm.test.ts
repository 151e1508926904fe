import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { leadsOf } from '../../test/support/webhook-leads.ts'
import { startWebhooks, type Webhooks } from '../../test/support/webhooks.ts'
import { updateLead } from '../lead-change.ts'

let webhooks: Webhooks
beforeAll(async () => {
  webhooks = await startWebhooks()
})
afterAll(() => webhooks.close())
const crm = leadsOf(() => webhooks.api.world)
beforeEach(async () => {
  await crm.clear()
  await crm.rows('delete from webhook_receipt')
})

const noon = Date.UTC(2026, 9, 1, 12)
const known = {
  email: 'jane@example.com',
  firstName: 'Jane',
  lastName: 'Doe',
  company: 'Acme',
  locale: 'es-ES',
}
const addContact = async (key: 'hubspot' | 'twenty', id: string) => {
  const leadId = await crm.addLead(known)
  await crm.rows('update `lead` set external_ids = ? where id = ?', [JSON.stringify({ [key]: id }), leadId])
  return leadId
}

describe('HubSpot', () => {
  let events = 0
  const change = (propertyName: string, propertyValue: string, seconds: number, more: object = {}) => ({
    eventId: ++events,
    subscriptionId: 12345,
    portalId: 62515,
    appId: 54321,
    occurredAt: noon + seconds * 1_000,
    subscriptionType: 'contact.propertyChange',
    attemptNumber: 0,
    objectId: 512,
    propertyName,
    propertyValue,
    changeSource: 'CRM_UI',
    ...more,
  })
  const report = (...changes: object[]) => webhooks.report('hubspot', JSON.stringify(changes))

  test('what people change there is changed here, and the timeline says who said so', async () => {
    const leadId = await addContact('hubspot', '512')
    await report(change('firstname', 'Janet', 0))
    await report(change('email', 'New@X.co', 1), change('phone', '612 345 678', 2), change('company', '', 3))
    expect(await crm.lead(leadId)).toMatchObject({
      first_name: 'Janet',
      email: 'new@x.co',
      phone: '+34612345678',
      company: null,
    })
    expect((await crm.timeline(leadId))[0]).toEqual([
      'UPDATED',
      { changed: ['firstName'], vendor: 'hubspot' },
    ])
  })

  test('of two changes of a field the later one holds, whatever the order and whatever was there', async () => {
    const leadId = await addContact('hubspot', '512')
    await report(change('firstname', 'Third', 30))
    await report(change('firstname', 'Second', 20))
    await report(change('lastname', 'Doe', 30))
    await report(change('lastname', 'Smith', 20))
    expect(await crm.lead(leadId)).toMatchObject({ first_name: 'Third', last_name: 'Doe' })
  })

  test('a change made here since is not undone by an older one there', async () => {
    const leadId = await addContact('hubspot', '512')
    const { ledger, actor } = webhooks.api.world
    const patch = { firstName: 'Jo' }
    await ledger.transaction((em) =>
      updateLead(em, actor.workspaceId, { leadId, patch, correlationId: 'c' }, new Date(noon + 10_000)),
    )
    await report(change('firstname', 'Janet', 5))
    expect((await crm.lead(leadId)).first_name).toBe('Jo')
    await report(change('firstname', 'Janet', 15))
    expect((await crm.lead(leadId)).first_name).toBe('Janet')
  })

  test('what we wrote ourselves, other objects and fields, and other people’s contacts change nothing', async () => {
    const leadId = await addContact('hubspot', '512')
    const states = await report(
      change('firstname', 'X', 1, { changeSource: 'INTEGRATION' }),
      change('firstname', 'X', 2, { objectId: 513 }),
      change('dealname', 'X', 3),
      change('firstname', 'X', 4, { subscriptionType: 'deal.propertyChange' }),
      change('phone', 'none', 5),
      change('', '', 6, { subscriptionType: 'contact.creation' }),
    )
    expect(states).toEqual(Array(6).fill('IGNORED'))
    expect(await crm.timeline(leadId)).toEqual([])
  })

  test('a contact of another portal that has the same id changes nobody here, and nothing of it is kept', async () => {
    const leadId = await addContact('hubspot', '512')
    const nameless = { ...change('email', 'stranger@x.co', 2), portalId: undefined }
    const states = await report(change('email', 'foreign@x.co', 1, { portalId: 99_999 }), nameless)
    expect(states).toEqual(['FOREIGN', 'FOREIGN'])
    expect((await crm.lead(leadId)).email).toBe('jane@example.com')
    expect(await crm.timeline(leadId)).toEqual([])
    const foreign = "select body from webhook_receipt where state = 'FOREIGN'"
    expect(await crm.rows(foreign)).toEqual([{ body: '' }, { body: '' }])
  })

  test('the general form of the event is understood for contacts alone', async () => {
    const leadId = await addContact('hubspot', '512')
    const general = { subscriptionType: 'object.propertyChange' }
    await report(change('firstname', 'A', 1, { ...general, objectTypeId: '0-2' }))
    expect((await crm.lead(leadId)).first_name).toBe('Jane')
    await report(change('firstname', 'B', 2, { ...general, objectTypeId: '0-1' }))
    expect((await crm.lead(leadId)).first_name).toBe('B')
  })
})

describe('Twenty', () => {
  const id = '5c21e19e-e049-4393-8c09-3e3f8fb09ecb'
  const update = (record: object, seconds: number, updatedFields?: string[]) =>
    webhooks.report(
      'twenty',
      JSON.stringify({
        eventName: 'person.updated',
        eventDate: new Date(noon + seconds * 1_000).toISOString(),
        record: { id, ...record },
        updatedFields,
      }),
    )
  const person = {
    name: { firstName: 'Janet', lastName: 'Roe' },
    emails: { primaryEmail: 'Janet@example.com' },
    phones: { primaryPhoneCallingCode: '+34', primaryPhoneNumber: '612345678' },
  }

  test('a person who was changed there is changed here, as far as it was changed', async () => {
    const leadId = await addContact('twenty', id)
    await update(person, 0, ['name', 'phones'])
    expect(await crm.lead(leadId)).toMatchObject({
      first_name: 'Janet',
      last_name: 'Roe',
      phone: '+34612345678',
      email: 'jane@example.com',
    })
  })

  test('an address another lead has is a conflict; the rest is changed', async () => {
    const other = await crm.addLead({ email: 'janet@example.com' })
    const leadId = await addContact('twenty', id)
    await update(person, 0)
    expect(await crm.lead(leadId)).toMatchObject({ first_name: 'Janet', email: 'jane@example.com' })
    const told = await crm.timeline(leadId)
    expect(told).toContainEqual(['EMAIL_CONFLICT', { vendor: 'twenty', otherLeadId: other }])
  })

  test('what we wrote ourselves and persons nobody knows change nothing', async () => {
    const leadId = await addContact('twenty', id)
    expect(await update({ ...person, updatedBy: { source: 'API' } }, 0)).toEqual(['IGNORED'])
    expect(await update({ ...person, id: 'someone', emails: {} }, 1)).toEqual(['IGNORED'])
    expect(await webhooks.report('twenty', '{"event":"person.created","data":{"id":"1"}}')).toEqual([
      'IGNORED',
    ])
    expect(await crm.timeline(leadId)).toEqual([])
  })
})
