import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTestSandbox } from '../test/support/sandbox-client.ts'

const campaigns = '/mc/3.0/campaigns'
const settings = {
  subject_line: 'Spring',
  preview_text: 'It is here',
  title: 'run-1',
  from_name: 'Solaria',
  reply_to: 'hello@solaria.example',
}
const order = { type: 'regular', recipients: { list_id: 'a6b5da1054' }, settings }
const html = '<p>Hello</p>'
const quarter = (ahead = 2) =>
  new Date((Math.floor(Date.now() / 900_000) + ahead) * 900_000).toISOString().replace('.000Z', '+00:00')

let sandbox: Awaited<ReturnType<typeof startTestSandbox>>
beforeEach(async () => {
  const quick = { mailchimpLatencyMs: 0, mailchimpCountMs: 0, mailchimpSendMs: 0 }
  sandbox = await startTestSandbox({ settings: quick })
  await sandbox.ask('POST', '/_sandbox/members', { list: 'a6b5da1054', count: 20 })
})
afterEach(() => sandbox.close())

const set = (changes: object) => sandbox.ask('PUT', '/_sandbox/settings', changes)
const create = async (changes: object = {}): Promise<string> =>
  (await sandbox.ask('POST', campaigns, { ...order, ...changes })).body.id
const ready = async (changes: object = {}) => {
  const id = await create(changes)
  expect((await sandbox.ask('PUT', `${campaigns}/${id}/content`, { html })).status).toBe(200)
  return id
}
const act = (id: string, action: string, body?: object) =>
  sandbox.ask('POST', `${campaigns}/${id}/actions/${action}`, body)
const event = (more: object) => sandbox.ask('POST', '/_sandbox/events', { vendor: 'mailchimp', ...more })
const get = async (id: string) => (await sandbox.ask('GET', `${campaigns}/${id}`)).body
const report = (id: string) => sandbox.ask('GET', `/mc/3.0/reports/${id}`)
const until = (id: string, status: string) =>
  expect.poll(async () => (await get(id)).status, { interval: 20, timeout: 10_000 }).toBe(status)

test('a campaign is created as a draft, shown, changed and deleted', async () => {
  const id = await create()
  expect(await get(id)).toMatchObject({
    id,
    status: 'save',
    send_time: '',
    recipients: { list_id: 'a6b5da1054', recipient_count: 20 },
    settings,
  })
  const changed = await sandbox.ask('PATCH', `${campaigns}/${id}`, {
    settings: { ...settings, subject_line: 'Summer' },
  })
  expect(changed.body.settings).toMatchObject({ subject_line: 'Summer', title: 'run-1' })
  expect((await sandbox.ask('DELETE', `${campaigns}/${id}`)).status).toBe(204)
  expect((await sandbox.ask('GET', `${campaigns}/${id}`)).status).toBe(404)
})

test.each([
  ['no type', { settings }, 'type'],
  ['an unknown setting', { ...order, settings: { ...settings, subject: 'x' } }, 'settings.subject'],
  ['recipients without an audience', { ...order, recipients: {} }, 'recipients.list_id'],
  ['an audience nobody has', { ...order, recipients: { list_id: 'none' } }, 'recipients.list_id'],
  ['an address that is none', { ...order, settings: { reply_to: 'me' } }, 'settings.reply_to'],
  ['a text for a yes or no', { ...order, tracking: { opens: 'yes' } }, 'tracking.opens'],
])('a campaign with %s is refused', async (_, body, field) => {
  const answer = await sandbox.ask('POST', campaigns, body)
  expect(answer).toMatchObject({ status: 400, body: { title: 'Invalid Resource', errors: [{ field }] } })
  expect((await sandbox.ask('GET', campaigns)).body.total_items).toBe(0)
})

test('a change needs the subject and the sender', async () => {
  const id = await create()
  const { body } = await sandbox.ask('PATCH', `${campaigns}/${id}`, { settings: { subject_line: 'x' } })
  expect(body.errors.map(({ field }: { field: string }) => field)).toEqual([
    'settings.from_name',
    'settings.reply_to',
  ])
})

test('content is html or text, or one other thing; both and none are refused', async () => {
  const id = await create()
  const put = (body: object) => sandbox.ask('PUT', `${campaigns}/${id}/content`, body)
  expect((await put({ html })).body).toMatchObject({ html, plain_text: 'Hello' })
  expect((await put({ html, url: 'http://example.com/mail' })).status).toBe(400)
  expect((await put({})).status).toBe(400)
  expect((await put({ text: 'Hello' })).body.errors).toMatchObject([{ field: 'text' }])
  expect((await sandbox.ask('GET', `${campaigns}/${id}/content`)).body.html).toBe(html)
})

test('the checklist names what is missing, and sending is refused for the same reason', async () => {
  const id = await create({ settings: { title: 'empty' } })
  const { body } = await sandbox.ask('GET', `${campaigns}/${id}/send-checklist`)
  expect(body.is_ready).toBe(false)
  const missing = body.items.filter(({ type }: { type: string }) => type === 'error')
  expect(missing.map(({ heading }: { heading: string }) => heading)).toEqual(['Subject', 'From', 'Content'])
  const refused = await act(id, 'send')
  expect(refused).toMatchObject({ status: 400, body: { title: 'Bad Request' } })
  expect(refused.body.detail).toMatch(/^Your Campaign is not ready to send: .*content/)
  expect(refused.body.detail).not.toContain('recipients')
})

test('the recipients are counted a while after creation; until then the campaign is not ready', async () => {
  await set({ mailchimpCountMs: 60_000 })
  const id = await ready()
  expect((await act(id, 'send')).body.detail).toContain('recipients are not ready')
  expect((await get(id)).recipients.recipient_count).toBe(0)
  await set({ mailchimpCountMs: 200 })
  const other = await ready()
  const isReady = async () => (await sandbox.ask('GET', `${campaigns}/${other}/send-checklist`)).body.is_ready
  await expect.poll(isReady, { timeout: 10_000 }).toBe(true)
  await set({ mailchimpCountMs: 60_000 })
  await sandbox.ask('PATCH', `${campaigns}/${other}`, { settings, recipients: order.recipients })
  expect(await isReady()).toBe(true)
  await sandbox.ask('PATCH', `${campaigns}/${other}`, { settings, recipients: { list_id: 'b7c6eb2165' } })
  expect(await isReady()).toBe(false)
})

test('an empty audience cannot be sent to', async () => {
  const id = await ready({ recipients: { list_id: 'b7c6eb2165' } })
  const { items } = (await sandbox.ask('GET', `${campaigns}/${id}/send-checklist`)).body
  expect(items[0]).toMatchObject({ type: 'error', heading: 'List' })
})

test('a campaign is sent once: a second send and an edit are refused, and a report is there', async () => {
  await set({ mailchimpSendMs: 200 })
  const id = await ready()
  expect((await report(id)).status).toBe(404)
  expect((await act(id, 'send')).status).toBe(204)
  expect((await get(id)).status).toBe('sending')
  expect(await act(id, 'send')).toMatchObject({ status: 400, body: { title: 'Invalid Action' } })
  expect((await sandbox.ask('DELETE', `${campaigns}/${id}`)).status).toBe(405)
  await until(id, 'sent')
  expect((await sandbox.ask('PATCH', `${campaigns}/${id}`, { settings })).status).toBe(400)
  expect((await sandbox.ask('PUT', `${campaigns}/${id}/content`, { html })).status).toBe(400)
  expect((await act(id, 'send')).status).toBe(400)
  expect((await report(id)).body).toMatchObject({ id, campaign_title: 'run-1', emails_sent: 20 })
  expect(await get(id)).toMatchObject({ emails_sent: 20, send_time: expect.stringMatching(/\+00:00$/) })
})

test('two campaigns with one title that were sent to one audience show up as a duplicate', async () => {
  for (const _ of [1, 2]) await act(await ready(), 'send')
  const { total, duplicates } = (await sandbox.ask('GET', '/_sandbox/sends?vendor=mailchimp')).body
  expect(total).toBe(2)
  expect(duplicates).toMatchObject([{ template: 'run-1', count: 2 }])
})

test.each([
  ['a minute that is no quarter', '2100-01-01T10:10:00+00:00'],
  ['seconds', '2100-01-01T10:15:01+00:00'],
  ['another zone', '2100-01-01T10:15:00+02:00'],
  ['the past', '2020-01-01T10:15:00+00:00'],
  ['no time', 'tomorrow'],
])('scheduling at %s is refused and names the field', async (_, schedule_time) => {
  const id = await ready()
  const answer = await act(id, 'schedule', { schedule_time })
  expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: 'schedule_time' }] } })
  expect((await get(id)).status).toBe('save')
})

test('a scheduled campaign cannot be edited, sent or scheduled again until it is unscheduled', async () => {
  const id = await ready()
  const schedule_time = quarter()
  expect((await act(id, 'schedule', { schedule_time })).status).toBe(204)
  expect(await get(id)).toMatchObject({ status: 'schedule', send_time: schedule_time })
  expect((await sandbox.ask('PATCH', `${campaigns}/${id}`, { settings })).status).toBe(400)
  expect((await act(id, 'send')).status).toBe(400)
  expect((await act(id, 'schedule', { schedule_time })).status).toBe(400)
  expect((await act(id, 'unschedule')).status).toBe(204)
  expect(await get(id)).toMatchObject({ status: 'save', send_time: '' })
  expect((await act(id, 'unschedule')).status).toBe(400)
  expect((await sandbox.ask('PATCH', `${campaigns}/${id}`, { settings })).status).toBe(200)
})

test('a scheduled campaign sends itself when its time has come', async () => {
  const id = await ready()
  await act(id, 'schedule', { schedule_time: quarter(4) })
  expect((await event({ type: 'campaign-due', id })).status).toBe(202)
  await until(id, 'sent')
  expect((await report(id)).body.emails_sent).toBe(20)
})

test('a time weeks ahead does not overflow into now', async () => {
  const id = await ready()
  await act(id, 'schedule', { schedule_time: quarter(4 * 24 * 40) })
  expect((await get(id)).status).toBe('schedule')
})

test('sending can be cancelled while it lasts, and then there is no report', async () => {
  await set({ mailchimpSendMs: 2_000 })
  const id = await ready()
  expect((await act(id, 'cancel-send')).status).toBe(400)
  await act(id, 'send')
  expect((await act(id, 'cancel-send')).status).toBe(204)
  expect((await get(id)).status).toBe('canceling')
  await until(id, 'canceled')
  expect((await report(id)).status).toBe(404)
})

test('a plan without the feature answers 403 to schedule and cancel, with a title', async () => {
  await set({ mailchimpPaidPlan: false })
  const id = await ready()
  const refused = { status: 403, body: { title: 'Forbidden' } }
  expect(await act(id, 'schedule', { schedule_time: quarter() })).toMatchObject(refused)
  expect(await act(id, 'cancel-send')).toMatchObject(refused)
})

test('only RSS campaigns can be paused and resumed by the API; in the pages a scheduled one can', async () => {
  const id = await ready()
  for (const action of ['pause', 'resume']) expect((await act(id, action)).body.title).toBe('Invalid Action')
  await act(id, 'schedule', { schedule_time: quarter() })
  await event({ type: 'campaign-pause', id })
  expect((await get(id)).status).toBe('paused')
  expect((await act(id, 'send')).status).toBe(204)
})

test('a test mail goes to the named people and changes nothing', async () => {
  const id = await create()
  const order = { test_emails: ['me@example.com'], send_type: 'html' }
  expect((await act(id, 'test', order)).status).toBe(400)
  await sandbox.ask('PUT', `${campaigns}/${id}/content`, { html })
  expect((await act(id, 'test', order)).status).toBe(204)
  expect((await act(id, 'test', { ...order, test_emails: ['me'] })).status).toBe(400)
  const { mailchimp } = (await sandbox.ask('GET', '/_sandbox/state')).body
  expect(mailchimp.testMails).toMatchObject([{ to: 'me@example.com', title: 'run-1' }])
  expect((await get(id)).status).toBe('save')
})

test('campaigns are listed by status, audience and time, newest or oldest first', async () => {
  const first = await ready()
  const second = await create({ recipients: { list_id: 'b7c6eb2165' } })
  await act(first, 'send')
  const ids = async (query: string) =>
    (await sandbox.ask('GET', `${campaigns}?${query}`)).body.campaigns.map(({ id }: { id: string }) => id)
  expect(await ids('sort_field=create_time&sort_dir=ASC')).toEqual([first, second])
  expect(await ids('sort_field=create_time&sort_dir=DESC&count=1')).toEqual([second])
  expect(await ids('status=sent')).toEqual([first])
  expect(await ids('list_id=b7c6eb2165')).toEqual([second])
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString()
  expect(await ids(`since_create_time=${tomorrow}`)).toEqual([])
  expect(await ids(`before_create_time=${tomorrow}&sort_dir=ASC`)).toEqual([first, second])
})

test('a segment of a tag is sent to those with the tag alone', async () => {
  const path = '/mc/3.0/lists/a6b5da1054'
  const item = { email_address: 'member1@bulk.example', tags: ['vip'] }
  await sandbox.ask('POST', path, { members: [item], update_existing: true })
  const { tags } = (await sandbox.ask('GET', `${path}/tag-search?name=vip`)).body
  const recipients = { list_id: 'a6b5da1054', segment_opts: { saved_segment_id: tags[0].id } }
  expect((await get(await create({ recipients }))).recipients.recipient_count).toBe(1)
})

test('opens, clicks and leavers show in the report, named or only counted', async () => {
  const id = await ready()
  await act(id, 'send')
  const campaign = id
  const email = 'member1@bulk.example'
  for (const type of ['open', 'open', 'click'])
    await event({ type, campaign, email, url: 'http://example.com' })
  await event({ type: 'open', campaign, count: 5 })
  await event({ type: 'unsubscribe', email: 'member2@bulk.example', campaign })
  expect((await report(id)).body).toMatchObject({
    opens: { opens_total: 7, unique_opens: 6 },
    clicks: { clicks_total: 1, unique_subscriber_clicks: 1 },
    unsubscribed: 1,
  })
  const activity = (await sandbox.ask('GET', `/mc/3.0/reports/${id}/email-activity`)).body
  expect(activity).toMatchObject({ total_items: 1, emails: [{ email_address: email }] })
  expect(activity.emails[0].activity.map(({ action }: { action: string }) => action)).toEqual([
    'open',
    'open',
    'click',
  ])
  const left = (await sandbox.ask('GET', `/mc/3.0/reports/${id}/unsubscribed`)).body
  expect(left.unsubscribes).toMatchObject([{ email_address: 'member2@bulk.example' }])
})

test('a share of the mails is opened and clicked by setting, in the end', async () => {
  await set({ mailchimpOpenRate: 0.5, mailchimpClickRate: 0.1, mailchimpReportGrowMs: 3_600_000 })
  const id = await ready()
  await act(id, 'send')
  expect((await report(id)).body.opens.unique_opens).toBe(0)
  await set({ mailchimpReportGrowMs: 0 })
  expect((await report(id)).body).toMatchObject({ opens: { unique_opens: 10 }, clicks: { unique_clicks: 2 } })
})

test('mailboxes that bounce are counted, and a hard bounce cleans the member', async () => {
  for (const email of ['hardbounce1@bounce.example', 'softbounce1@bounce.example']) {
    await event({ type: 'subscribe', email })
  }
  const id = await ready()
  await act(id, 'send')
  expect((await report(id)).body.bounces).toMatchObject({ hard_bounces: 1, soft_bounces: 1 })
  const path = '/mc/3.0/lists/a6b5da1054/members/hardbounce1@bounce.example'
  expect((await sandbox.ask('GET', path)).body.status).toBe('cleaned')
})

test('somebody makes and changes a campaign in the pages of Mailchimp', async () => {
  const made = await event({ type: 'campaign-create', settings, html })
  const { id } = made.body
  expect((await get(id)).settings.title).toBe('run-1')
  await event({ type: 'campaign-edit', id, settings: { subject_line: 'Edited there' }, html: '<p>New</p>' })
  expect((await get(id)).settings).toMatchObject({ subject_line: 'Edited there', from_name: 'Solaria' })
  await event({ type: 'campaign-send', id })
  const late = await event({ type: 'campaign-edit', id, settings: { subject_line: 'Too late' } })
  expect(late).toMatchObject({ status: 400, body: { error: expect.stringContaining('cannot be edited') } })
})

test.each([
  [{ type: 'campaign-edit', id: 'none', settings: {} }],
  [{ type: 'campaign-edit', id: 'none', subject: 'x' }],
  [{ type: 'open' }],
  [{ type: 'dance' }],
  [{ type: 'profile', email: 'nobody@example.com', merge_fields: {} }],
  [{ type: 'profile', email: 'member1@bulk.example', merge_fields: 'Jane' }],
  [{ type: 'unsubscribe', email: 'member1@bulk.example', list: 'none' }],
])('an event Mailchimp cannot have had (%j) is refused with a reason', async (mistake) => {
  expect(await event(mistake)).toMatchObject({ status: 400, body: { error: expect.any(String) } })
})
