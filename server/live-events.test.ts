import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { defineJobFor } from '../ledger/definition.ts'
import { openOrm } from '../runtime/db.ts'
import { type Api, startApi } from '../test/support/api.ts'

const steps = 4
const countUp = defineJobFor<unknown>()({
  name: 'count.up',
  description: 'Counts; its first attempt fails half-way.',
  input: z.object({}),
  progress: z.object({ done: z.int(), total: z.int() }),
  backoff: { type: 'fixed', delay: 50, jitter: 0 },
  mutation: { permission: 'jobs:write' },
  async run(_, { job, progress }) {
    for (let done = 1; done <= steps; done++) {
      progress({ done, total: steps })
      if (job.attempt === 1 && done === 3) throw new Error('half-way')
    }
    return { counted: steps }
  },
})

const watch = `subscription { jobEvents { __typename ... on JobEvent {
  cursor type state result progress job { state result progress attemptsMade startedAt finishedAt }
} } }`

let api: Api
beforeAll(async () => {
  api = await startApi([countUp])
  api.world.startWorkers()
})
afterAll(() => api.close())

test('an event shows its job no older than itself, though no row has followed yet, and progress never counts down', async () => {
  // No dispatcher runs: the rows stay as they were enqueued.
  // biome-ignore lint/suspicious/noExplicitAny: looks into answers freely
  const events: any[] = []
  const source = api.socket().iterate({ query: watch })
  await source.next()
  const { data } = await api.ask(
    'mutation { enqueueCountUp(input: {}) { ... on EnqueuePayload { job { id } } } }',
  )
  for await (const { data } of source) {
    const event = (data as { jobEvents: { type: string } }).jobEvents
    events.push(event)
    if (event.type === 'COMPLETED') break
  }
  expect((await api.world.job(data.enqueueCountUp.job.id)).state).toBe('PENDING')
  for (const event of events) expect(event).toMatchObject({ state: event.job.state })
  expect(events.at(-1)).toMatchObject({
    result: { counted: steps },
    job: {
      result: { counted: steps },
      attemptsMade: 2,
      startedAt: expect.any(String),
      finishedAt: expect.any(String),
    },
  })
  const counted = events.filter(({ type }) => type === 'PROGRESS').map(({ progress }) => progress.done)
  expect(counted).toEqual(counted.toSorted((one: number, other: number) => one - other))
  expect(counted.at(-1)).toBe(steps)
  expect(events.at(-1).cursor.length).toBeLessThan(40)
})

test('while MariaDB is away a request is answered 503 and a socket is told to come again, as clients do by themselves', async () => {
  const orm = await openOrm({ DATABASE_URL: 'mysql://nobody@127.0.0.1:1/none', DATABASE_POOL: 2 })
  const away = await startApi([countUp], {}, { orm })
  const { status, headers, errors } = await away.ask('{ me { name } }')
  expect([status, headers.get('retry-after'), errors?.[0]?.extensions.code]).toEqual([
    503,
    '2',
    'UNAVAILABLE',
  ])
  const closed = Promise.withResolvers<{ code: number }>()
  const socket = away.socket(away.keys.ADMIN, closed.resolve)
  void socket
    .iterate({ query: watch })
    .next()
    .catch(() => undefined)
  expect((await closed.promise).code).toBe(1013)
  await away.close()
  await orm.close(true)
})
