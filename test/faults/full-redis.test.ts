import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { defineJobFor } from '../../ledger/definition.ts'
import { type Instance, startRedis } from '../../scripts/services/index.ts'
import { createWorld, type World } from '../support/world.ts'

let running = 0
let busy = true
let release: () => void = () => undefined
const held = new Promise<void>((resolve) => {
  release = resolve
})

const patient = defineJobFor<unknown>()<Record<string, never>, never, void>({
  name: 'patient.run',
  description: 'Waits for a vendor.',
  input: z.strictObject({}),
  attempts: 1,
  async run() {
    running += 1
    await held
    if (busy) throw Object.assign(new Error('not now'), { errorClass: 'THROTTLED', retryAfterMs: 1_000 })
  },
})

let redis: Instance
let world: World
beforeAll(async () => {
  redis = await startRedis('.data/test/faults')
  world = await createWorld([patient], { redisUrl: redis.url })
  world.startDispatcher()
  world.startWorkers({ lockMs: 3_000 })
})
afterAll(async () => {
  await world?.close()
  await redis?.release()
})

test('jobs that are postponed while Redis is full are done later, and lose no attempt', async () => {
  const jobs = await Promise.all(
    Array.from({ length: 9 }, () =>
      world.ledger.enqueue({ definition: patient, input: {}, actor: world.actor }),
    ),
  )
  await world.until('all run', () => running === 9)
  await world.queues.redis.config('SET', 'maxmemory', '1')
  release()
  const ids = jobs.map(({ job }) => ({ jobId: job.id, run: 1 }))
  await world.until('none runs', async () =>
    (await world.queues.states('patient.run', ids)).every((state) => state !== 'active'),
  )
  busy = false
  await world.queues.redis.config('SET', 'maxmemory', '0')
  for (const { job } of jobs)
    expect(await world.untilState(job.id, 'COMPLETED')).toMatchObject({ attemptsMade: 1, errorClass: null })
})
