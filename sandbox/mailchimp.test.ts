import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTestSandbox } from '../test/support/sandbox-client.ts'
import { subscriberHash } from './signatures.ts'

const members = '/mc/3.0/lists/a6b5da1054/members'
const jane = {
  email_address: 'jane@example.com',
  status_if_new: 'subscribed',
  merge_fields: { FNAME: 'Jane' },
}
const janePath = `${members}/9e26471d35a78862c17e467d87cddedf`

let sandbox: Awaited<ReturnType<typeof startTestSandbox>>
beforeEach(async () => {
  sandbox = await startTestSandbox()
})
afterEach(() => sandbox.close())

const pathOf = (email: string) => `${members}/${subscriberHash(email)}`
const act = (type: string, email = 'jane@example.com') =>
  sandbox.ask('POST', '/_sandbox/events', { vendor: 'mailchimp', type, email })

test('ping answers with a valid key, and tells a missing key from a wrong one', async () => {
  expect((await sandbox.ask('GET', '/mc/3.0/ping')).body).toEqual({ health_status: "Everything's Chimpy!" })
  const none = await sandbox.ask('GET', '/mc/3.0/ping', undefined, { authorization: '' })
  expect(none).toMatchObject({ status: 401, body: { title: 'API Key Missing', status: 401 } })
  const bad = await sandbox.ask('GET', '/mc/3.0/ping', undefined, { authorization: 'Bearer bad-us19' })
  expect(bad.body.title).toBe('API Key Invalid')
  expect(bad.headers.get('content-type')).toContain('application/problem+json')
})

test('an upsert creates a member once and keeps what it does not mention', async () => {
  const created = await sandbox.ask('PUT', janePath, jane)
  expect(created).toMatchObject({
    status: 200,
    body: { id: subscriberHash('jane@example.com'), status: 'subscribed' },
  })
  expect(created.headers.get('x-request-id')).toBeTruthy()
  const both = { email_address: 'john@example.com', status_if_new: 'pending', status: 'subscribed' }
  expect((await sandbox.ask('PUT', pathOf('john@example.com'), both)).body.status).toBe('pending')
  const again = await sandbox.ask('PUT', janePath, {
    email_address: 'jane@example.com',
    merge_fields: { LNAME: 'Doe' },
  })
  expect(again.body.merge_fields).toEqual({ FNAME: 'Jane', LNAME: 'Doe' })
  expect((await sandbox.ask('GET', `${members}?count=1`)).body.total_items).toBe(2)
})

test('status_if_new does not bring back somebody who left, and status may not either', async () => {
  await sandbox.ask('PUT', janePath, jane)
  await act('unsubscribe')
  expect((await sandbox.ask('PUT', janePath, jane)).body.status).toBe('unsubscribed')
  const forced = await sandbox.ask('PATCH', janePath, { status: 'subscribed' })
  expect(forced).toMatchObject({ status: 400, body: { title: 'Member In Compliance State' } })
  expect((await sandbox.ask('PATCH', janePath, { status: 'pending' })).body.status).toBe('pending')
  await act('subscribe')
  expect((await sandbox.ask('PATCH', janePath, { status: 'subscribed' })).status).toBe(200)
})

test('an archived member is found as archived and stays so until a status is given', async () => {
  await sandbox.ask('PUT', janePath, jane)
  expect((await sandbox.ask('DELETE', janePath)).status).toBe(204)
  expect((await sandbox.ask('DELETE', janePath)).status).toBe(405)
  expect((await sandbox.ask('GET', janePath)).body.status).toBe('archived')
  expect((await sandbox.ask('PUT', janePath, jane)).body.status).toBe('archived')
  expect((await sandbox.ask('PUT', janePath, { ...jane, status: 'subscribed' })).body.status).toBe(
    'subscribed',
  )
})

test('an erased address cannot be imported again', async () => {
  await sandbox.ask('PUT', janePath, jane)
  expect((await sandbox.ask('POST', `${janePath}/actions/delete-permanent`)).status).toBe(204)
  expect((await sandbox.ask('GET', janePath)).status).toBe(404)
  expect((await sandbox.ask('PUT', janePath, jane)).body.title).toBe('Forgotten Email Not Subscribed')
})

test.each([
  ['an unknown field', { ...jane, nickname: 'J' }, 'nickname'],
  ['tags, which PUT would silently ignore', { ...jane, tags: ['vip'] }, 'tags'],
  ['a number instead of a text', { ...jane, email_address: 7 }, 'email_address'],
  ['a status nobody knows', { ...jane, status: 'active' }, 'status'],
  ['no status_if_new for a new member', { email_address: 'jane@example.com' }, 'status_if_new'],
  ['the address of somebody else', { ...jane, email_address: 'john@example.com' }, 'email_address'],
  ['a merge field the audience lacks', { ...jane, merge_fields: { SHOE: '43' } }, 'SHOE'],
])('an upsert with %s is refused and names the field', async (_, body, field) => {
  const answer = await sandbox.ask('PUT', janePath, body)
  expect(answer).toMatchObject({ status: 400, body: { title: 'Invalid Resource', errors: [{ field }] } })
  expect((await sandbox.ask('GET', janePath)).status).toBe(404)
})

test('fake addresses are refused, and JSON that is none', async () => {
  for (const email of ['x@fake.invalid-example', 'x@example.invalid']) {
    const answer = await sandbox.ask('PUT', pathOf(email), { ...jane, email_address: email })
    expect(answer.body.detail).toContain('looks fake or invalid')
  }
  expect((await sandbox.ask('PUT', janePath, '{')).body.title).toBe('JSON Parse Exception')
})

test('a required merge field is demanded unless the validation is skipped', async () => {
  const order = { name: 'City', tag: 'CITY', type: 'text', required: true }
  expect((await sandbox.ask('POST', '/mc/3.0/lists/a6b5da1054/merge-fields', order)).status).toBe(200)
  expect((await sandbox.ask('PUT', janePath, jane)).body.errors).toEqual([
    { field: 'CITY', message: 'Please enter a value' },
  ])
  expect((await sandbox.ask('PUT', `${janePath}?skip_merge_validation=true`, jane)).status).toBe(200)
})

test('a new address moves a member to a new hash, but not onto another member', async () => {
  await sandbox.ask('PUT', janePath, jane)
  await sandbox.ask('PUT', pathOf('john@example.com'), { ...jane, email_address: 'john@example.com' })
  expect((await sandbox.ask('PATCH', janePath, { email_address: 'john@example.com' })).body.title).toBe(
    'Member Exists',
  )
  expect((await sandbox.ask('PATCH', janePath, { email_address: 'j@example.com' })).body.id).toBe(
    subscriberHash('j@example.com'),
  )
  expect((await sandbox.ask('GET', janePath)).status).toBe(404)
})

test('tags are added and removed on a member only', async () => {
  const tags = { tags: [{ name: 'vip', status: 'active' }] }
  expect((await sandbox.ask('POST', `${janePath}/tags`, tags)).status).toBe(404)
  await sandbox.ask('PUT', janePath, jane)
  expect((await sandbox.ask('POST', `${janePath}/tags`, tags)).status).toBe(204)
  expect((await sandbox.ask('POST', `${janePath}/tags`, { tags: ['vip'] })).status).toBe(400)
  expect((await sandbox.ask('GET', janePath)).body.tags).toMatchObject([{ name: 'vip' }])
  await sandbox.ask('POST', `${janePath}/tags`, { tags: [{ name: 'vip', status: 'inactive' }] })
  expect((await sandbox.ask('GET', janePath)).body.tags_count).toBe(0)
})

test('lists and members come in pages with the fields asked for', async () => {
  const lists = await sandbox.ask('GET', '/mc/3.0/lists?fields=lists.id,total_items')
  expect(lists.body).toEqual({ lists: [{ id: 'a6b5da1054' }, { id: 'b7c6eb2165' }], total_items: 2 })
  expect((await sandbox.ask('GET', '/mc/3.0/lists/a6b5da1054')).body.stats.member_count).toBe(0)
  expect((await sandbox.ask('GET', '/mc/3.0/lists/none/members')).body.title).toBe('Resource Not Found')
  expect((await sandbox.ask('GET', `${members}?count=1000`)).status).toBe(200)
  expect((await sandbox.ask('GET', `${members}?count=1001`)).status).toBe(400)
  expect((await sandbox.ask('POST', janePath, {})).headers.get('allow')).toContain('PUT')
})

test('ten calls at once are served, of twenty some are turned away, and the connections come back', async () => {
  const burst = (count: number) =>
    Promise.all(
      Array.from({ length: count }, () => sandbox.ask('GET', '/mc/3.0/ping').then((answer) => answer.status)),
    )
  await sandbox.ask('PUT', '/_sandbox/settings', { mailchimpLatencyMs: 1_000 })
  expect(new Set(await burst(10))).toEqual(new Set([200]))
  expect((await burst(20)).filter((status) => status === 429)).toHaveLength(10)
  expect(new Set(await burst(10))).toEqual(new Set([200]))
})
