import { text as textOf } from 'node:stream/consumers'
import { createGunzip } from 'node:zlib'
import { extract } from 'tar-stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startReceiver, startTestSandbox } from '../test/support/sandbox-client.ts'
import { subscriberHash } from './signatures.ts'

const members = '/lists/a6b5da1054/members'

let sandbox: Awaited<ReturnType<typeof startTestSandbox>>
const closing: (() => Promise<void>)[] = []
beforeEach(async () => {
  sandbox = await startTestSandbox({
    settings: { mailchimpLatencyMs: 0, mailchimpBatchMs: 0, webhookDelayMs: 0 },
  })
})
afterEach(async () => {
  await sandbox.close()
  for (const close of closing.splice(0)) await close()
})

const upsert = (email: string) => ({
  method: 'PUT',
  path: `${members}/${subscriberHash(email)}`,
  operation_id: email,
  body: JSON.stringify({ email_address: email, status_if_new: 'subscribed' }),
})
const start = (operations: object[]) => sandbox.ask('POST', '/mc/3.0/batches', { operations })
const get = async (id: string) => (await sandbox.ask('GET', `/mc/3.0/batches/${id}`)).body
async function finished(id: string) {
  await expect.poll(async () => (await get(id)).status, { interval: 10, timeout: 20_000 }).toBe('finished')
  return get(id)
}
type Result = { status_code: number; operation_id: string; response: string }
/** The results as a stranger without a key reads them. */
async function results(url: string): Promise<Result[]> {
  const answer = await fetch(url)
  expect(answer.status).toBe(200)
  const files = createGunzip()
  files.end(Buffer.from(await answer.arrayBuffer()))
  const all: Result[] = []
  for await (const entry of files.pipe(extract())) {
    const content = await textOf(entry)
    if (entry.header.type === 'file') all.push(...JSON.parse(content))
  }
  return all
}

test('operations are done later, each with its own status, and the results lie in a gzipped tar', async () => {
  const operations = [
    upsert('a@example.com'),
    { ...upsert('b@example.com'), body: JSON.stringify({ email_address: 'b@example.com' }) },
    { method: 'GET', path: members, params: { count: 1 }, operation_id: 'read' },
    { method: 'DELETE', path: `${members}/${subscriberHash('nobody@example.com')}` },
    { method: 'GET', path: '/nothing', operation_id: 'nowhere' },
  ]
  const started = await start(operations)
  expect(started).toMatchObject({
    status: 200,
    body: {
      status: 'pending',
      total_operations: 5,
      finished_operations: 0,
      completed_at: '',
      response_body_url: '',
    },
  })
  const batch = await finished(started.body.id)
  expect(batch).toMatchObject({ finished_operations: 5, errored_operations: 3 })
  const all = await results(batch.response_body_url)
  const statuses = Object.fromEntries(all.map((each) => [each.operation_id, each.status_code]))
  expect(statuses).toEqual({ 'a@example.com': 200, 'b@example.com': 400, read: 200, '': 404, nowhere: 404 })
  const refusal = all.find((each) => each.operation_id === 'b@example.com')
  expect(JSON.parse(refusal?.response ?? '')).toMatchObject({ title: 'Invalid Resource' })
})

test('hundreds of results come in several files and in no particular order, each once', async () => {
  const emails = Array.from({ length: 450 }, (_, index) => `p${index}@example.com`)
  const { id } = (await start(emails.map(upsert))).body
  const order = (await results((await finished(id)).response_body_url)).map((each) => each.operation_id)
  expect(order).not.toEqual(emails)
  expect([...order].sort()).toEqual([...emails].sort())
  expect((await sandbox.ask('GET', `/mc/3.0${members}`)).body.total_items).toBe(450)
})

test('the address of the results needs no key, works until it expires and only with its signature', async () => {
  const { id } = (await start([upsert('a@example.com')])).body
  const { response_body_url: url } = await finished(id)
  expect((await fetch(url)).headers.get('content-type')).toBe('application/x-gzip')
  const forged = new URL(url)
  forged.searchParams.set('Expires', '4000000000')
  expect((await fetch(forged)).status).toBe(403)
  await sandbox.ask('PUT', '/_sandbox/settings', { mailchimpBatchUrlMs: 0 })
  const late = await fetch((await get(id)).response_body_url)
  expect(late.status).toBe(403)
  expect(await late.text()).toContain('Request has expired')
  await sandbox.ask('PUT', '/_sandbox/settings', { mailchimpBatchUrlMs: 600_000 })
  expect((await fetch((await get(id)).response_body_url)).status).toBe(200)
})

test('a batch shows how far it is, and one that is deleted stops', async () => {
  await sandbox.ask('PUT', '/_sandbox/settings', { mailchimpBatchMs: 60_000 })
  const { id } = (await start([upsert('a@example.com')])).body
  expect(await get(id)).toMatchObject({ status: 'pending', response_body_url: '' })
  expect((await sandbox.ask('GET', '/mc/3.0/batches')).body).toMatchObject({
    total_items: 1,
    batches: [{ id }],
  })
  expect((await sandbox.ask('DELETE', `/mc/3.0/batches/${id}`)).status).toBe(204)
  expect((await sandbox.ask('GET', `/mc/3.0/batches/${id}`)).status).toBe(404)
})

test.each([
  ['no operations', { operations: [] }, 'operations'],
  ['a body that is no text', { operations: [{ ...upsert('a@example.com'), body: {} }] }, 'operations.0.body'],
  ['the version in the path', { operations: [{ method: 'GET', path: '/3.0/lists' }] }, 'operations.0.path'],
  ['a batch within', { operations: [{ method: 'POST', path: '/batches' }] }, 'operations.0.path'],
  ['an unknown method', { operations: [{ method: 'put', path: '/lists' }] }, 'operations.0.method'],
])('a batch with %s is refused', async (_, body, field) => {
  const answer = await sandbox.ask('POST', '/mc/3.0/batches', body)
  expect(answer).toMatchObject({ status: 400, body: { errors: [{ field }] } })
})

test('a batch webhook tells of a finished batch', async () => {
  const receiver = await startReceiver()
  closing.push(receiver.close)
  const hook = await sandbox.ask('POST', '/mc/3.0/batch-webhooks', { url: receiver.url })
  expect(hook.body).toMatchObject({ url: receiver.url, enabled: true })
  const { id } = (await start([upsert('a@example.com')])).body
  const told = (await receiver.until(3)).at(-1)
  expect(Object.fromEntries(new URLSearchParams(told?.body))).toMatchObject({
    type: 'batch_operation_completed',
    'data[id]': id,
    'data[status]': 'finished',
    'data[errored_operations]': '0',
    'data[response_body_url]': expect.stringContaining('Signature='),
  })
  const path = `/mc/3.0/batch-webhooks/${hook.body.id}`
  expect((await sandbox.ask('DELETE', path)).status).toBe(204)
  expect((await sandbox.ask('GET', path)).status).toBe(404)
})
