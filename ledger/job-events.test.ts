import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { streamKey } from '../queue/keys.ts'
import { createWorld, type World } from '../test/support/world.ts'
import { defineJobFor } from './definition.ts'
import { InvalidCursorError } from './errors.ts'
import type { JobEventMessage } from './ledger.ts'

const define = defineJobFor<unknown>()
const chatty = define<{ lines: number }, { at: number }, void>({
  name: 'chatty.run',
  description: 'Talks a lot.',
  input: z.strictObject({ lines: z.number() }),
  progress: z.object({ at: z.number() }),
  async run({ lines }, { say, progress }) {
    for (let line = 1; line <= lines; line++) {
      say(`line ${line}`)
      progress({ at: line })
    }
  },
})

let world: World
beforeAll(async () => {
  world = await createWorld([chatty])
  world.startDispatcher()
  world.startWorkers()
})
afterAll(() => world.close())

const enqueue = async (lines: number) =>
  (await world.ledger.enqueue({ definition: chatty, input: { lines }, actor: world.actor })).job
const subscribe = (filter = {}, after?: string) =>
  world.events.subscribe(world.actor.workspaceId, filter, after)
const trim = () => world.queues.redis.xtrim(streamKey(world.prefix, 'chatty.run'), 'MAXLEN', 1)

async function take(
  iterator: AsyncIterableIterator<JobEventMessage>,
  enough: (all: JobEventMessage[]) => boolean,
): Promise<JobEventMessage[]> {
  const all: JobEventMessage[] = []
  for await (const message of iterator) {
    all.push(message)
    if (enough(all)) break
  }
  return all
}

const completions = (all: JobEventMessage[]) =>
  all.filter((message) => message.kind === 'event' && message.event.type === 'COMPLETED').length

test('a cursor the stream no longer reaches back to brings a gap and then the state as it is', async () => {
  const first = await enqueue(1)
  const [start] = await take(await subscribe(), (all) => all.length === 1)
  await world.untilState(first.id, 'COMPLETED')
  const job = await enqueue(3)
  await world.untilState(job.id, 'COMPLETED')
  await trim()
  const [gap, snapshot] = await take(
    await subscribe({ ids: [job.id] }, start!.cursor),
    (all) => all.length === 2,
  )
  expect(gap).toMatchObject({ kind: 'gap', reason: 'TRIMMED' })
  expect(snapshot).toMatchObject({
    kind: 'snapshot',
    jobs: [{ id: job.id, state: 'COMPLETED' }],
    more: false,
  })
  const later = await enqueue(1)
  const rest = await take(
    await subscribe({ ids: [later.id] }, snapshot!.cursor),
    (all) => completions(all) === 1,
  )
  expect(rest.every(({ kind }) => kind === 'event')).toBe(true)
})

test('a subscriber that reads slowly gets every line and every end, however far behind it falls', async () => {
  const slow = await subscribe()
  await slow.next()
  const jobs = await Promise.all(Array.from({ length: 20 }, () => enqueue(60)))
  for (const { id } of jobs) await world.untilState(id, 'COMPLETED')
  const ids = new Set(jobs.map(({ id }) => id))
  const own = (seen: JobEventMessage[]) =>
    seen.filter((message) => message.kind !== 'event' || ids.has(message.event.jobId))
  const all = own(await take(slow, (seen) => completions(own(seen)) === 20))
  const lines = all.filter((message) => message.kind === 'event' && message.event.type === 'LOG')
  expect(new Set(lines.map((message) => message.cursor)).size).toBe(20 * 60)
  expect(all.some(({ kind }) => kind === 'gap')).toBe(false)
})

test('a subscriber so slow that the stream is trimmed meanwhile is told of the gap, never left in silence', async () => {
  const slow = await subscribe()
  await slow.next()
  const jobs = await Promise.all(Array.from({ length: 10 }, () => enqueue(60)))
  for (const { id } of jobs) await world.untilState(id, 'COMPLETED')
  await trim()
  const all = await take(slow, (seen) => seen.at(-1)?.kind === 'snapshot')
  expect(all.at(-2)).toMatchObject({ kind: 'gap' })
  const shown = all.at(-1) as JobEventMessage & { kind: 'snapshot' }
  expect(shown.jobs.filter(({ state }) => state === 'COMPLETED').length).toBeGreaterThanOrEqual(10)
})

test('filters by lead and state as lists do', async () => {
  const mine = { ...(await enqueue(1)) }
  const none = await subscribe({ leadId: 'lead_of_nobody' })
  expect((await none.next()).value).toMatchObject({ kind: 'snapshot', jobs: [] })
  await none.return?.()
  const ends = await take(
    await subscribe({ states: ['COMPLETED'], ids: [mine.id, (await enqueue(1)).id] }),
    (all) => {
      const snapshot = all[0] as JobEventMessage & { kind: 'snapshot' }
      return snapshot.jobs.length + completions(all) >= 2
    },
  )
  expect(
    ends
      .filter((message) => message.kind === 'event')
      .every((message) => message.event.state === 'COMPLETED'),
  ).toBe(true)
})

test('a cursor this API did not give out is refused', async () => {
  await expect(subscribe({}, 'made-up')).rejects.toBeInstanceOf(InvalidCursorError)
})
