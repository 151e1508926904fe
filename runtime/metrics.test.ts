import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { defineJobFor } from '../ledger/definition.ts'
import { createWorld, type World } from '../test/support/world.ts'
import { deadGauges, queueGauges } from './metrics.ts'

let fails = true
const shaky = defineJobFor<unknown>()<Record<string, never>, never, void>({
  name: 'shaky.run',
  description: 'Fails at first.',
  input: z.strictObject({}),
  attempts: 1,
  async run() {
    if (fails) throw new Error('at first')
  },
})

let world: World
beforeAll(async () => {
  world = await createWorld([shaky])
  world.startDispatcher()
})
afterAll(() => world.close())

const gauges = async () => {
  const all = [...(await queueGauges(world.queues)), ...(await deadGauges(world.fork()))]
  const counted = all.filter(({ name, value }) => name === 'solaria_jobs' && value > 0)
  return Object.fromEntries(counted.map(({ labels, value }) => [labels?.state, value]))
}

test('jobs are counted as they stand: waiting ones as waiting, and one that failed and has succeeded since not at all', async () => {
  const { job } = await world.ledger.enqueue({ definition: shaky, input: {}, actor: world.actor })
  await world.untilState(job.id, 'WAITING')
  expect(await gauges()).toEqual({ waiting: 1 })
  world.startWorkers()
  await world.untilState(job.id, 'DEAD')
  expect(await gauges()).toEqual({ dead: 1 })
  fails = false
  await world.ledger.retry(world.actor, job.id)
  await world.untilState(job.id, 'COMPLETED')
  expect(await gauges()).toEqual({})
})
