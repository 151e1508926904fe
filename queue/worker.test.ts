import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { defineJobFor } from '../ledger/definition.ts'
import { heavy } from '../test/support/heavy-jobs.ts'
import { createWorld, type World } from '../test/support/world.ts'
import { connect } from './connection.ts'
import { streamKey } from './keys.ts'
import { type JobWorker, startWorker } from './worker.ts'

let world: World
let worker: JobWorker
const onError = () => undefined
const short = defineJobFor<unknown>()<Record<string, never>, never, void>({
  name: 'short.run',
  description: 'Run by what a test passes to its worker.',
  input: z.strictObject({}),
  async run() {},
})

beforeAll(async () => {
  world = await createWorld([heavy, short])
  world.startDispatcher()
  Object.assign(process.env, {
    HEAVY_DATABASE_URL: world.databaseUrl,
    HEAVY_REDIS_URL: world.redisUrl,
    HEAVY_PREFIX: world.prefix,
  })
  const redis = connect(world.redisUrl, 'patient', onError)
  const processor = new URL('../test/support/heavy-processor.ts', import.meta.url)
  worker = startWorker(
    { prefix: world.prefix, name: heavy.name, concurrency: 1, lockMs: 30_000, redis, onError },
    processor,
  )
})
afterAll(async () => {
  await worker.close('shutdown')
  await world.close()
})

const enqueue = async (input: unknown, definition: typeof heavy | typeof short = heavy) =>
  (await world.ledger.enqueue({ definition, input, actor: world.actor })).job

const attemptsOf = (id: string) =>
  world
    .fork()
    .execute<{ outcome: string; worker: string }[]>(
      'select outcome, worker from job_attempt where job_id = ?',
      [id],
    )

test('CPU-heavy work runs in a thread, so the worker’s event loop stays free', async () => {
  const job = await enqueue({ ms: 1_000 })
  await world.untilState(job.id, 'ACTIVE')
  let turns = 0
  const timer = setInterval(() => turns++, 10)
  const done = await world.untilState(job.id, 'COMPLETED')
  clearInterval(timer)
  expect(turns).toBeGreaterThan(5)
  expect(done).toMatchObject({ result: { onMainThread: false }, progress: { done: true }, attemptsMade: 1 })
})

test('an error keeps its class on the way out of the thread', async () => {
  const dead = await enqueue({ ms: 1, fail: 'PERMANENT' })
  expect(await world.untilState(dead.id, 'DEAD')).toMatchObject({
    errorClass: 'PERMANENT',
    errorMessage: 'as asked',
    attemptsMade: 1,
  })
  const tried = await enqueue({ ms: 1, fail: 'TRANSIENT' })
  expect(await world.untilState(tried.id, 'DEAD')).toMatchObject({ errorClass: 'TRANSIENT', attemptsMade: 2 })
})

test('an attempt that has ended is not told of as running, however slowly Redis takes the news', async () => {
  const redis = connect(world.redisUrl, 'patient', onError)
  const pauser = connect(world.redisUrl, 'patient', onError)
  const postpones = startWorker(
    { prefix: world.prefix, name: short.name, concurrency: 1, lockMs: 30_000, redis, onError },
    async () => {
      await pauser.call('CLIENT', 'PAUSE', '500', 'WRITE')
      return {
        kind: 'postponed',
        error: { errorClass: 'AUTH', message: 'locked out' },
        delayMs: 60_000,
      }
    },
  )
  try {
    const { id } = await enqueue({}, short)
    await world.untilState(id, 'DELAYED')
    const stream = await redis.xrange(streamKey(world.prefix, short.name), '-', '+')
    const told = stream.map(([, fields]) => fields[fields.indexOf('event') + 1])
    expect(told).toEqual(['added', 'waiting', 'active', 'postponed', 'delayed'])
  } finally {
    await postpones.close('shutdown')
    pauser.disconnect()
    redis.disconnect()
  }
})

test('news of a start that come late leave the end of the attempt as it is', async () => {
  const { id } = await enqueue({ ms: 1 })
  await world.untilState(id, 'COMPLETED')
  await world.queues.publish(heavy.name, 'attempt-started', id, 1, { start: '1', worker: 'late' })
  await world.queues.publish(heavy.name, 'attempt-started', id, 1, { start: '2', worker: 'late' })
  await world.queues.publish(heavy.name, 'log', id, 1, { line: 'read' })
  await world.until('the news were read', async () => {
    const lines = await world.fork().execute('select 1 from job_log where job_id = ?', [id])
    return lines.length > 0
  })
  expect(await attemptsOf(id)).toMatchObject([{ outcome: 'COMPLETED' }])
})
