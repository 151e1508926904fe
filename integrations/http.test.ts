import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { VendorError } from './errors.ts'
import { callVendor, type VendorRequest } from './http.ts'
import { failureOf, type Stub, startStub } from './stub.ts'

let stub: Stub
beforeEach(async () => {
  stub = await startStub()
})
afterEach(() => stub[Symbol.asyncDispose]())

const idle = new AbortController().signal

function request(changes: Partial<VendorRequest> = {}): VendorRequest {
  const call = { vendor: 'whatsapp', operation: 'sendTemplate', method: 'POST', repeatable: false } as const
  return { ...call, url: `${stub.url}/messages`, headers: {}, body: { to: 'x' }, ...changes }
}

test.each([200, 302, 404, 500])('an answer with status %i is returned as it is', async (status) => {
  stub.reply = { status, body: { a: 1 }, headers: { location: '/elsewhere', 'x-seen': 'yes' } }
  const answer = await callVendor(request(), idle)
  expect(answer).toMatchObject({ status, json: { a: 1 }, bytes: Buffer.from('{"a":1}') })
  expect(answer.headers.get('x-seen')).toBe('yes')
  expect(stub.requests).toHaveLength(1)
})

test('an answer in HTML has its bytes but no JSON', async () => {
  stub.reply = { status: 502, body: '<h1>Bad gateway</h1>' }
  expect(await callVendor(request(), idle)).toMatchObject({
    json: undefined,
    bytes: Buffer.from('<h1>Bad gateway</h1>'),
  })
})

test('the body is sent as JSON together with the headers and the correlation id', async () => {
  await callVendor(request({ headers: { authorization: 'Bearer t' }, correlationId: 'corr-1' }), idle)
  const { method, body, headers } = stub.requests[0]!
  expect({ method, body }).toEqual({ method: 'POST', body: { to: 'x' } })
  expect(headers).toMatchObject({ authorization: 'Bearer t', 'x-correlation-id': 'corr-1' })
  expect(headers['content-type']).toBe('application/json')
})

test('a form and a multipart body keep their own content type', async () => {
  const types: (string | undefined)[] = []
  stub.reply = (incoming, response) => {
    types.push(incoming.headers['content-type'])
    response.end('{}')
  }
  const file = new FormData()
  file.set('file', new Blob(['x']), 'x.txt')
  await callVendor(request({ body: new URLSearchParams({ grant_type: 'refresh_token' }) }), idle)
  await callVendor(request({ body: file }), idle)
  expect(types[0]).toMatch(/^application\/x-www-form-urlencoded/)
  expect(types[1]).toMatch(/^multipart\/form-data; boundary=/)
})

test('an answer of 2 MB is read, one byte more is a lost answer', async () => {
  const limit = 2 * 1024 * 1024
  stub.reply = { body: 'x'.repeat(limit) }
  expect((await callVendor(request(), idle)).bytes).toHaveLength(limit)
  stub.reply = { body: 'x'.repeat(limit + 1) }
  const error = await failureOf(callVendor(request(), idle))
  expect(error).toMatchObject({ errorClass: 'UNKNOWN', code: 'ANSWER_TOO_LARGE' })
})

const lost: [string, string, Stub['reply'], number][] = [
  ['nothing is answered in time', 'TIMEOUT', () => {}, 40],
  ['the connection is cut before the answer', 'UND_ERR_SOCKET', (_, response) => response.destroy(), 5_000],
  [
    'the body is cut off',
    'UND_ERR_SOCKET',
    (_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"id"')
      setTimeout(() => response.destroy(), 20)
    },
    5_000,
  ],
  ['the body stops coming', 'TIMEOUT', (_, response) => response.write('{'), 60],
]
test.each(lost)(
  'when %s the outcome is UNKNOWN (%s), or TRANSIENT if repeatable',
  async (_, code, reply, timeoutMs) => {
    stub.reply = reply
    const once = await failureOf(callVendor(request({ timeoutMs }), idle))
    expect(once).toMatchObject({ errorClass: 'UNKNOWN', code, vendor: 'whatsapp', operation: 'sendTemplate' })
    const again = await failureOf(callVendor(request({ timeoutMs, repeatable: true }), idle))
    expect(again).toMatchObject({ errorClass: 'TRANSIENT', code })
  },
)

test('a reset connection is UNKNOWN', async () => {
  stub.reply = (incoming) => incoming.socket.resetAndDestroy()
  const error = await failureOf(callVendor(request(), idle))
  expect(error).toMatchObject({
    errorClass: 'UNKNOWN',
    code: expect.stringMatching(/ECONNRESET|UND_ERR_SOCKET/),
  })
})

test.each([
  ['a port where nobody listens', 'ECONNREFUSED', `http://127.0.0.1:${await freePort()}/`],
  ['a host that does not exist', expect.stringMatching(/ENOTFOUND|EAI_AGAIN/), 'http://vendor.invalid/'],
  [
    'localhost by name, which tries several addresses',
    'ECONNREFUSED',
    `http://localhost:${await freePort()}/`,
  ],
])('%s was never reached: TRANSIENT even for a send', async (_, code, url) => {
  expect(await failureOf(callVendor(request({ url }), idle))).toMatchObject({ errorClass: 'TRANSIENT', code })
})

test('a port that no client may call was never reached, either', async () => {
  const error = await failureOf(callVendor(request({ url: 'http://127.0.0.1:9/' }), idle))
  expect(error).toMatchObject({ errorClass: 'TRANSIENT', code: 'NETWORK' })
})

test.each<[string, string, (socket: Socket) => unknown]>([
  [
    'speaks no TLS',
    'ERR_SSL_WRONG_VERSION_NUMBER',
    (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
  ],
  ['hangs up during the TLS handshake', 'ECONNRESET', (socket) => socket.destroy()],
])('a server that %s was sent nothing: TRANSIENT even for a send', async (_, code, answer) => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined).once('data', () => answer(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const error = await failureOf(callVendor(request({ url }), idle))
  expect(error).toMatchObject({ errorClass: 'TRANSIENT', code })
  await new Promise((resolve) => server.close(resolve))
})

test.each([
  ['an address that is none', { url: 'not an address' }],
  ['a key with a line break', { headers: { authorization: 'Bearer secret-canary\nx' } }],
])('%s is refused before sending, without quoting it', async (_, changes) => {
  const error = await failureOf(callVendor(request(changes), idle))
  expect(error).toMatchObject({ errorClass: 'PERMANENT', code: 'INVALID_REQUEST' })
  expect(String(error)).not.toMatch(/canary|not an address/)
  expect((error as Error).cause).toBeUndefined()
})

test('a caller that gave up before sending gets its own reason back and nothing is sent', async () => {
  const reason = new Error('job cancelled')
  expect(await failureOf(callVendor(request(), AbortSignal.abort(reason)))).toBe(reason)
  expect(stub.requests).toHaveLength(0)
})

test('a caller that gives up a send in flight gets UNKNOWN, one that gives up a repeatable call its reason', async () => {
  const reason = new Error('shutdown')
  const caller = { current: new AbortController() }
  stub.reply = () => caller.current.abort(reason)
  const send = await failureOf(callVendor(request(), caller.current.signal))
  expect(send).toBeInstanceOf(VendorError)
  expect(send).toMatchObject({ errorClass: 'UNKNOWN', code: 'ABORTED' })
  caller.current = new AbortController()
  expect(await failureOf(callVendor(request({ repeatable: true }), caller.current.signal))).toBe(reason)
})

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
