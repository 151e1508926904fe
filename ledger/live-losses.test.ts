import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import type { Em } from '../entities/index.ts'
import { connect } from '../queue/connection.ts'
import { streamKey } from '../queue/keys.ts'
import { createWorld, type World } from '../test/support/world.ts'
import { defineJobFor } from './definition.ts'
import { createJobEvents } from './job-events.ts'
import type { JobEventMessage, JobEvents } from './ledger.ts'

/** Two kinds of jobs that nobody runs: the test writes their events itself. */
const define = defineJobFor<unknown>()
const kind = (name: string) => define({ name, description: 'Waits.', input: z.object({}), async run() {} })
const definitions = [kind('first.kind'), kind('second.kind')]

type Queue = 0 | 1
type Step =
  | { do: 'publish'; queue: Queue; count: number }
  | { do: 'trim'; queue: Queue }
  | { do: 'fail'; call: number }
  | { do: 'empty' | 'pause' | 'go' | 'reconnect' | 'wait' }

let world: World
const jobs: string[] = []
/** The call to MariaDB or Redis, counted from now, that fails. */
let callsUntilFailure = Number.POSITIVE_INFINITY

function trip(): void {
  if (--callsUntilFailure === 0) throw new Error('planned')
}

/** An object some of whose methods fail when it is their turn. */
function flaky<T extends object>(inner: T, names: readonly string[]): T {
  return new Proxy(inner, {
    get(target, name) {
      const value = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      if (!names.includes(String(name))) return value.bind(target)
      return async (...args: unknown[]) => {
        trip()
        return value.apply(target, args)
      }
    },
  })
}

function flakyRedis(redis: Redis): Redis {
  const inner = flaky(redis, ['xread', 'xrange', 'xinfo'])
  return new Proxy(inner, {
    get: (target, name) =>
      name === 'multi' ? () => flaky(redis.multi() as object, ['exec']) : Reflect.get(target, name),
  })
}

beforeAll(async () => {
  world = await createWorld(definitions)
  world.startDispatcher()
  for (const definition of definitions)
    jobs.push((await world.ledger.enqueue({ definition, input: {}, actor: world.actor })).job.id)
})
afterAll(() => world.close())

/** The live events of one process of the API. */
const startEvents = () =>
  createJobEvents({
    fork: () => flaky(world.fork(), ['execute']) as Em,
    prefix: world.prefix,
    names: definitions.map(({ name }) => name),
    openRedis: () => flakyRedis(connect(world.redisUrl, 'patient', () => undefined)),
    log: world.log,
    pauseMs: 20,
  })

let line = 0
const publish = (queue: Queue) =>
  world.queues.publish(definitions[queue]!.name, 'log', jobs[queue]!, 1, { line: String(++line) })

/** Everything of this installation in Redis is gone. */
async function empty(): Promise<void> {
  const { redis } = world.queues
  const keys = await redis.keys(`*${world.prefix}*`)
  if (keys.length > 0) await redis.del(...keys)
}

/** Follows the events and keeps what came; it can pause, and connect to another process with its last cursor. */
async function follow() {
  const seen: ({ gap: true } | { queue: Queue; line: number })[] = []
  let gate = Promise.withResolvers<void>()
  let paused = false
  gate.resolve()
  let cursor: string | undefined
  let events: JobEvents = startEvents()
  let source = await events.subscribe(world.actor.workspaceId, {})
  let reading = read(source)

  function go(): void {
    paused = false
    gate.resolve()
  }

  async function stop(): Promise<void> {
    await source.return!()
    go()
    await reading
    await events.close()
  }

  async function read(from: AsyncIterableIterator<JobEventMessage>): Promise<void> {
    for (;;) {
      await gate.promise
      const { value, done } = await from.next()
      if (done) return
      cursor = value.cursor
      if (value.kind === 'gap') seen.push({ gap: true })
      if (value.kind === 'event' && value.event.type === 'LOG')
        seen.push({ queue: jobs.indexOf(value.event.jobId) as Queue, line: Number(value.event.line) })
    }
  }
  await world.until('the snapshot came', () => cursor !== undefined)
  return {
    seen,
    pause: () => {
      if (!paused) gate = Promise.withResolvers()
      paused = true
    },
    go,
    async reconnect() {
      await stop()
      events = startEvents()
      source = await events.subscribe(world.actor.workspaceId, {}, cursor)
      reading = read(source)
    },
    stop,
  }
}

/** Runs the steps and gives what a subscriber saw, up to an event of each kind that was published at the very end. */
async function run(steps: readonly Step[]) {
  const published: number[][] = [[], []]
  const subscriber = await follow()
  const add = async (queue: Queue) => {
    const next = publish(queue)
    published[queue]!.push(line)
    await next
  }
  for (const step of steps) {
    if (step.do === 'publish') for (let n = 0; n < step.count; n++) await add(step.queue)
    else if (step.do === 'trim')
      await world.queues.redis.xtrim(streamKey(world.prefix, definitions[step.queue]!.name), 'MAXLEN', 1)
    else if (step.do === 'fail') callsUntilFailure = step.call
    else if (step.do === 'empty') await empty()
    else if (step.do === 'wait') await sleep(30)
    else await subscriber[step.do]()
  }
  subscriber.go()
  const from = line
  await world.until('the newest events of both kinds came', async () => {
    await add(0)
    await add(1)
    return [0, 1].every((queue) =>
      subscriber.seen.some((each) => 'line' in each && each.queue === queue && each.line > from),
    )
  })
  callsUntilFailure = Number.POSITIVE_INFINITY
  await subscriber.stop()
  return { seen: subscriber.seen, published }
}

/** What is wrong with what was seen: an event that is missing without a gap, came twice, or came out of order. */
function faults({ seen, published }: Awaited<ReturnType<typeof run>>): string[] {
  const next: (number | undefined)[] = [0, 0]
  const last = [0, 0]
  return seen.flatMap((each) => {
    if ('gap' in each) {
      next.fill(undefined)
      return []
    }
    const { queue, line: came } = each
    const lines = published[queue]!
    // The rows of an earlier run may not show its last events yet: then they come after the snapshot.
    if (!lines.includes(came)) return []
    const wrong =
      came <= last[queue]! ? 'again' : next[queue] !== undefined && lines.indexOf(came) !== next[queue]
    next[queue] = lines.indexOf(came) + 1
    last[queue] = came
    return wrong ? [`${queue}: ${came}${wrong === 'again' ? ' came again' : ' came too early'}`] : []
  })
}

const queue = fc.constantFrom<Queue>(0, 1)
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('publish' as const),
      queue,
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('fail' as const), call: fc.integer({ min: 1, max: 16 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('trim' as const), queue }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('empty', 'pause', 'go', 'reconnect', 'wait'),
    }) as fc.Arbitrary<Step>,
  },
)
const both: Step[] = [
  { do: 'publish', queue: 0, count: 3 },
  { do: 'publish', queue: 1, count: 3 },
]

test('whatever fails while events are read, each comes once and in order, or a gap says that some were lost', async () => {
  const behind: Step[] = [...both, { do: 'wait' }, { do: 'pause' }, ...both]
  const examples = [
    ...Array.from({ length: 14 }, (_, index) => index + 1).map((call): Step[] => [
      ...behind,
      { do: 'fail', call },
      { do: 'reconnect' },
    ]),
    [...both, { do: 'wait' }, { do: 'empty' }, ...both, { do: 'empty' }, ...both],
    [...behind, { do: 'trim', queue: 0 }, { do: 'reconnect' }],
    [...both, { do: 'wait' }, { do: 'empty' }, { do: 'wait' }, { do: 'empty' }, ...both, { do: 'wait' }],
  ] satisfies Step[][]
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { minLength: 3, maxLength: 12 }), async (steps) => {
      const outcome = await run(steps)
      expect(faults(outcome)).toEqual([])
      const mayLose = steps.some((step) => step.do === 'empty' || step.do === 'trim')
      if (!mayLose) expect(outcome.seen.filter((each) => 'gap' in each)).toEqual([])
    }),
    { numRuns: 24, examples: examples.map((steps) => [steps] as [Step[]]), endOnFailure: true },
  )
})
