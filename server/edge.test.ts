import { Agent, request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { z } from 'zod'
import { hashKey } from '../access/key-secret.ts'
import { ApiKey } from '../entities/api-key.ts'
import { defineJobFor } from '../ledger/definition.ts'
import { type Api, startApi, take } from '../test/support/api.ts'
import type { Route } from './start.ts'

const nothing = defineJobFor<unknown>()({
  name: 'nothing.run',
  description: 'Does nothing.',
  input: z.object({}),
  mutation: { permission: 'jobs:write' },
  async run() {},
})
const watch = 'subscription { jobEvents { __typename } }'

let api: Api
beforeAll(async () => {
  api = await startApi([nothing], {
    MAX_SUBSCRIPTIONS_PER_SOCKET: 3,
    MAX_SOCKETS_PER_KEY: 2,
    MAX_BODY_BYTES: 10_000,
  })
})
afterAll(() => api.close())

const revoke = (secret: string) =>
  api.world.fork().nativeUpdate(ApiKey, { hash: hashKey(secret) }, { revokedAt: new Date() })
const codes = (result: { errors?: readonly { extensions?: Record<string, unknown> }[] | undefined }) =>
  result.errors?.map(({ extensions }) => extensions?.code)

/** What went wrong in the last answer to a document, over a WebSocket. */
async function failure(client: ReturnType<Api['socket']>, query: string): Promise<unknown[] | undefined> {
  try {
    for await (const result of client.iterate({ query })) return codes(result)
  } catch (error) {
    return codes({ errors: error as never })
  }
  return undefined
}

describe('a key', () => {
  test('that is missing, wrong or expired is refused with 401', async () => {
    const expired = await api.addKey({ role: 'ADMIN', expiresAt: new Date(Date.now() - 1) })
    for (const key of ['', 'sol_wrong_key', expired]) {
      const { status, headers, errors } = await api.ask('{ me { name } }', {}, { key })
      expect([status, codes({ errors }), headers.get('www-authenticate')]).toEqual([
        401,
        ['UNAUTHENTICATED'],
        'Bearer',
      ])
    }
  })

  test('is asked for first, whatever else is wrong with the request', async () => {
    const statuses = await Promise.all(
      [
        { method: 'POST', body: 'x' },
        { method: 'POST', body: 'y'.repeat(20_000) },
        { method: 'GET' },
        { method: 'PUT' },
      ].map((init) => fetch(api.url, init)),
    )
    expect(statuses.map(({ status }) => status)).toEqual([401, 401, 401, 401])
  })

  test('that is revoked stops working within 5 seconds, open connections and streams included', async () => {
    const key = await api.addKey({ role: 'VIEWER' })
    const closed = Promise.withResolvers<{ code: number }>()
    const socket = api.socket(key, closed.resolve)
    await take(socket.iterate({ query: watch }), 1)
    const stream = await fetch(api.url, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        accept: 'text/event-stream',
        'content-type': 'application/json',
      },
      body: JSON.stringify({ query: watch }),
    })
    await revoke(key)
    expect((await closed.promise).code).toBe(4403)
    expect(await stream.text()).toContain('event: complete')
    await api.world.until(
      'the key is refused',
      async () => (await api.ask('{ me { name } }', {}, { key })).status === 401,
      5_000,
    )
  })

  test('that expires closes its connections', async () => {
    const key = await api.addKey({ role: 'VIEWER', expiresAt: new Date(Date.now() + 1_000) })
    const closed = Promise.withResolvers<{ code: number }>()
    void take(api.socket(key, closed.resolve).iterate({ query: watch }), 2).catch(() => undefined)
    expect((await closed.promise).code).toBe(4403)
  })

  test('that is wrong closes a connection for good, and one key holds only so many', async () => {
    const refused = Promise.withResolvers<{ code: number }>()
    void take(api.socket('sol_wrong_key', refused.resolve).iterate({ query: watch }), 1).catch(
      () => undefined,
    )
    expect((await refused.promise).code).toBe(4401)
    const key = await api.addKey({ role: 'VIEWER' })
    const open = [api.socket(key), api.socket(key)]
    const kept = open.map((client) => client.iterate({ query: watch }))
    for (const each of kept) await take(each, 1)
    const tooMany = Promise.withResolvers<{ code: number }>()
    void take(api.socket(key, tooMany.resolve).iterate({ query: watch }), 1).catch(() => undefined)
    expect((await tooMany.promise).code).toBe(4429)
    for (const client of open) await client.dispose()
    const answer = await api.world.until('a place is free again', () =>
      take(api.socket(key).iterate({ query: '{ me { role } }' }), 1).catch(() => false as const),
    )
    expect(answer).toMatchObject([{ data: { me: { role: 'VIEWER' } } }])
  })
})

describe('a WebSocket', () => {
  test('survives documents that do not parse, validate or resolve', async () => {
    const client = api.socket(await api.addKey({ role: 'ADMIN' }))
    const events = client.iterate({ query: watch })
    await take(events, 1)
    expect(await failure(client, 'subscription {')).toEqual(['GRAPHQL_PARSE_FAILED'])
    expect(await failure(client, '{ nonsense }')).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    expect(await failure(client, 'subscription { jobEvents(after: "???") { __typename } }')).toEqual([
      'INVALID_CURSOR',
    ])
    expect(await failure(client, '{ me { name } }')).toBeUndefined()
    const next = events.next()
    await api.ask('mutation { enqueueNothingRun(input: {}) { __typename } }')
    expect((await next).value!.data).toEqual({ jobEvents: { __typename: 'JobEvent' } })
    await events.return!()
  })

  test('holds only so many operations', async () => {
    const client = api.socket(await api.addKey({ role: 'ADMIN' }))
    const kept = Array.from({ length: 3 }, () => client.iterate({ query: watch }))
    for (const each of kept) await take(each, 1)
    expect(await failure(client, watch)).toEqual(['TOO_MANY_SUBSCRIPTIONS'])
    await kept[0]!.return!()
    expect(await take(client.iterate({ query: watch }), 1)).toHaveLength(1)
  })

  test('is closed when it sends too much, and not opened for a page of elsewhere', async () => {
    const socket = new WebSocket(api.url.replace('http', 'ws'), 'graphql-transport-ws')
    await new Promise((resolve) => socket.once('open', resolve))
    socket.send('x'.repeat(10_001))
    expect(await new Promise((resolve) => socket.once('close', resolve))).toBe(1009)
    const foreign = new WebSocket(api.url.replace('http', 'ws'), 'graphql-transport-ws', {
      origin: 'https://elsewhere.example',
    })
    expect(
      await new Promise((resolve) => foreign.once('error', (error) => resolve(error.message))),
    ).toContain('403')
  })

  test('frees a subscription the moment it ends, though no event comes', async () => {
    const released: string[] = []
    const { subscribe } = api.world.events
    api.world.events.subscribe = async (...args) => {
      const iterator = await subscribe(...args)
      const stop = iterator.return!.bind(iterator)
      iterator.return = async () => {
        released.push('released')
        return stop()
      }
      return iterator
    }
    const client = api.socket(await api.addKey({ role: 'ADMIN' }))
    const events = client.iterate({ query: watch })
    await take(events, 1)
    await events.return!()
    await api.world.until('the source is released', () => released.length === 1, 1_000)
    const abort = new AbortController()
    const stream = await fetch(api.url, {
      method: 'POST',
      signal: abort.signal,
      headers: {
        authorization: `Bearer ${api.keys.ADMIN}`,
        accept: 'text/event-stream',
        'content-type': 'application/json',
      },
      body: JSON.stringify({ query: watch }),
    })
    await stream.body!.getReader().read()
    abort.abort()
    await api.world.until('the source of the stream is released', () => released.length === 2, 2_000)
    api.world.events.subscribe = subscribe
  })
})

describe('limits', () => {
  test('refuse what is too long, too deep or too costly, before anything runs', async () => {
    const deep = `{ jobs { nodes { ${'retryOf { '.repeat(12)} id ${'}'.repeat(12)} } } }`
    const long = `{ ${'x '.repeat(4_500)} }`
    const costly = '{ leads(first: 200) { nodes { jobs(first: 200) { nodes { id } } } } }'
    const byVariable =
      'query ($n: Int) { leads(first: $n) { nodes { jobs(first: 150) { nodes { id name } } } } }'
    expect(codes(await api.ask(deep))).toEqual(['TOO_COMPLEX'])
    expect((await api.ask(costly)).errors).toMatchObject([{ extensions: { code: 'TOO_COMPLEX' } }])
    expect(codes(await api.ask(byVariable, { n: 200 }))).toEqual(['TOO_COMPLEX'])
    expect(codes(await api.ask(byVariable, { n: 5 }))).toBeUndefined()
    expect(codes(await api.ask(long))).toEqual(['TOO_COMPLEX'])
  })

  test('refuse a body that is too large with 413, and form uploads', async () => {
    const { status } = await api.ask(`{ me { name } } # ${'x'.repeat(10_000)}`)
    expect(status).toBe(413)
    const form = new FormData()
    form.set('operations', '{"query":"{ me { name } }"}')
    expect(
      (
        await fetch(api.url, {
          method: 'POST',
          body: form,
          headers: { authorization: `Bearer ${api.keys.ADMIN}` },
        })
      ).status,
    ).toBe(415)
  })
})

describe('errors', () => {
  test('nobody expected are masked on both transports and can be found by their correlation id', async () => {
    const { load } = api.world.ledger
    api.world.ledger.load = () => Promise.reject(new Error('password of the database: hunter2'))
    const query = '{ job(id: "job_01m85t5115fzzraj37cfqnrs2k") { id } }'
    const { errors, headers } = await api.ask(query, {}, { headers: { 'x-correlation-id': 'my-request-1' } })
    expect(headers.get('x-correlation-id')).toBe('my-request-1')
    expect(errors).toEqual([
      {
        message: 'Something unexpected went wrong on the server.',
        path: ['job'],
        locations: [{ line: 1, column: 3 }],
        extensions: { code: 'INTERNAL', correlationId: 'my-request-1' },
      },
    ])
    const client = api.socket(await api.addKey({ role: 'ADMIN' }))
    const [overSocket] = await take(
      client.iterate({ query, extensions: { correlationId: 'my-request-1' } }),
      1,
    )
    expect(overSocket!.errors).toEqual(errors)
    api.world.ledger.load = load
  })

  test('of the caller carry a correlation id too, a new one when the given one is unusable', async () => {
    const { errors, headers } = await api.ask('{ x }', {}, { headers: { 'x-correlation-id': '<script>' } })
    expect(errors![0]!.extensions.correlationId).toBe(headers.get('x-correlation-id'))
    expect(headers.get('x-correlation-id')).toMatch(/^req_/)
  })
})

describe('other paths', () => {
  test('tell whether the process is alive and can work', async () => {
    expect((await fetch(`${api.server.url}/healthz`)).status).toBe(200)
    expect(await (await fetch(`${api.server.url}/readyz`)).json()).toMatchObject({ ready: true })
    expect((await fetch(`${api.server.url}/nowhere`)).status).toBe(404)
  })

  test('browsers of elsewhere get no CORS headers unless they are in the settings', async () => {
    const preflight = await fetch(api.url, {
      method: 'OPTIONS',
      headers: { origin: 'https://elsewhere.example', 'access-control-request-method': 'POST' },
    })
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull()
  })
})

test('closing says so to everybody: sockets go away, streams complete, running requests are answered', async () => {
  const slow = Promise.withResolvers<void>()
  const arrived = Promise.withResolvers<void>()
  const other = await startApi(
    [nothing],
    {},
    {
      routes: {
        '/slow': async (_request, response) => {
          arrived.resolve()
          await slow.promise
          response.end('done')
        },
      },
      ready: async () => ({ ready: true, checks: {} }),
    },
  )
  const closed = Promise.withResolvers<{ code: number }>()
  await take(other.socket(other.keys.ADMIN, closed.resolve).iterate({ query: watch }), 1)
  const stream = await fetch(other.url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${other.keys.ADMIN}`,
      accept: 'text/event-stream',
      'content-type': 'application/json',
    },
    body: JSON.stringify({ query: watch }),
  })
  const running = fetch(`${other.server.url}/slow`)
  await arrived.promise
  const closing = other.server.close()
  expect((await closed.promise).code).toBe(1001)
  expect(await stream.text()).toContain('event: complete')
  slow.resolve()
  expect(await (await running).text()).toBe('done')
  await closing
  await expect(fetch(other.url)).rejects.toThrow()
  await other.close()
})

test('a document that does not parse is a 400 each time, over whichever transport it came first', async () => {
  const client = api.socket(await api.addKey({ role: 'ADMIN' }))
  expect(await failure(client, '{ first over { the socket')).toEqual(['GRAPHQL_PARSE_FAILED'])
  const statuses = [
    await api.ask('{ first over { the socket'),
    await api.ask('{ first over { the socket'),
  ].map(({ status }) => status)
  expect(statuses).toEqual([400, 400])
})

test('a request on a connection that was open before closing began is answered, and is the connection’s last', async () => {
  const other = await startApi([nothing])
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const get = () =>
    new Promise<{ status: number | undefined; connection: string | undefined }>((resolve, reject) => {
      request(`${other.server.url}/healthz`, { agent }, (response) => {
        response.resume().on('end', () => {
          resolve({ status: response.statusCode, connection: response.headers.connection })
        })
      })
        .on('error', reject)
        .end()
    })
  expect(await get()).toEqual({ status: 200, connection: 'keep-alive' })
  const closing = other.server.close()
  expect(await get()).toEqual({ status: 200, connection: 'close' })
  await closing
  await other.close()
  agent.destroy()
})

test('an answer that was under way when closing began is the connection’s last, too', async () => {
  const arrived = Promise.withResolvers<void>()
  const slow = Promise.withResolvers<void>()
  const route: Route = async (_, response) => {
    arrived.resolve()
    await slow.promise
    response.end('done')
  }
  const other = await startApi([nothing], {}, { routes: { '/slow': route } })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const answer = Promise.withResolvers<string | undefined>()
  request(`${other.server.url}/slow`, { agent }, (response) => {
    response.resume().on('end', () => answer.resolve(response.headers.connection))
  }).end()
  await arrived.promise
  const closing = other.server.close()
  slow.resolve()
  expect(await answer.promise).toBe('close')
  await closing
  await other.close()
  agent.destroy()
})
