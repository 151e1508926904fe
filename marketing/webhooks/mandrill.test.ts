import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { leadsOf } from '../../test/support/webhook-leads.ts'
import { mandrillForm, startWebhooks, type Webhooks } from '../../test/support/webhooks.ts'
import { settleMessage } from '../messages/send-ledger.ts'

let webhooks: Webhooks
beforeAll(async () => {
  webhooks = await startWebhooks()
})
afterAll(() => webhooks.close())
const crm = leadsOf(() => webhooks.api.world)
beforeEach(() => crm.clear())

const noon = Date.UTC(2026, 9, 1, 12) / 1_000
const email = 'anna@example.com'
let sent = 0
/** A lead who was sent the welcome mail. */
async function welcomed() {
  const leadId = await crm.addLead({ email, emailConsent: 'GRANTED', source: 'fair' })
  const id = `mandrill-${++sent}`
  const messageId = await crm.addMessage(leadId, 'EMAIL', id)
  const event = (kind: string, seconds = 0, more: object = {}) => ({
    event: kind,
    _id: id,
    ts: noon + seconds,
    msg: { _id: id, email, ts: noon, metadata: { delivery_id: messageId } },
    ...more,
  })
  return { leadId, messageId, event }
}
const report = (...events: object[]) => webhooks.report('mandrill', mandrillForm(...events))

test('the life of a mail moves its state up, whatever the order, and is counted once each', async () => {
  const { leadId, messageId, event } = await welcomed()
  await report(event('open', 60, { user_agent: 'Mozilla/5.0 (iPhone)' }))
  await report(event('delivered', 2), event('send', 1))
  await report(event('click', 90, { url: 'https://solaria.example/a', user_agent: 'Mozilla/5.0 (iPhone)' }))
  expect(await crm.message(messageId)).toMatchObject({ state: 'ACCEPTED', delivery: 'DELIVERED' })
  expect(await crm.eventTypes(leadId)).toEqual([
    'MESSAGE_ACCEPTED',
    'MESSAGE_DELIVERED',
    'MESSAGE_OPENED',
    'MESSAGE_CLICKED',
  ])
  const facts = await crm.facts()
  expect(facts.map(({ metric }) => metric).sort()).toEqual([
    'CLICKED',
    'DELIVERED',
    'OPENED',
    'SENT',
    'UNIQUE_CLICKED',
    'UNIQUE_OPENED',
  ])
  expect(facts[0]).toMatchObject({
    lead_id: leadId,
    source: 'fair',
    template: 'welcome',
    message_id: messageId,
  })
  expect(facts.find(({ metric }) => metric === 'CLICKED')).toMatchObject({
    occurred_at: '2026-10-01 12:01:30.000',
  })
})

test('a mail that is opened often is told of once and counted each time', async () => {
  const { leadId, event } = await welcomed()
  await report(event('open', 60), event('open', 120), event('open', 180))
  expect((await crm.eventTypes(leadId)).filter((type) => type === 'MESSAGE_OPENED')).toHaveLength(1)
  expect((await crm.facts()).filter(({ metric }) => metric === 'OPENED')).toHaveLength(3)
})

test('a message that was opened and clicked often counts once as opened and once as clicked', async () => {
  const { event } = await welcomed()
  const click = (after: number) => event('click', after, { url: `https://solaria.example/${after}` })
  await report(event('open', 6, { user_agent: 'Mozilla/5.0' }))
  await report(event('open', 60))
  await report(event('open', 120))
  await report(click(130))
  await report(click(140))
  const uniques = (await crm.facts()).filter(({ metric }) => metric.startsWith('UNIQUE'))
  expect(uniques).toMatchObject([
    { metric: 'UNIQUE_OPENED', bot: 0, occurred_at: '2026-10-01 12:01:00.000' },
    { metric: 'UNIQUE_CLICKED', bot: 0, occurred_at: '2026-10-01 12:02:10.000' },
  ])
})

test('who clicks has opened the message, even where pictures are not loaded', async () => {
  const { event } = await welcomed()
  await report(event('click', 130, { url: 'https://solaria.example/a' }))
  const metrics = (await crm.facts()).map(({ metric }) => metric)
  expect(metrics.sort()).toEqual(['CLICKED', 'SENT', 'UNIQUE_CLICKED', 'UNIQUE_OPENED'])
})

test('machines that open and click are counted as machines and not told of', async () => {
  const { leadId, event } = await welcomed()
  await report(event('delivered', 5))
  await report(
    event('open', 6, { user_agent: 'Mozilla/5.0' }),
    event('click', 6, { url: 'https://a.example', user_agent: 'Mozilla/5.0 (Windows NT 10.0)' }),
    event('click', 60, { url: 'https://a.example', user_agent: 'Barracuda Sentinel (EE)' }),
    event('click', 61, { url: 'https://a.example', user_agent: 'Mozilla/5.0 (Windows NT 10.0)' }),
  )
  const touches = (await crm.facts()).filter(({ metric }) => ['OPENED', 'CLICKED'].includes(metric))
  expect(touches.map(({ bot }) => bot).sort()).toEqual([0, 1, 1, 1])
  expect(await crm.eventTypes(leadId)).toEqual(['MESSAGE_ACCEPTED', 'MESSAGE_DELIVERED', 'MESSAGE_CLICKED'])
})

test('a hard bounce fails the message and suppresses the address', async () => {
  const { leadId, messageId, event } = await welcomed()
  await report(event('hard_bounce', 3))
  expect(await crm.message(messageId)).toMatchObject({ delivery: 'FAILED', reason: 'hard_bounce' })
  expect(await crm.suppressions()).toEqual([{ channel: 'EMAIL', address: email, reason: 'HARD_BOUNCE' }])
  expect(await crm.eventTypes(leadId)).toEqual(['MESSAGE_ACCEPTED', 'MESSAGE_FAILED', 'BOUNCED'])
  expect((await crm.lead(leadId)).email_consent).toBe('GRANTED')
  await report(event('send', 1))
  expect((await crm.facts()).map(({ metric }) => metric)).toEqual(['SENT', 'BOUNCED'])
})

test('a soft bounce fails the message and leaves the address alone', async () => {
  const { messageId, event } = await welcomed()
  await report(event('soft_bounce', 3))
  expect(await crm.message(messageId)).toMatchObject({ delivery: 'FAILED' })
  expect(await crm.suppressions()).toEqual([])
})

test.each([
  ['spam', 'COMPLAINT', 'COMPLAINED'],
  ['unsub', 'UNSUBSCRIBED', 'UNSUBSCRIBED'],
])('%s suppresses the address and is the person’s no', async (kind, reason, told) => {
  const { leadId, event } = await welcomed()
  await report(event(kind, 30))
  expect(await crm.suppressions()).toMatchObject([{ reason }])
  expect(await crm.lead(leadId)).toMatchObject({
    email_consent: 'DENIED',
    email_consent_at: '2026-10-01 12:00:30.000',
  })
  expect(await crm.eventTypes(leadId)).toContain(told)
  expect((await crm.facts()).map(({ metric }) => metric)).toEqual(['SENT', told])
})

test('a rejection suppresses the address only for a reason that is about the address', async () => {
  const { messageId, event } = await welcomed()
  const rejected = (reason?: string) =>
    event('reject', 1, { msg: { email, metadata: { delivery_id: messageId }, reject: reason && { reason } } })
  await report(rejected('unsigned'))
  expect(await crm.message(messageId)).toMatchObject({ delivery: 'FAILED', reason: 'reject' })
  expect(await crm.suppressions()).toEqual([])
  await report({ ...rejected('hard-bounce'), ts: noon + 9 })
  expect(await crm.suppressions()).toMatchObject([{ reason: 'HARD_BOUNCE' }])
})

test('a rejection the answer told of is not counted again when the webhook tells of it', async () => {
  const reject = (messageId: string, id: string) => ({
    ...{ event: 'reject', _id: id, ts: noon },
    msg: { _id: id, email, ts: noon, metadata: { delivery_id: messageId } },
  })
  const leadId = await crm.addLead({ email })
  const answered = await crm.addMessage(leadId, 'EMAIL')
  await webhooks.api.world.ledger.transaction((em) =>
    settleMessage(em, answered, { state: 'REJECTED', providerMessageId: 'r1', reason: 'rejected' }),
  )
  await report(reject(answered, 'r1'))
  expect((await crm.facts()).map(({ metric }) => metric)).toEqual(['FAILED'])
})

describe('Mandrill’s own deny list', () => {
  const entry = (action: string, reason: string, seconds: number) => ({
    type: 'blacklist',
    action,
    ts: noon + seconds,
    reject: { email, reason },
  })
  test('is followed in both directions, whichever report comes first', async () => {
    await report(entry('add', 'hard-bounce', 0))
    expect(await crm.suppressions()).toMatchObject([{ reason: 'HARD_BOUNCE' }])
    await report(entry('remove', 'hard-bounce', 10))
    expect(await crm.suppressions()).toEqual([])
    await report(entry('remove', 'custom', 30))
    await report(entry('add', 'custom', 20))
    expect(await crm.suppressions()).toEqual([])
    await report(entry('add', 'custom', 40))
    expect(await crm.suppressions()).toMatchObject([{ reason: 'OPERATOR' }])
  })
  test('does not undo what the person said, and passing troubles are not on it', async () => {
    await report(entry('add', 'unsub', 0), entry('add', 'soft-bounce', 1))
    await report(entry('remove', 'unsub', 10))
    expect(await crm.suppressions()).toMatchObject([{ reason: 'UNSUBSCRIBED' }])
  })
})

test('a report that comes before our own record of the message waits for it', async () => {
  const leadId = await crm.addLead({ email })
  const early = { event: 'delivered', _id: 'early-1', ts: noon }
  const told = report(early)
  const receipt = () =>
    crm.rows<{ state: string }>('select state from webhook_receipt order by id desc limit 1')
  await webhooks.api.world.until('the job has tried once', async () => {
    const [job] = await crm.rows<{ error_message: string | null }>(
      "select error_message from job where name = 'webhook.receive' order by id desc limit 1",
    )
    return job?.error_message?.includes('not known here yet')
  })
  expect(await receipt()).toEqual([{ state: 'RECEIVED' }])
  const messageId = await crm.addMessage(leadId, 'EMAIL', 'early-1')
  expect(await told).toEqual(['APPLIED'])
  expect(await crm.message(messageId)).toMatchObject({ delivery: 'DELIVERED' })
})

test('a report about a message nobody comes to know of is left alone at last, and keeps what it says of the address', async () => {
  const unknown = { metadata: { delivery_id: 'msg_01jd00000000000000000000zz' } }
  expect(await report({ event: 'open', _id: 'nobody', ts: noon, msg: unknown })).toEqual(['IGNORED'])
  const bounce = { event: 'hard_bounce', _id: 'nobody', ts: noon, msg: { ...unknown, email } }
  expect(await report(bounce)).toEqual(['APPLIED'])
  expect(await crm.suppressions()).toMatchObject([{ address: email }])
})

test('a mail of somebody else who uses the account is not waited for', async () => {
  const before = Date.now()
  expect(await report({ event: 'open', _id: 'theirs', ts: noon, msg: { email, metadata: {} } })).toEqual([
    'IGNORED',
  ])
  const [job] = await crm.rows<{ attempts_made: number }>(
    'select attempts_made from job where created_at >= ? order by id desc limit 1',
    [new Date(before - 1_000)],
  )
  expect(job!.attempts_made).toBeLessThanOrEqual(1)
})

test('a message of another workspace is not touched by our account’s reports', async () => {
  const other = await webhooks.api.addWorkspace()
  const { messageId, event, leadId } = await welcomed()
  await crm.rows('update message set workspace_id = ? where id = ?', [other, messageId])
  expect(await report(event('delivered'))).toEqual(['IGNORED'])
  expect(await crm.message(messageId)).toMatchObject({ delivery: null })
  expect(await crm.eventTypes(leadId)).toEqual(['MESSAGE_ACCEPTED'])
})

test('events and fields nobody knows are passed over', async () => {
  const { event } = await welcomed()
  expect(
    await report(event('deferral'), event('inbound'), { event: 'open' }, { event: 'x', msg: 7 }),
  ).toEqual(Array(4).fill('IGNORED'))
})
