import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTestSandbox } from '../test/support/sandbox-client.ts'
import { subscriberHash } from './signatures.ts'

const list = '/mc/3.0/lists/a6b5da1054'
const members = `${list}/members`
const pathOf = (email: string) => `${members}/${subscriberHash(email)}`
const subscribed = (email: string) => ({ email_address: email, status_if_new: 'subscribed' })

let sandbox: Awaited<ReturnType<typeof startTestSandbox>>
beforeEach(async () => {
  sandbox = await startTestSandbox({ settings: { mailchimpLatencyMs: 0 } })
})
afterEach(() => sandbox.close())

const add = (email: string, more: object = {}) =>
  sandbox.ask('PUT', pathOf(email), { ...subscribed(email), ...more })
const emailsOf = async (query: string) => {
  const { body } = await sandbox.ask('GET', `${members}?${query}`)
  return body.members.map((member: { email_address: string }) => member.email_address)
}

test.each([
  ['/mc/3.0/lists', 'limit=5', 'limit'],
  ['/mc/3.0/lists', 'count=1001', 'count'],
  ['/mc/3.0/lists', 'offset=-1', 'offset'],
  [list, 'count=5', 'count'],
  [members, 'status=active', 'status'],
  [members, 'since_last_changed=yesterday', 'since_last_changed'],
  [members, 'sort_field=email_address', 'sort_field'],
  [members, 'sort_dir=up', 'sort_dir'],
  ['/mc/3.0/campaigns', 'title=x', 'title'],
  ['/mc/3.0/campaigns', 'status=canceled', 'status'],
  ['/mc/3.0/batches', 'status=finished', 'status'],
])('%s refuses the query %s and names it', async (path, query, field) => {
  const answer = await sandbox.ask('GET', `${path}?${query}`)
  expect(answer).toMatchObject({ status: 400, body: { title: 'Invalid Resource', errors: [{ field }] } })
})

test('a page names the total, and pages one after the other show every member once', async () => {
  await sandbox.ask('POST', '/_sandbox/members', { list: 'a6b5da1054', count: 2_500 })
  const seen: string[] = []
  for (const offset of [0, 1000, 2000]) {
    const query = `count=1000&offset=${offset}&sort_field=last_changed&sort_dir=ASC`
    const { body } = await sandbox.ask('GET', `${members}?${query}&fields=members.id,total_items`)
    expect(body.total_items).toBe(2_500)
    seen.push(...body.members.map(({ id }: { id: string }) => id))
  }
  expect(new Set(seen).size).toBe(2_500)
  expect(seen).toHaveLength(2_500)
})

test('members are found by status, archived ones only when asked for', async () => {
  for (const email of ['a@example.com', 'b@example.com', 'c@example.com']) await add(email)
  await sandbox.ask('PATCH', pathOf('b@example.com'), { status: 'unsubscribed' })
  await sandbox.ask('DELETE', pathOf('c@example.com'))
  expect(await emailsOf('')).toEqual(['a@example.com', 'b@example.com'])
  expect(await emailsOf('status=unsubscribed')).toEqual(['b@example.com'])
  expect(await emailsOf('status=archived')).toEqual(['c@example.com'])
})

test('members changed since a time come back, the others do not', async () => {
  await add('a@example.com')
  const { last_changed } = (await sandbox.ask('GET', pathOf('a@example.com'))).body
  const later = new Date(Date.parse(last_changed) + 1_000).toISOString()
  expect(await emailsOf(`since_last_changed=${encodeURIComponent(last_changed)}`)).toEqual(['a@example.com'])
  expect(await emailsOf(`since_last_changed=${later}`)).toEqual([])
  expect(await emailsOf(`before_last_changed=${later}`)).toEqual(['a@example.com'])
})

test('the fields of a page can be left out', async () => {
  await add('a@example.com')
  const { body } = await sandbox.ask('GET', `${members}?exclude_fields=members.merge_fields,members.stats`)
  expect(body.members[0]).not.toHaveProperty('merge_fields')
  expect(body.members[0]).toMatchObject({ email_address: 'a@example.com', list_id: 'a6b5da1054' })
  const both = await sandbox.ask('GET', `${members}?fields=members.id&exclude_fields=members.stats`)
  expect(both.status).toBe(400)
})

test('a member is found by hash, address and contact id, and the last stays when the address changes', async () => {
  const { contact_id } = (await add('a@example.com')).body
  expect((await sandbox.ask('GET', `${members}/a@example.com`)).status).toBe(200)
  await sandbox.ask('PATCH', pathOf('a@example.com'), { email_address: 'z@example.com' })
  const found = await sandbox.ask('GET', `${members}/${contact_id}`)
  expect(found.body).toMatchObject({ email_address: 'z@example.com', contact_id })
})

test('POST creates with tags, refuses somebody who is there, and brings back an archived one', async () => {
  const order = { email_address: 'a@example.com', status: 'subscribed', tags: ['vip'] }
  expect((await sandbox.ask('POST', members, order)).body.tags).toMatchObject([{ name: 'vip' }])
  expect((await sandbox.ask('POST', members, order)).body.title).toBe('Member Exists')
  await sandbox.ask('DELETE', pathOf('a@example.com'))
  expect((await sandbox.ask('POST', members, order)).body.status).toBe('subscribed')
  const { body } = await sandbox.ask('POST', members, { email_address: 'b@example.com' })
  expect(body.errors).toMatchObject([{ field: 'status' }])
})

test('a bulk import answers 200 and lists whom it refused, with a code', async () => {
  await add('old@example.com')
  const items = [
    { email_address: 'new@example.com', status: 'subscribed', merge_fields: { FNAME: 'New' } },
    { email_address: 'old@example.com', status: 'subscribed' },
    { email_address: 'x@fake.invalid-example', status: 'subscribed' },
    { email_address: 'nobody@example.com' },
    { email_address: 'new@example.com', status: 'subscribed' },
  ]
  const { status, body } = await sandbox.ask('POST', list, { members: items })
  expect(status).toBe(200)
  expect(body).toMatchObject({ total_created: 1, total_updated: 0, error_count: 4 })
  expect(body.errors.map((each: { error_code: string }) => each.error_code)).toEqual([
    'ERROR_CONTACT_EXISTS',
    'ERROR_GENERIC',
    'ERROR_GENERIC',
    'ERROR_GENERIC',
  ])
  expect(body.errors[2]).toMatchObject({ email_address: 'nobody@example.com', field: 'status' })
})

test('a bulk import with update_existing changes those who are there, their status too', async () => {
  await add('old@example.com', { merge_fields: { FNAME: 'Old' } })
  const item = { email_address: 'old@example.com', status: 'unsubscribed', merge_fields: { LNAME: 'Doe' } }
  const { body } = await sandbox.ask('POST', list, { members: [item], update_existing: true })
  expect(body).toMatchObject({ total_updated: 1, error_count: 0 })
  expect(body.updated_members[0]).toMatchObject({
    status: 'unsubscribed',
    merge_fields: { FNAME: 'Old', LNAME: 'Doe' },
  })
})

test('a bulk import takes 500 members and refuses 501', async () => {
  const of = (count: number) => ({
    members: Array.from({ length: count }, (_, index) => ({
      email_address: `p${index}@example.com`,
      status: 'subscribed',
    })),
  })
  expect((await sandbox.ask('POST', list, of(501))).body.errors).toMatchObject([{ field: 'members' }])
  expect((await sandbox.ask('POST', list, of(500))).body.total_created).toBe(500)
})

test('a deleted member can be added by no call of the API, but signs up again by the form', async () => {
  await add('gone@example.com')
  await sandbox.ask('POST', `${pathOf('gone@example.com')}/actions/delete-permanent`)
  const item = { email_address: 'gone@example.com', status: 'subscribed' }
  expect((await sandbox.ask('POST', members, item)).body.title).toBe('Forgotten Email Not Subscribed')
  const bulk = await sandbox.ask('POST', list, { members: [item], update_existing: true })
  expect(bulk.body.errors).toMatchObject([{ error: expect.stringContaining('permanently deleted') }])
  const event = { vendor: 'mailchimp', type: 'subscribe', email: 'gone@example.com' }
  expect((await sandbox.ask('POST', '/_sandbox/events', event)).status).toBe(202)
  expect((await sandbox.ask('GET', pathOf('gone@example.com'))).body.status).toBe('subscribed')
})

test('somebody who signed up to many lists is told to come back later', async () => {
  const { body } = await add('manylists@bounce.example')
  expect(body.detail).toContain('has signed up to a lot of lists very recently')
})

test('tags are found by the start of their name', async () => {
  await add('a@example.com')
  const tags = ['vip', 'visitor', 'lead'].map((name) => ({ name, status: 'active' }))
  await sandbox.ask('POST', `${pathOf('a@example.com')}/tags`, { tags })
  const { body } = await sandbox.ask('GET', `${list}/tag-search?name=vi`)
  expect(body.tags.map(({ name }: { name: string }) => name)).toEqual(['vip', 'visitor'])
})

test('merge fields are listed by type and never share a tag', async () => {
  const order = { name: 'City', tag: 'CITY', type: 'dropdown', options: { choices: ['Bern'] } }
  expect((await sandbox.ask('POST', `${list}/merge-fields`, order)).body).toMatchObject({ tag: 'CITY' })
  expect((await sandbox.ask('POST', `${list}/merge-fields`, order)).status).toBe(400)
  const { body } = await sandbox.ask('GET', `${list}/merge-fields?type=dropdown`)
  expect(body).toMatchObject({ total_items: 1, merge_fields: [{ tag: 'CITY' }] })
})

test('an audience is created with all Mailchimp demands, and not with less', async () => {
  const order = {
    name: 'Clients',
    contact: { company: 'S', address1: 'A', city: 'B', country: 'CH' },
    permission_reminder: 'You asked.',
    campaign_defaults: { from_name: 'S', from_email: 's@example.com', subject: '', language: 'en' },
    email_type_option: false,
    double_optin: true,
  }
  const { id, double_optin } = (await sandbox.ask('POST', '/mc/3.0/lists', order)).body
  expect(double_optin).toBe(true)
  expect((await sandbox.ask('GET', `/mc/3.0/lists/${id}/members`)).body.total_items).toBe(0)
  const { body } = await sandbox.ask('POST', '/mc/3.0/lists', { ...order, contact: { company: 'S' } })
  expect(body.errors).toMatchObject([{ field: 'contact.address1' }, {}, {}])
})

test('a hundred thousand members are made at once and cost less than 100 MB', async () => {
  const before = process.memoryUsage().heapUsed
  const made = await sandbox.ask('POST', '/_sandbox/members', { list: 'a6b5da1054', count: 100_000 })
  expect(made).toMatchObject({ status: 201, body: { added: 100_000, total: 100_000 } })
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(100_000_000)
  const again = { list: 'a6b5da1054', count: 10, from: 99_996 }
  expect((await sandbox.ask('POST', '/_sandbox/members', again)).body).toEqual({ added: 5, total: 100_005 })
  expect((await sandbox.ask('GET', pathOf('member77777@bulk.example'))).body).toMatchObject({
    status: 'subscribed',
    merge_fields: { FNAME: 'Member', LNAME: '77777' },
  })
  const { counts, mailchimp } = (await sandbox.ask('GET', '/_sandbox/state')).body
  expect(counts.mailchimp.members).toBe(100_005)
  expect(mailchimp.members).toHaveLength(1_000)
})
