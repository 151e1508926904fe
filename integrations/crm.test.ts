// What the interface promises, asked of each CRM behind it in the same words.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ChangedContact, Crm, CrmWatermark } from './crm.ts'
import { type FakeCrm, startFakeHubspot, startFakeTwenty } from './crm-fakes.ts'
import { createHubspot } from './hubspot/hubspot.ts'
import { failureOf } from './stub.ts'
import { createTwenty } from './twenty/twenty.ts'

const context = { signal: new AbortController().signal, correlationId: 'corr-1' }
const email = 'jane@example.com'
const BEGINNING: CrmWatermark = { changedAt: new Date(0), contactId: '' }
const at = new Date('2026-11-24T10:00:00Z')

const vendors = [
  {
    vendor: 'HubSpot',
    start: startFakeHubspot,
    connect: ({ stub }: FakeCrm, mapping?: Record<string, string>) =>
      createHubspot({ baseUrl: stub.url, token: 't', apiVersion: '2026-09', mapping, settleMs: 0 }),
  },
  {
    vendor: 'Twenty',
    start: startFakeTwenty,
    connect: ({ stub }: FakeCrm, mapping?: Record<string, string>) =>
      createTwenty({ baseUrl: stub.url, apiKey: 'k', mapping, settleMs: 0 }),
  },
]

describe.each(vendors)('$vendor', ({ vendor, start, connect }) => {
  let fake: FakeCrm
  let crm: Crm
  beforeEach(async () => {
    fake = await start()
    crm = connect(fake)
  })
  afterEach(() => fake.stub[Symbol.asyncDispose]())

  const activity = {
    contactId: '',
    kind: 'NOTE',
    text: 'Called, wants a <demo>',
    at,
    activityId: 'act_1',
  } as const
  const deal = { contactId: '', name: 'Spring', stage: 'NEW', pipeline: 'default', dealId: 'deal_1' }
  const jane = async () => {
    const { contactId } = await crm.upsertContact({ email, fields: { firstName: 'Jane' } }, context)
    return contactId
  }
  /** Pages from a place to the end. */
  async function changes(from: CrmWatermark): Promise<ChangedContact[][]> {
    const { contacts, next } = await crm.changedSince(from, context)
    return next ? [contacts, ...(await changes(next))] : []
  }

  test('it says which CRM it is, and that its own mapping is in order', async () => {
    expect(crm.vendor).toBe(vendor.toLowerCase())
    await crm.check(context)
  })

  test('every mapped field that does not exist or cannot be written is named in one error', async () => {
    const error = await failureOf(connect(fake, fake.badMapping as Record<string, string>).check(context))
    expect(error).toMatchObject({ errorClass: 'PERMANENT', code: 'MAPPING_INVALID', status: 200 })
    const { locale, source, stage, firstName } = fake.badMapping
    for (const name of [locale, source, stage]) expect((error as Error).message).toContain(name)
    expect((error as Error).message).not.toContain(firstName)
  })

  test('a contact is made once, and found again by its address', async () => {
    const first = await crm.upsertContact({ email, fields: { firstName: 'Jane' } }, context)
    expect(first).toMatchObject({ created: true })
    const again = await crm.upsertContact({ email, fields: { firstName: 'Janet' } }, context)
    expect(again).toEqual({ contactId: first.contactId, created: false })
    expect(fake.contacts).toHaveLength(1)
    expect(fake.contacts[0]!.values[fake.firstName]).toBe('Janet')
  })

  test('what others entered stays: only the given fields are written, and an empty text clears one', async () => {
    await crm.upsertContact(
      { email, fields: { firstName: 'Jane', lastName: 'Doe', phone: '+49170' } },
      context,
    )
    const [contact] = fake.contacts
    const before = { ...contact!.values, owner: 'sales' }
    contact!.values.owner = 'sales'
    await crm.upsertContact({ email, fields: { firstName: '' } }, context)
    expect(contact!.values).toEqual({ ...before, [fake.firstName]: '' })
    expect(await crm.upsertContact({ email, fields: {} }, context)).toMatchObject({ contactId: contact!.id })
    expect(contact!.values).toEqual({ ...before, [fake.firstName]: '' })
  })

  test('a contact is changed by its id, also its address; one that is gone is told, as is an address that is taken', async () => {
    const contactId = await jane()
    const moved = { contactId, email: 'jane.roe@example.com', fields: { firstName: 'Janet' } }
    expect(await crm.updateContact(moved, context)).toEqual({ kind: 'changed' })
    expect(fake.contacts).toMatchObject([
      { id: contactId, values: { email: moved.email, [fake.firstName]: 'Janet' } },
    ])
    const joe = await crm.upsertContact({ email: 'joe@example.com', fields: {} }, context)
    const taken = await crm.updateContact({ ...moved, email: 'joe@example.com' }, context)
    expect(taken).toEqual({ kind: 'taken', contactId: joe.contactId })
    fake.contacts = []
    expect(await crm.updateContact(moved, context)).toEqual({ kind: 'gone' })
  })

  test('somebody with a phone number alone is one contact, however often they are put in', async () => {
    const phoneOnly = { ownId: 'lead_1', fields: { phone: '+491701234567' } }
    const first = await crm.upsertContact(phoneOnly, context)
    const again = await crm.upsertContact(phoneOnly, context)
    expect(again).toEqual({ contactId: first.contactId, created: false })
    expect(fake.contacts).toHaveLength(1)
  })

  test('a stage for new contacts is not written to one that exists', async () => {
    const lead = { email, fields: {}, fieldsIfNew: { firstName: 'New' } }
    await crm.upsertContact(lead, context)
    expect(fake.contacts[0]!.values[fake.firstName]).toBe('New')
    fake.contacts[0]!.values[fake.firstName] = 'Theirs'
    await crm.upsertContact(lead, context)
    expect(fake.contacts[0]!.values[fake.firstName]).toBe('Theirs')
  })

  test('fields without a mapping are not sent', async () => {
    await crm.upsertContact({ email, fields: { firstName: 'Jane', locale: 'canary-locale' } }, context)
    expect(JSON.stringify(fake.stub.requests)).not.toContain('canary-locale')
  })

  test.each(['NOTE', 'EMAIL', 'WHATSAPP'] as const)(
    'an activity (%s) that is logged twice is there once',
    async (kind) => {
      const contactId = await jane()
      for (const activityId of ['act_12', 'act_1', 'act_12', 'act_1'])
        await crm.logActivity({ ...activity, kind, contactId, activityId }, context)
      expect(fake.activities).toHaveLength(2)
      expect(fake.activities[0]).toMatchObject({
        contactId,
        text: expect.stringContaining('Called, wants a'),
      })
    },
  )

  test('a deal that is made twice is there once, in the stage that sales people moved it to', async () => {
    const contactId = await jane()
    await crm.createDeal({ ...deal, contactId }, context)
    fake.deals[0]!.stage = 'WON'
    await crm.createDeal({ ...deal, contactId }, context)
    await crm.createDeal({ ...deal, contactId, dealId: 'deal_2' }, context)
    expect(fake.deals).toMatchObject([
      { contactId, name: 'Spring', stage: 'WON' },
      { contactId, name: 'Spring', stage: 'NEW' },
    ])
  })

  test('changes come oldest first, with their fields under our names, and then there is nothing newer', async () => {
    await jane()
    await crm.upsertContact({ email: 'joe@example.com', fields: { firstName: 'Joe' } }, context)
    await crm.upsertContact({ email, fields: { firstName: 'Janet' } }, context)
    const { contacts, next } = await crm.changedSince(BEGINNING, context)
    expect(contacts).toMatchObject([
      { email: 'joe@example.com', fields: { firstName: 'Joe' }, changedAt: expect.any(Date) },
      { email, fields: { firstName: 'Janet' } },
    ])
    expect(next).toEqual({ changedAt: contacts[1]!.changedAt, contactId: contacts[1]!.contactId })
    expect(await crm.changedSince(next!, context)).toEqual({ contacts: [], next: undefined })
  })

  test('none is lost and none comes twice when hundreds changed in the same millisecond', async () => {
    const moments = [...Array(130).fill(1), ...Array(350).fill(2), 3, ...Array(99).fill(4), 5]
    const start = Date.parse('2026-11-01T00:00:00Z')
    fake.contacts = moments.map((moment: number, index) => ({
      id:
        vendor === 'HubSpot'
          ? String(95 + index)
          : `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
      values: { email: `p${index}@example.com` },
      changedAt: start + moment,
    }))
    const pages = await changes(BEGINNING)
    const read = pages.flat()
    expect(read.map((contact) => contact.email)).toEqual(fake.contacts.map(({ values }) => values.email))
    expect(Math.max(...pages.map((page) => page.length))).toBeLessThanOrEqual(100)
    const middle = read[200]!
    expect((await changes(middle)).flat()).toEqual(read.slice(201))
  })

  test('contacts without an e-mail address, and changes that have not settled, are not read', async () => {
    const now = Date.now()
    const id = vendor === 'HubSpot' ? '1' : '00000000-0000-4000-8000-000000000001'
    fake.contacts.push({ id, values: {}, changedAt: now - 10_000 })
    fake.contacts.push({ id: `${id.slice(0, -1)}2`, values: { email }, changedAt: now + 600_000 })
    expect(await crm.changedSince(BEGINNING, context)).toEqual({ contacts: [], next: undefined })
  })

  test('an unknown key is AUTH and too many requests are THROTTLED with a time, for every verb', async () => {
    const verbs = [
      () => crm.check(context),
      () => crm.upsertContact({ email, fields: {} }, context),
      () => crm.logActivity({ ...activity, contactId: '1' }, context),
      () => crm.createDeal({ ...deal, contactId: '1' }, context),
      () => crm.changedSince(BEGINNING, context),
    ]
    for (const verb of verbs) {
      fake.intercept = () => fake.unknownKey
      expect(await failureOf(verb())).toMatchObject({ errorClass: 'AUTH' })
      fake.intercept = () => fake.tooFast
      expect(await failureOf(verb())).toMatchObject({
        errorClass: 'THROTTLED',
        retryAfterMs: expect.any(Number),
      })
    }
  })

  test('every request can be lost after its effect: it is TRANSIENT, and a repeat of the verb changes nothing', async () => {
    const contactId = await jane()
    const work = async () => {
      await crm.upsertContact({ email: 'joe@example.com', fields: { firstName: 'Joe' } }, context)
      await crm.logActivity({ ...activity, contactId }, context)
      await crm.createDeal({ ...deal, contactId }, context)
    }
    for (let lost = 0; lost < 20; lost += 1) {
      let left = lost
      fake.intercept = (answer) => {
        const given = answer()
        left -= 1
        return left === -1 ? 'DROP' : given
      }
      const failure = await work().catch((error: unknown) => error)
      if (failure !== undefined) expect(failure).toMatchObject({ errorClass: 'TRANSIENT' })
    }
    fake.intercept = undefined
    await work()
    expect(fake.contacts).toHaveLength(2)
    expect(fake.activities).toHaveLength(1)
    expect(fake.deals).toHaveLength(1)
  })
})
