import { getIntrospectionQuery } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineJobFor } from '../ledger/definition.ts'
import { type Api, startApi, take } from '../test/support/api.ts'
import { createDocumentCache } from './document-cache.ts'

const note = defineJobFor<unknown>()({
  name: 'note.keep',
  description: 'Keeps a text.',
  input: z.object({ text: z.string() }),
  mutation: { permission: 'jobs:write' },
  async run() {},
})

let api: Api
beforeAll(async () => {
  api = await startApi([note], { MAX_ANSWER_BYTES: 400_000, MAX_SUBSCRIPTIONS_PER_KEY: 2 })
})
afterAll(() => api.close())

const aliases = (count: number, field: string) =>
  Array.from({ length: count }, (_, index) => `a${index}: ${field}`).join(' ')
const codeOf = async (query: string, key?: string) => {
  const { data, errors } = await api.ask(query, {}, { key })
  return errors?.[0]?.extensions.code ?? (data && 'answered')
}

/** What somebody who tries the API out writes first. */
const firstPages = [
  getIntrospectionQuery(),
  '{ leads { totalCount pageInfo { hasNextPage endCursor } nodes { id email firstName lastName status tags createdAt timeline { nodes { type at channel reason } } jobs { nodes { id name state createdAt finishedAt error { message } } } messages { id channel state } } } }',
  '{ jobs(first: 100) { totalCount edges { cursor node { id name state input result progress lead { id email } attemptHistory { number outcome errorMessage startedAt finishedAt } logs { at line } } } } }',
  '{ leads(first: 20, filter: { search: "muster" }) { nodes { id email jobs { nodes { id attemptHistory { outcome } } } } } jobs(filter: { errorContains: "quota" }) { nodes { id error { message } } } }',
]

test('the first pages that people write fit, and so does what GraphiQL asks', async () => {
  for (const page of firstPages) expect(await codeOf(page)).toBe('answered')
})

test('a document that costs too much is told what it costs, what is allowed and where most of it is', async () => {
  const { errors } = await api.ask(
    '{ me { name } leads(first: 200) { nodes { jobs(first: 200) { nodes { id } } } } }',
  )
  expect(errors).toEqual([
    {
      message: expect.stringMatching(
        /^The document costs \d{5}; at most 30000 is allowed\. Most of it is in leads: /,
      ),
      extensions: expect.objectContaining({ code: 'TOO_COMPLEX', cost: expect.any(Number), limit: 30_000 }),
    },
  ])
})

test('neither aliases, nor fragments, nor the schema itself, nor searches make a small document an expensive one', async () => {
  const types = 'types { fields { name description args { name type { name ofType { name } } } } }'
  const attacks = [
    `{ ${aliases(45, `__schema { ${types} }`)} }`,
    `{ __schema { ${aliases(60, types)} } }`,
    `{ ${aliases(120, 'jobs(first: 1, filter: { errorContains: "x" }) { nodes { id } }')} }`,
    `{ ${aliases(40, 'jobs(first: 1, filter: { errorContains: "x" }) { nodes { id } }')} }`,
    `{ ...F } fragment F on Query { ${aliases(60, 'me { name }')} }`,
  ]
  const nobody = await api.addKey({ role: 'VIEWER', scopes: [] })
  for (const attack of attacks)
    expect([await codeOf(attack), await codeOf(attack, nobody)]).toEqual(['TOO_COMPLEX', 'TOO_COMPLEX'])
  const byVariable = `query ($f: JobFilter) { ${aliases(40, 'jobs(first: 1, filter: $f) { nodes { id } }')} }`
  expect((await api.ask(byVariable, { f: { errorContains: 'x' } })).errors?.[0]?.extensions.code).toBe(
    'TOO_COMPLEX',
  )
  expect((await api.ask(byVariable, { f: { ids: [] } })).errors).toBeUndefined()
})

test('one long text asked for a hundred times is refused before it is written a hundred times', async () => {
  const { ledger, actor } = api.world
  const { job } = await ledger.enqueue({ definition: note, input: { text: 'x'.repeat(20_000) }, actor })
  const many = `{ job(id: "${job.id}") { ${aliases(100, 'input')} } }`
  expect(await codeOf(`{ job(id: "${job.id}") { input } }`)).toBe('answered')
  expect(await codeOf(many)).toBe('ANSWER_TOO_LARGE')
  const [overSocket] = await take(api.socket(await api.addKey({ role: 'ADMIN' })).iterate({ query: many }), 1)
  expect(overSocket?.errors?.[0]?.extensions?.code).toBe('ANSWER_TOO_LARGE')
  const [event] = await take(
    api.socket(await api.addKey({ role: 'ADMIN' })).iterate({
      query: `subscription { jobEvents { ... on JobEventsSnapshot { jobs { ${aliases(100, 'input')} } } } }`,
    }),
    1,
  )
  expect(event?.errors?.[0]?.extensions?.code).toBe('ANSWER_TOO_LARGE')
})

test('one key holds only so many subscriptions, over however many connections, and others are not kept out', async () => {
  const key = await api.addKey({ role: 'VIEWER' })
  const watch = { query: 'subscription { jobEvents { __typename } }' }
  const [first, second] = [api.socket(key), api.socket(key)]
  const kept = [first.iterate(watch), second.iterate(watch)]
  for (const each of kept) await take(each, 1)
  const refused = async () => {
    const [result] = await take(second.iterate(watch), 1)
    return result?.errors?.[0]?.extensions?.code ?? 'taken'
  }
  expect(await refused()).toBe('TOO_MANY_SUBSCRIPTIONS')
  expect(await take(api.socket(await api.addKey({ role: 'VIEWER' })).iterate(watch), 1)).toHaveLength(1)
  await kept[0]!.return!()
  await api.world.until('a place is free again', async () => (await refused()) === 'taken')
})

test('parsed documents are kept up to a number of bytes, those used last, and long ones not at all', () => {
  const cache = createDocumentCache<number>(30)
  cache.set('a'.repeat(10), 1)
  cache.set('b'.repeat(10), 2)
  cache.set('c'.repeat(10), 3)
  expect(cache.get('a'.repeat(10))).toBe(1)
  cache.set('d'.repeat(10), 4)
  expect(['a', 'b', 'c', 'd'].map((letter) => cache.get(letter.repeat(10)))).toEqual([1, undefined, 3, 4])
  cache.set('e'.repeat(100_000), 5)
  expect(cache.bytes).toBe(30)
})

describe('a search that takes the database long', () => {
  let slow: Api
  let unlock = () => {}
  let locked: Promise<unknown>
  beforeAll(async () => {
    slow = await startApi([note], { MAX_STATEMENT_SECONDS: 2 })
    // A lock on the table stands for millions of rows to search.
    const taken = Promise.withResolvers<void>()
    const done = Promise.withResolvers<void>()
    unlock = done.resolve
    locked = slow.world.fork().transactional(async (em) => {
      await em.execute('lock tables job write')
      taken.resolve()
      await done.promise
      await em.execute('unlock tables')
    })
    await taken.promise
  })
  afterAll(async () => {
    unlock()
    await locked
    await slow.close()
  })
  const search = '(filter: { errorContains: "needle" })'
  const searches = async () => {
    const rows = await slow.world
      .fork()
      .execute<{ info: string | null }[]>(
        'select info from information_schema.processlist where db = database()',
      )
    return rows.filter(({ info }) => info?.includes('needle')).length
  }

  test('is cancelled in the database when the caller leaves', async () => {
    const caller = new AbortController()
    const asked = fetch(slow.url, {
      method: 'POST',
      signal: caller.signal,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${slow.keys.VIEWER}` },
      body: JSON.stringify({ query: `{ jobs${search} { nodes { id } } }` }),
    })
    asked.catch(() => undefined)
    await slow.world.until('it runs', async () => (await searches()) === 1)
    caller.abort()
    await slow.world.until('it is gone', async () => (await searches()) === 0, 1_500)
  })

  test('is an error after its time, of a query as of a subscription, while others are answered', async () => {
    const asked = slow.ask(`{ jobs${search} { nodes { id } } }`)
    const watching = slow.socket().iterate({ query: `subscription { jobEvents${search} { __typename } }` })
    const failure = watching.next().then(
      ({ value }) => value,
      (errors: unknown) => ({ errors }),
    )
    expect((await slow.ask('{ workspace { name } }')).errors).toBeUndefined()
    expect((await asked).errors).toMatchObject([{ extensions: { code: 'TOO_SLOW' } }])
    expect(await failure).toMatchObject({ errors: [{ extensions: { code: 'TOO_SLOW' } }] })
  })
})
