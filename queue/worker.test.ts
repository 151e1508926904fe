import { afterAll, beforeAll, expect, test } from 'vitest'
import { heavy } from '../test/support/heavy-jobs.ts'
import { createWorld, type World } from '../test/support/world.ts'
import { connect } from './connection.ts'
import { type JobWorker, startWorker } from './worker.ts'

let world: World
let worker: JobWorker
const onError = () => undefined

beforeAll(async () => {
  world = await createWorld([heavy])
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

const enqueue = async (input: unknown) =>
  (await world.ledger.enqueue({ definition: heavy, input, actor: world.actor })).job

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
