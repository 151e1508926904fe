import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { createWorld, type World } from '../test/support/world.ts'
import { type DeadJob, defineJobFor } from './definition.ts'
import { NotFoundError } from './errors.ts'

interface Input {
  how: 'permanent' | 'used' | 'missing'
}

const buried: DeadJob<Input>[] = []
let refuse = 0

const doomed = defineJobFor<unknown>()<Input, never, void>({
  name: 'doomed.run',
  description: 'Dies.',
  input: z.strictObject({ how: z.enum(['permanent', 'used', 'missing']) }),
  attempts: 2,
  backoff: { type: 'fixed', delay: 1, jitter: 0 },
  async run({ how }, { job }) {
    if (how === 'missing') throw new NotFoundError('lead_of_nobody')
    if (how === 'used') throw Object.assign(new Error(`last: ${job.isLastAttempt}`), { code: 'BROKEN' })
    throw Object.assign(new Error('never'), { errorClass: 'PERMANENT', code: 'NO' })
  },
  async onDead(em, job) {
    await em.execute("update workspace set name = concat(name, '+') where id = ?", [job.workspaceId])
    if (refuse-- > 0) throw new Error('not now')
    buried.push(job)
  },
})

let world: World
beforeAll(async () => {
  world = await createWorld([doomed])
  world.startWorkers()
})
afterAll(() => world.close())

const enqueue = async (how: Input['how']) =>
  (await world.ledger.enqueue({ definition: doomed, input: { how }, actor: world.actor })).job
const settled = (id: string) =>
  world.until('what follows its death is done', async () => {
    const row = await world.job(id)
    return row.state === 'DEAD' && row.checkAt === null ? row : undefined
  })

test('a job that dies has its clean-up done once, with the reason, whichever way it died', async () => {
  const stop = world.startDispatcher()
  const [permanent, used, missing] = [
    await enqueue('permanent'),
    await enqueue('used'),
    await enqueue('missing'),
  ]
  for (const { id } of [permanent, used, missing]) await settled(id)
  const known = { workspaceId: world.actor.workspaceId, correlationId: 'test' }
  const byId = (id: string) => buried.filter((job) => job.id === id)
  expect(byId(permanent.id)).toMatchObject([
    {
      ...known,
      input: { how: 'permanent' },
      errorClass: 'PERMANENT',
      errorMessage: 'never',
      errorCode: 'NO',
    },
  ])
  expect(byId(used.id)).toMatchObject([
    { errorClass: 'TRANSIENT', errorMessage: 'Error: last: true', errorCode: null },
  ])
  expect(byId(missing.id)).toMatchObject([{ errorClass: 'PERMANENT', errorCode: 'NOT_FOUND' }])
  await stop()
})

test('a death that the event stream lost is found, and its clean-up is repeated until it succeeds, and counts once', async () => {
  buried.length = 0
  refuse = 1
  const before = await world.fork().execute<{ name: string }[]>('select name from workspace')
  const job = await enqueue('permanent')
  await world.until('BullMQ has the end', async () => {
    const [state] = await world.queues.states('doomed.run', [{ jobId: job.id, run: 1 }])
    return state === 'failed'
  })
  await world.queues.redis.del(`{${world.prefix}:doomed.run}:doomed.run:events`)
  await world
    .fork()
    .execute("update job set state = 'WAITING', check_at = ? where id = ?", [new Date(0), job.id])
  world.startDispatcher()
  await world.until('it was refused once', () => refuse === 0)
  await world.until('its rollback is over', async () => (await world.job(job.id)).checkAt! > new Date())
  await world.fork().execute('update job set check_at = ? where id = ?', [new Date(0), job.id])
  const row = await settled(job.id)
  expect(row).toMatchObject({ errorClass: 'PERMANENT', errorMessage: 'never' })
  expect(buried.map(({ id }) => id)).toEqual([job.id])
  const after = await world.fork().execute<{ name: string }[]>('select name from workspace')
  expect(after).toEqual(before.map(({ name }) => ({ name: `${name}+` })))
})
