import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { connect } from '../../queue/connection.ts'
import { createWorld, type World } from '../../test/support/world.ts'
import { defineJobFor } from '../definition.ts'
import { inTransaction } from '../sql.ts'
import { saveSchedule } from './save.ts'
import { selectSchedules } from './schedule-row.ts'

const ran: string[] = []
const define = defineJobFor<unknown>()
const note = define<Record<string, never>, never, void>({
  name: 'note.run',
  description: 'Notes that it ran.',
  input: z.strictObject({}),
  schedule: { cron: '0 0 1 1 *' },
  mutation: { permission: 'jobs:write' },
  async run(_, { job }) {
    ran.push(job.id)
  },
})

let world: World
beforeAll(async () => {
  world = await createWorld([note])
})
afterAll(() => world.close())

/** A schedule with a tick that has just passed. */
async function due(name: string): Promise<string> {
  const wish = { name, definition: note, cron: '* * * * *' }
  const before = new Date(Date.now() - 60_000)
  const { schedule } = await inTransaction(world.fork, (em) =>
    saveSchedule(em, [note], world.actor, wish, before),
  )
  return schedule.id
}
const jobsOf = async (scheduleId: string) =>
  (await world.ledger.find(world.fork(), world.actor.workspaceId, { scheduleId }, { first: 50 })).rows

test('of two dispatchers one takes the tick, and a job that Redis forgets right after runs once', async () => {
  world.startDispatcher({ schedules: true })
  world.startDispatcher({ schedules: true })
  const id = await due('flushed')
  const job = await world.until('the job is in Redis', async () =>
    (await jobsOf(id)).find(({ state }) => state === 'WAITING'),
  )
  const redis = connect(world.redisUrl, 'patient', () => undefined)
  const keys = (await redis.keys(`*${world.prefix}*`)).filter((key) => !key.endsWith(':events'))
  expect(keys.length).toBeGreaterThan(0)
  await redis.del(...keys)
  redis.disconnect()
  // The reconciler looks at a job that does not move after five minutes; here, now.
  await world.fork().execute('update job set check_at = ? where id = ?', [new Date(), job.id])
  world.startWorkers()
  await world.untilState(job.id, 'COMPLETED')
  expect(ran.filter((each) => each === job.id)).toEqual([job.id])
  const keysOf = (await jobsOf(id)).map(({ idempotencyKey }) => idempotencyKey)
  expect(new Set(keysOf).size).toBe(keysOf.length)
})

test('the leading dispatcher makes the schedules that come with jobs', async () => {
  const [row] = await world.until('it is there', async () => {
    const rows = await selectSchedules(world.fork(), "name = 'note.run'", [])
    return rows.length > 0 && rows
  })
  expect(row).toMatchObject({ workspaceId: world.actor.workspaceId, jobName: 'note.run', builtIn: true })
})
