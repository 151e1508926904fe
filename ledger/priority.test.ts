import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { type JobPriority, jobPriorities } from '../entities/job.ts'
import { createWorld, type World } from '../test/support/world.ts'
import { defineJobFor } from './definition.ts'

const ran: string[] = []
const failed = new Set<string>()

const define = defineJobFor<unknown>()
const note = define<{ as: string; failFirst?: boolean | undefined }, never, void>({
  name: 'note.take',
  description: 'Notes that it ran.',
  input: z.strictObject({ as: z.string(), failFirst: z.boolean().optional() }),
  concurrency: 1,
  backoff: { type: 'fixed', delay: 1_000, jitter: 0 },
  async run({ as, failFirst }, { job, transaction, enqueue }) {
    if (failFirst && !failed.has(as)) {
      failed.add(as)
      throw new Error('once more')
    }
    ran.push(`${as} ${job.priority}`)
    if (as === 'parent') await transaction((em) => enqueue(em, note, { as: 'child' }))
  },
})

let world: World
beforeAll(async () => {
  world = await createWorld([note])
  world.startDispatcher()
})
afterAll(() => world.close())

const enqueue = (as: string, priority?: JobPriority, more = {}, runAt?: Date) =>
  world.ledger.enqueue({ definition: note, input: { as, ...more }, actor: world.actor, priority, runAt })

const waiting = (count: number) =>
  world.until('all jobs wait in Redis', async () => {
    const { prioritized = 0 } = await world.queues.counts('note.take')
    return prioritized === count
  })

test('a job of a higher level starts before every waiting one of a lower level, and within a level the first comes first', async () => {
  for (const level of [...jobPriorities].reverse()) {
    await enqueue(`${level} 1`, level)
    await enqueue(`${level} 2`, level)
  }
  await enqueue('unsaid')
  await waiting(11)
  const stop = world.startWorkers()
  await world.until('all have run', () => ran.length === 11)
  await stop()
  expect(ran).toEqual([
    'CRITICAL 1 CRITICAL',
    'CRITICAL 2 CRITICAL',
    'HIGH 1 HIGH',
    'HIGH 2 HIGH',
    'NORMAL 1 NORMAL',
    'NORMAL 2 NORMAL',
    'unsaid NORMAL',
    'LOW 1 LOW',
    'LOW 2 LOW',
    'BULK 1 BULK',
    'BULK 2 BULK',
  ])
})

test('a job keeps its level when it is tried again, retried by an operator, started later and handed over again, and what it starts has it too', async () => {
  ran.length = 0
  const { job: tried } = await enqueue('tried', 'HIGH', { failFirst: true })
  const stop = world.startWorkers()
  const { updatedAt } = await world.untilState(tried.id, 'DELAYED')
  await stop()
  const { job: again } = await enqueue('again', 'HIGH')
  const { job: lost } = await enqueue('lost', 'HIGH')
  const { job: later } = await enqueue('later', 'CRITICAL', {}, new Date(Date.now() + 500))
  await enqueue('bulk', 'BULK')
  await enqueue('parent', 'LOW')
  await world.ledger.cancel(world.actor, again.id)
  await world.ledger.retry(world.actor, again.id)
  await world.untilState(lost.id, 'WAITING')
  await world.queues.remove('note.take', lost.id, 1)
  await world.fork().execute('update job set check_at = ? where id = ?', [new Date(0), lost.id])
  await world.untilState(later.id, 'WAITING')
  await waiting(5)
  await world.until('its wait is over', () => Date.now() > updatedAt.getTime() + 1_000)
  world.startWorkers()
  await world.until('all have run', () => ran.length === 7)
  expect(ran).toEqual([
    'later CRITICAL',
    'again HIGH',
    'lost HIGH',
    'tried HIGH',
    'parent LOW',
    'child LOW',
    'bulk BULK',
  ])
})
