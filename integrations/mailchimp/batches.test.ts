import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Gate, PendingCall } from '../gate.ts'
import { failureOf, type Stub, startStub } from '../stub.ts'
import { createMailchimp } from './mailchimp.ts'

const context = { signal: new AbortController().signal }
const answer = {
  id: '8b2428d747',
  status: 'pending',
  total_operations: 2,
  finished_operations: 0,
  errored_operations: 0,
  submitted_at: '2026-11-24T10:00:00+00:00',
  completed_at: '',
  response_body_url: '',
}

let stub: Stub
let calls: PendingCall[]
beforeEach(async () => {
  stub = await startStub({ body: answer })
  calls = []
})
afterEach(() => stub[Symbol.asyncDispose]())

const gate: Gate = {
  inspect: () => Promise.reject(new Error('not asked here')),
  force: () => Promise.reject(new Error('not asked here')),
  enter: async (call: PendingCall) => {
    calls.push(call)
    return { leave: async () => undefined }
  },
}
const mailchimp = () => createMailchimp({ baseUrl: `${stub.url}/3.0`, apiKey: 'k-us19', listId: 'l', gate })

/** The bytes of a gzipped tar with these files. */
async function archiveOf(files: Record<string, string>): Promise<Buffer> {
  const tar = pack()
  tar.entry({ name: 'results', type: 'directory' })
  for (const [name, content] of Object.entries(files)) tar.entry({ name }, content)
  tar.finalize()
  const chunks: Uint8Array[] = []
  for await (const chunk of tar) chunks.push(chunk as Uint8Array)
  return gzipSync(Buffer.concat(chunks))
}

function serve(bytes: Buffer, headers: Record<string, string> = {}): void {
  stub.reply = (_request, response) => response.writeHead(200, headers).end(bytes)
}

const results = () => mailchimp().batchResults(`${stub.url}/results.tar.gz?Expires=1&Signature=s`, context)

describe('a batch', () => {
  test('is started with each operation’s body as JSON in a string', async () => {
    const path = '/lists/l/members/9e26'
    const body = { email_address: 'jane@example.com', status_if_new: 'subscribed' }
    const batch = await mailchimp().startBatch(
      [
        { method: 'PUT', path, operationId: 'c_1', body },
        { method: 'DELETE', path, operationId: 'c_2' },
      ],
      context,
    )
    expect(batch).toEqual({
      id: '8b2428d747',
      status: 'pending',
      total: 2,
      finished: 0,
      errored: 0,
      resultUrl: undefined,
    })
    const operations = [
      { method: 'PUT', path, operation_id: 'c_1', body: JSON.stringify(body) },
      { method: 'DELETE', path, operation_id: 'c_2' },
    ]
    expect(stub.requests[0]).toMatchObject({ method: 'POST', path: '/3.0/batches', body: { operations } })
  })

  test('is asked how far it is, and names its results when it is finished', async () => {
    const response_body_url = 'https://files.example/r.tar.gz?Signature=s'
    const counts = { finished_operations: 2, errored_operations: 1 }
    stub.reply = { body: { ...answer, status: 'finished', ...counts, response_body_url } }
    const end = { status: 'finished', finished: 2, errored: 1, resultUrl: response_body_url }
    expect(await mailchimp().batch('8b2428d747', context)).toMatchObject(end)
    const fields = 'id,status,total_operations,finished_operations,errored_operations,response_body_url'
    const path = `/3.0/batches/8b2428d747?fields=${fields}`
    expect(stub.requests[0]).toMatchObject({ method: 'GET', path, body: undefined })
  })
})

describe('the results of a batch', () => {
  const entry = (status_code: number, operation_id: string, response: unknown) => ({
    status_code,
    operation_id,
    response: typeof response === 'string' ? response : JSON.stringify(response),
  })

  test('are read out of every file of the archive', async () => {
    const files = {
      'results/a.json': JSON.stringify([entry(200, 'c_1', { id: '9e26' }), entry(204, 'c_2', '')]),
      'results/b.json': JSON.stringify([
        entry(400, 'c_3', { title: 'Invalid Resource', detail: 'jane@example.com looks fake' }),
        entry(502, 'c_4', '<html>'),
        entry(400, 'c_5', { title: 'jane@example.com' }),
      ]),
    }
    serve(await archiveOf(files))
    expect(await results()).toEqual([
      { operationId: 'c_1', status: 200, problem: undefined },
      { operationId: 'c_2', status: 204, problem: undefined },
      { operationId: 'c_3', status: 400, problem: 'Invalid Resource' },
      { operationId: 'c_4', status: 502, problem: 'HTTP_502' },
      { operationId: 'c_5', status: 400, problem: 'HTTP_400' },
    ])
  })

  test('are fetched without our key and without using a place of the account', async () => {
    serve(await archiveOf({ 'a.json': '[]' }))
    expect(await results()).toEqual([])
    const [request] = stub.requests
    expect(request).toMatchObject({ method: 'GET', path: '/results.tar.gz?Expires=1&Signature=s' })
    expect(request?.headers.authorization).toBeUndefined()
    expect(calls).toEqual([])
    await failureOf(mailchimp().batch('b', context))
    expect(calls).toMatchObject([{ operation: 'batch', recipient: undefined }])
    expect(calls).toHaveLength(1)
  })

  test('are read as well when the storage service calls gzip the encoding of the transport', async () => {
    serve(await archiveOf({ 'a.json': JSON.stringify([entry(200, 'c_1', '')]) }), {
      'content-encoding': 'gzip',
    })
    expect(await results()).toMatchObject([{ operationId: 'c_1', status: 200 }])
  })

  test('of twenty thousand operations in one archive are all there', async () => {
    const page = (index: number) =>
      JSON.stringify(
        Array.from({ length: 100 }, (_, at) =>
          entry(200, `c_${index * 100 + at}`, { filler: 'x'.repeat(500) }),
        ),
      )
    serve(await archiveOf(Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`${i}.json`, page(i)]))))
    const all = await results()
    expect(new Set(all.map(({ operationId }) => operationId)).size).toBe(20_000)
  })

  test('behind an address that has expired are TRANSIENT: the batch has a new one', async () => {
    stub.reply = { status: 403, body: '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>' }
    const error = await failureOf(results())
    expect(error).toMatchObject({ errorClass: 'TRANSIENT', code: 'RESULT_URL_EXPIRED', status: 403 })
    expect(String(error)).toContain('read the batch again')
    expect(String(error)).not.toContain('Signature')
    stub.reply = { status: 503, body: '' }
    expect(await failureOf(results())).toMatchObject({ errorClass: 'TRANSIENT', code: 'HTTP_503' })
  })

  test.each([
    ['empty', Buffer.alloc(0)],
    ['no archive', Buffer.from('<html>')],
    ['no tar', gzipSync('<html>'.repeat(200))],
    ['cut off', gzipSync(Buffer.alloc(4_096, 'x')).subarray(0, 20)],
  ])('that are %s count as a lost answer', async (_, bytes) => {
    serve(bytes)
    expect(await failureOf(results())).toMatchObject({
      errorClass: 'TRANSIENT',
      code: 'ANSWER_NOT_UNDERSTOOD',
    })
  })

  test('whose files have another form count as a lost answer, too', async () => {
    for (const content of ['{', '{}', '[{"status_code":"200"}]']) {
      serve(await archiveOf({ 'a.json': content }))
      expect(await failureOf(results())).toMatchObject({ code: 'ANSWER_NOT_UNDERSTOOD' })
    }
  })
})
