import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Campaign } from '../../entities/campaign.ts'
import { newId } from '../../entities/ids.ts'
import { subscriberHash } from '../../sandbox/signatures.ts'
import { leadsOf } from '../../test/support/webhook-leads.ts'
import { mailchimpForm, startWebhooks, type Webhooks } from '../../test/support/webhooks.ts'

let webhooks: Webhooks
beforeAll(async () => {
  webhooks = await startWebhooks()
})
afterAll(() => webhooks.close())
const crm = leadsOf(() => webhooks.api.world)
beforeEach(async () => {
  await crm.clear()
  // The same event in two tests is two events.
  await crm.rows('delete from webhook_receipt')
})

const email = 'jane@example.com'
const at = (time: string) => `2026-10-01 ${time}`
const report = (type: string, time: string, data: Record<string, string>) =>
  webhooks.report(
    'mailchimp',
    mailchimpForm(type, at(time), { id: '8a25ff1d98', list_id: 'a6b5da1054', ...data }),
  )
const unsubscribe = (time: string, more = {}) =>
  report('unsubscribe', time, { action: 'unsub', reason: 'manual', email, ...more })
const subscribe = (time: string) => report('subscribe', time, { email })

test('who unsubscribes is written to no more, and the lead says so', async () => {
  const leadId = await crm.addLead({ email, emailConsent: 'GRANTED' })
  expect(await unsubscribe('10:00:00', { email: 'Jane@Example.com' })).toEqual(['APPLIED'])
  expect(await crm.suppressions()).toEqual([{ channel: 'EMAIL', address: email, reason: 'UNSUBSCRIBED' }])
  expect(await crm.lead(leadId)).toMatchObject({
    email_consent: 'DENIED',
    email_consent_at: '2026-10-01 10:00:00.000',
  })
  expect(await crm.timeline(leadId)).toEqual([
    ['UNSUBSCRIBED', { channel: 'EMAIL', vendor: 'mailchimp', reason: 'UNSUBSCRIBED' }],
  ])
  expect(await crm.facts()).toMatchObject([{ metric: 'UNSUBSCRIBED', lead_id: leadId }])
})

describe.each([
  ['in the order they were made', [unsubscribe, subscribe]],
  ['in the other order', [subscribe, unsubscribe]],
])('of two statements that arrive %s', (_, [first, second]) => {
  const time = (what: unknown, firstTime: string, secondTime: string) =>
    what === unsubscribe ? firstTime : secondTime
  test('the later yes holds', async () => {
    const leadId = await crm.addLead({ email, emailConsent: 'GRANTED' })
    for (const say of [first!, second!]) await say(time(say, '10:00:00', '11:00:00'))
    expect(await crm.suppressions()).toEqual([])
    expect(await crm.lead(leadId)).toMatchObject({
      email_consent: 'GRANTED',
      email_consent_at: '2026-10-01 11:00:00.000',
    })
  })
  test('the later no holds', async () => {
    const leadId = await crm.addLead({ email, emailConsent: 'GRANTED' })
    for (const say of [first!, second!]) await say(time(say, '11:00:00', '10:00:00'))
    expect(await crm.suppressions()).toMatchObject([{ reason: 'UNSUBSCRIBED' }])
    expect((await crm.lead(leadId)).email_consent).toBe('DENIED')
  })
  test('the later one holds for somebody who is no lead, too', async () => {
    for (const say of [first!, second!]) await say(time(say, '10:00:00', '11:00:00'))
    expect(await crm.suppressions()).toEqual([])
  })
  test('the no holds when both were made in the same second', async () => {
    const leadId = await crm.addLead({ email, emailConsent: 'GRANTED' })
    for (const say of [first!, second!]) await say('10:00:00')
    expect(await crm.suppressions()).toMatchObject([{ reason: 'UNSUBSCRIBED' }])
    expect((await crm.lead(leadId)).email_consent).toBe('DENIED')
  })
})

test('an unsubscription from before the lead gave consent changes nothing of it', async () => {
  const leadId = await crm.addLead({ email, emailConsent: 'GRANTED' }, new Date('2026-10-02T00:00:00Z'))
  await unsubscribe('10:00:00')
  expect((await crm.lead(leadId)).email_consent).toBe('GRANTED')
})

test('an unsubscription in the very second consent was given holds: Mailchimp tells no milliseconds', async () => {
  const leadId = await crm.addLead({ email, emailConsent: 'GRANTED' }, new Date('2026-10-01T10:00:00.700Z'))
  await unsubscribe('10:00:00')
  expect((await crm.lead(leadId)).email_consent).toBe('DENIED')
})

test('a contact that somebody of the agency deletes has said nothing', async () => {
  expect(await unsubscribe('10:00:00', { action: 'delete' })).toEqual(['IGNORED'])
  expect(await crm.suppressions()).toEqual([])
})

test.each([
  ['cleaned', { reason: 'hard' }, 'HARD_BOUNCE', 'BOUNCED', 'GRANTED'],
  ['cleaned', { reason: 'abuse' }, 'COMPLAINT', 'COMPLAINED', 'DENIED'],
  ['unsubscribe', { action: 'unsub', reason: 'abuse' }, 'COMPLAINT', 'COMPLAINED', 'DENIED'],
])('%s with %o is a suppression for %s', async (type, data, reason, told, consent) => {
  const leadId = await crm.addLead({ email, emailConsent: 'GRANTED' })
  await report(type, '10:00:00', { email, ...data })
  expect(await crm.suppressions()).toMatchObject([{ reason }])
  expect(await crm.eventTypes(leadId)).toEqual([told])
  expect((await crm.lead(leadId)).email_consent).toBe(consent)
})

test('a new subscription does not make an address work that bounced', async () => {
  await report('cleaned', '10:00:00', { email, reason: 'hard' })
  await subscribe('11:00:00')
  expect(await crm.suppressions()).toMatchObject([{ reason: 'HARD_BOUNCE' }])
})

test('what came of a campaign is left to the campaign’s report to count', async () => {
  await crm.addLead({ email })
  await unsubscribe('10:00:00', { campaign_id: '42694e9e57' })
  expect(await crm.facts()).toEqual([])
})

describe('a new address', () => {
  const upemail = (time: string, from: string, to: string) =>
    report('upemail', time, { new_id: 'x', new_email: to, old_email: from })
  test('becomes the lead’s', async () => {
    const leadId = await crm.addLead({ email })
    await crm.rows('update `lead` set external_ids = \'{"mailchimp":"9e26471d35a78862c17e467d87cddedf"}\'')
    await upemail('10:00:00', email, 'Jane.Doe@example.com')
    expect(await crm.lead(leadId)).toMatchObject({
      email: 'jane.doe@example.com',
      external_ids: `{"mailchimp": "${subscriberHash('jane.doe@example.com')}"}`,
    })
    expect(await crm.timeline(leadId)).toEqual([
      ['EMAIL_CHANGED', { changed: ['email'], vendor: 'mailchimp' }],
    ])
  })
  test('that another lead has is a conflict and changes nothing', async () => {
    const other = await crm.addLead({ email: 'taken@example.com' })
    const leadId = await crm.addLead({ email })
    expect(await upemail('10:00:00', email, 'taken@example.com')).toEqual(['APPLIED'])
    expect((await crm.lead(leadId)).email).toBe(email)
    expect(await crm.timeline(leadId)).toEqual([
      ['EMAIL_CONFLICT', { vendor: 'mailchimp', otherLeadId: other }],
    ])
  })
  test('of a new address waits for the first change', async () => {
    const leadId = await crm.addLead({ email })
    const second = webhooks.post(
      'mailchimp',
      mailchimpForm('upemail', at('11:00:00'), { new_email: 'c@example.com', old_email: 'b@example.com' }),
    )
    expect((await second).status).toBe(200)
    await upemail('10:00:00', email, 'b@example.com')
    await webhooks.api.world.until(
      'both changes are applied',
      async () => (await crm.lead(leadId)).email === 'c@example.com',
    )
  })
  test('of somebody who is no lead is left alone at last', async () => {
    expect(await upemail('10:00:00', 'who@example.com', 'what@example.com')).toEqual(['IGNORED'])
  })
})

test('a profile changes the names the lead was known by before, an older one nothing, and an empty name nothing', async () => {
  const leadId = await crm.addLead({ email, firstName: 'Jane', lastName: 'Doe' })
  const profile = (time: string, first: string, last: string) =>
    report('profile', time, { email, 'merges][FNAME': first, 'merges][LNAME': last })
  await profile('11:00:00', 'Janet', '')
  await profile('10:00:00', 'Old', 'Older')
  expect(await crm.lead(leadId)).toMatchObject({ first_name: 'Janet', last_name: 'Older' })
  expect(await crm.timeline(leadId)).toEqual([
    ['UPDATED', { changed: ['firstName'], vendor: 'mailchimp' }],
    ['UPDATED', { changed: ['lastName'], vendor: 'mailchimp' }],
  ])
})

test('a campaign of ours that was sent is synchronised', async () => {
  const { actor } = webhooks.api.world
  const id = newId('campaign')
  const values = {
    id,
    workspaceId: actor.workspaceId,
    name: 'Spring',
    state: 'SENDING',
    mailchimpId: '42694e9e57',
  }
  const times = { createdAt: new Date(), updatedAt: new Date(), lastEventSeq: 0, version: 1 }
  await webhooks.api.world.fork().insert(Campaign, { ...values, ...times } as never)
  expect(await report('campaign', '10:00:00', { id: '42694e9e57', status: 'sent' })).toEqual(['APPLIED'])
  const jobs = await crm.rows("select input, campaign_id from job where name = 'campaign.sync'")
  expect(jobs).toEqual([{ input: JSON.stringify({ scope: 'CAMPAIGN', campaignId: id }), campaign_id: id }])
})

test('events about campaigns of others, text messages and batches are taken and left alone', async () => {
  expect(await report('campaign', '10:00:00', { subject: 'x', status: 'sent' })).toEqual(['IGNORED'])
  expect(await report('sms_subscribe', '10:00:00', {})).toEqual(['IGNORED'])
  expect(await report('unsubscribe', 'yesterday', { email })).toEqual(['IGNORED'])
})
