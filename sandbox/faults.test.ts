import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTestSandbox } from '../test/support/sandbox-client.ts'

const path = '/wa/v25.0/106540352242922/messages'
const order = {
  messaging_product: 'whatsapp',
  to: '16505551234',
  type: 'template',
  template: {
    name: 'welcome_lead',
    language: { code: 'en' },
    components: [{ type: 'body', parameters: [{ type: 'text', text: 'Jane' }] }],
  },
  biz_opaque_callback_data: 'd_1',
}

let sandbox: Awaited<ReturnType<typeof startTestSandbox>>
beforeEach(async () => {
  sandbox = await startTestSandbox()
})
afterEach(() => sandbox.close())

const send = () => sandbox.ask('POST', path, order)
const fault = (action: object, more: object = {}) =>
  sandbox.ask('POST', '/_sandbox/faults', { vendor: 'whatsapp', action, ...more })
const sends = async () => (await sandbox.ask('GET', '/_sandbox/sends')).body

test('an answer lost after the effect leaves a message, so the retry is a visible duplicate', async () => {
  await fault({ drop: 'after' }, { times: 1 })
  await expect(send()).rejects.toThrow('fetch failed')
  expect(await sends()).toMatchObject({ total: 1, duplicates: [] })
  await send()
  expect((await sends()).duplicates).toMatchObject([
    {
      vendor: 'whatsapp',
      recipient: '16505551234',
      template: 'welcome_lead',
      count: 2,
      correlations: ['d_1', 'd_1'],
    },
  ])
})

test('a connection cut before the effect leaves nothing', async () => {
  await fault({ drop: 'before' }, { times: 1 })
  await expect(send()).rejects.toThrow('fetch failed')
  expect((await sends()).total).toBe(0)
  expect((await send()).status).toBe(200)
})

test.each([
  ['mailchimp', '/mc/3.0/ping', 429, { title: 'TooManyRequests' }],
  ['mailchimp', '/mc/3.0/ping', 403, ''],
  ['hubspot', '/hs/crm/objects/2026-09/contacts/1', 503, { category: 'SERVICE_UNAVAILABLE' }],
  ['whatsapp', '/wa/v25.0/106540352242922', 500, { error: { code: 131000 } }],
])('an injected status of %s looks like its own error', async (vendor, url, status, body) => {
  await sandbox.ask('POST', '/_sandbox/faults', { vendor, action: { status } })
  const answer = await sandbox.ask('GET', url)
  expect(answer.status).toBe(status)
  if (typeof body === 'string') expect(answer.body).toBe(body)
  else expect(answer.body).toMatchObject(body)
})

test('an injected answer may have its own body and headers, and with effect it happens all the same', async () => {
  await fault(
    { status: 500, effect: true, body: { odd: true }, headers: { 'x-app-usage': '{}' } },
    { times: 1 },
  )
  const answer = await send()
  expect(answer).toMatchObject({ status: 500, body: { odd: true } })
  expect(answer.headers.get('x-app-usage')).toBe('{}')
  expect((await sends()).total).toBe(1)
})

test('a delayed answer comes late, but the effect is there before it', async () => {
  await fault({ delayMs: 2_000 })
  const started = Date.now()
  let answered = false
  const answer = send().finally(() => {
    answered = true
  })
  await expect.poll(async () => (await sends()).total, { interval: 20 }).toBe(1)
  expect(answered).toBe(false)
  expect((await answer).status).toBe(200)
  expect(Date.now() - started).toBeGreaterThanOrEqual(1_990)
})

test('a fault meets only the method and path it names, as prefix or pattern', async () => {
  const get = () => sandbox.ask('GET', '/wa/v25.0/106540352242922')
  await fault({ status: 500 }, { match: { method: 'POST' } })
  expect((await get()).status).toBe(200)
  expect((await send()).status).toBe(500)
  await sandbox.ask('DELETE', '/_sandbox/faults')
  await fault({ status: 503 }, { match: { path: '/v\\d+\\.\\d/\\d+/messages$' } })
  expect((await get()).status).toBe(200)
  expect((await send()).status).toBe(503)
  const { id } = (await fault({ status: 500 }, { match: { path: '/v25.0/1065' } })).body
  expect((await get()).status).toBe(500)
  expect((await sandbox.ask('GET', `/_sandbox/faults/${id}`)).body.hits).toBe(1)
  expect((await sandbox.ask('DELETE', `/_sandbox/faults/${id}`)).status).toBe(204)
  expect((await get()).status).toBe(200)
})

test('a fault with a probability strikes the same calls every time', async () => {
  const pattern = async () => {
    await sandbox.ask('DELETE', '/_sandbox/state')
    await fault({ status: 500 }, { probability: 0.5, seed: 7 })
    const statuses: number[] = []
    for (let count = 0; count < 20; count += 1) statuses.push((await send()).status)
    return statuses
  }
  const first = await pattern()
  expect(new Set(first)).toEqual(new Set([200, 500]))
  expect(await pattern()).toEqual(first)
})

test('a vendor that is down cuts every call while the others serve', async () => {
  await sandbox.ask('PUT', '/_sandbox/down', { vendor: 'whatsapp', down: true })
  await expect(send()).rejects.toThrow('fetch failed')
  expect((await sandbox.ask('GET', '/mc/3.0/ping')).status).toBe(200)
  await sandbox.ask('PUT', '/_sandbox/down', { vendor: 'whatsapp', down: false })
  expect((await send()).status).toBe(200)
})

test('the history tells method, path, status and fault, and never a whole key', async () => {
  const { id } = (await fault({ status: 503 }, { times: 1 })).body
  await send()
  await sandbox.ask('GET', '/mc/3.0/ping')
  const { requests } = (await sandbox.ask('GET', '/_sandbox/requests?vendor=whatsapp')).body
  expect(requests).toEqual([
    {
      vendor: 'whatsapp',
      method: 'POST',
      path,
      status: 503,
      auth: '…dbox',
      fault: id,
      at: expect.any(String),
    },
  ])
  const page = await sandbox.ask('GET', '/_sandbox')
  expect(page.headers.get('content-type')).toContain('text/html')
  expect(page.body).toContain('/mc/3.0/ping')
  expect(page.body).not.toContain('EAAsandbox')
})

test('a path outside the vendors and a wrong control method are told as such', async () => {
  expect((await sandbox.ask('GET', '/elsewhere')).status).toBe(404)
  expect((await sandbox.ask('PATCH', '/_sandbox/settings', {})).headers.get('allow')).toBe('GET, PUT')
})

test('a reset forgets members, sends, faults, settings and history', async () => {
  await send()
  await fault({ status: 500 })
  await sandbox.ask('PUT', '/_sandbox/settings', { webhookDelayMs: 9 })
  expect((await sandbox.ask('DELETE', '/_sandbox/state')).status).toBe(204)
  expect((await sends()).total).toBe(0)
  expect((await sandbox.ask('GET', '/_sandbox/faults')).body.faults).toEqual([])
  expect((await sandbox.ask('GET', '/_sandbox/settings')).body.webhookDelayMs).toBe(100)
  expect((await sandbox.ask('GET', '/_sandbox/requests')).body.requests).toEqual([])
})

test.each([
  ['PUT', '/settings', { webhookDelay: 1 }],
  ['PUT', '/settings', { webhookDelayMs: 'soon' }],
  ['POST', '/faults', { vendor: 'sendgrid', action: {} }],
  ['POST', '/faults', { vendor: 'whatsapp', action: { status: 500 }, match: { path: '(' } }],
  ['PUT', '/down', { vendor: 'whatsapp' }],
  ['POST', '/events', { vendor: 'mandrill', type: 'open', id: 'none' }],
])('a mistaken control call %s %s says so', async (method, control, body) => {
  expect(await sandbox.ask(method, `/_sandbox${control}`, body)).toMatchObject({
    status: 400,
    body: { error: expect.any(String) },
  })
})
