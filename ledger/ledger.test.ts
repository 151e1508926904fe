import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createWorld, type World } from '../test/support/world.ts'
import { defineJobFor } from './definition.ts'
import { IdempotencyConflictError, InvalidInputError, WrongStateError } from './errors.ts'

const failures = new Map<string, number>()
let started: (id: string) => void = () => undefined

const define = defineJobFor<unknown>()
const echo = define<{ n: number; failTimes?: number | undefined }, { seen: number }, { doubled: number }>({
  name: 'echo.run',
  description: 'Doubles a number.',
  input: z.strictObject({ n: z.number(), failTimes: z.number().optional() }),
  attempts: 3,
  backoff: { type: 'fixed', delay: 50, jitter: 0 },
  async run({ n, failTimes = 0 }, { job, progress, say }) {
    const failed = failures.get(job.id) ?? 0
    if (failed < failTimes) {
      failures.set(job.id, failed + 1)
      throw Object.assign(new Error(`failure ${failed + 1} for anna@example.com`), { code: 'NOPE' })
    }
    progress({ seen: n })
    say(`seen ${n}`)
    return { doubled: n * 2 }
  },
})
const sleepy = define<{ ms: number }, never, void>({
  name: 'sleepy.run',
  description: 'Waits.',
  input: z.strictObject({ ms: z.number() }),
  async run({ ms }, { job, signal }) {
    started(job.id)
    await new Promise((resolve, reject) => {
      setTimeout(resolve, ms)
      signal.addEventListener('abort', () => reject(signal.reason))
    })
  },
})
const picky = define<Record<string, never>, never, void>({
  name: 'picky.run',
  description: 'Never works.',
  input: z.strictObject({}),
  async run() {
    throw Object.assign(new Error('the template is missing'), { errorClass: 'PERMANENT', code: 'T404' })
  },
})

let world: World
beforeAll(async () => {
  world = await createWorld([echo, sleepy, picky])
  world.startDispatcher()
  world.startWorkers()
})
afterAll(() => world.close())

const enqueue = (
  input: unknown,
  more = {},
  definition: Parameters<World['ledger']['enqueue']>[0]['definition'] = echo,
) => world.ledger.enqueue({ definition, input, actor: world.actor, ...more })

describe('a job', () => {
  test('runs, and its row tells result, progress, attempts and log', async () => {
    const { job, created } = await enqueue({ n: 21 })
    expect(created).toBe(true)
    const done = await world.untilState(job.id, 'COMPLETED')
    expect(done).toMatchObject({
      result: { doubled: 42 },
      progress: { seen: 21 },
      attemptsMade: 1,
      errorClass: null,
    })
    expect(done.startedAt! <= done.finishedAt!).toBe(true)
    const attempts = await world
      .fork()
      .execute('select number, outcome from job_attempt where job_id = ?', [job.id])
    expect(attempts).toEqual([{ number: 1, outcome: 'COMPLETED' }])
    expect(await world.fork().execute('select line from job_log where job_id = ?', [job.id])).toEqual([
      { line: 'seen 21' },
    ])
  })

  test('that fails is tried again, and each attempt keeps its own error without personal data', async () => {
    const { job } = await enqueue({ n: 1, failTimes: 2 })
    const done = await world.untilState(job.id, 'COMPLETED')
    expect(done.attemptsMade).toBe(3)
    const attempts = await world
      .fork()
      .execute(
        'select number, outcome, error_message, error_class from job_attempt where job_id = ? order by number',
        [job.id],
      )
    expect(attempts).toEqual([
      {
        number: 1,
        outcome: 'FAILED',
        error_message: 'Error: failure 1 for [e-mail]',
        error_class: 'TRANSIENT',
      },
      {
        number: 2,
        outcome: 'FAILED',
        error_message: 'Error: failure 2 for [e-mail]',
        error_class: 'TRANSIENT',
      },
      { number: 3, outcome: 'COMPLETED', error_message: null, error_class: null },
    ])
  })

  test('whose attempts are used is dead, and an operator’s retry is its next run', async () => {
    const { job } = await enqueue({ n: 1, failTimes: 3 })
    const dead = await world.untilState(job.id, 'DEAD')
    expect(dead).toMatchObject({ attemptsMade: 3, errorClass: 'TRANSIENT' })
    await world.ledger.retry(world.actor, job.id, 'fixed the template')
    const done = await world.untilState(job.id, 'COMPLETED')
    expect(done).toMatchObject({ run: 2, attemptsMade: 1 })
    expect(
      await world.fork().execute('select count(*) as n from job_attempt where job_id = ?', [job.id]),
    ).toEqual([{ n: 4 }])
    expect(
      await world.fork().execute('select action, reason from audit where subject_id = ?', [job.id]),
    ).toEqual([{ action: 'retryJob', reason: 'fixed the template' }])
  })

  test('with a permanent error is dead at once', async () => {
    const { job } = await enqueue({}, {}, picky)
    expect(await world.untilState(job.id, 'DEAD')).toMatchObject({
      attemptsMade: 1,
      errorClass: 'PERMANENT',
      errorMessage: 'the template is missing',
    })
  })

  test('for later waits in SQL and starts when it is due', async () => {
    const runAt = new Date(Date.now() + 1_500)
    const { job } = await enqueue({ n: 2 }, { runAt })
    expect(job.state).toBe('SCHEDULED')
    expect(await world.queues.states('echo.run', [{ jobId: job.id, run: 1 }])).toEqual(['unknown'])
    const done = await world.untilState(job.id, 'COMPLETED')
    expect(done.startedAt! >= runAt).toBe(true)
  })

  test('with input its definition does not allow is refused, naming what is wrong', async () => {
    await expect(enqueue({ n: 'many' })).rejects.toBeInstanceOf(InvalidInputError)
  })
})

describe('an idempotency key', () => {
  test('brings back the first job, however many ask at once', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, () => enqueue({ n: 7 }, { idempotencyKey: 'once' })),
    )
    expect(new Set(outcomes.map(({ job }) => job.id)).size).toBe(1)
    expect(outcomes.filter(({ created }) => created)).toHaveLength(1)
  })

  test('with other input is a conflict', async () => {
    await enqueue({ n: 8 }, { idempotencyKey: 'other' })
    await expect(enqueue({ n: 9 }, { idempotencyKey: 'other' })).rejects.toBeInstanceOf(
      IdempotencyConflictError,
    )
  })

  test('tells upper from lower case', async () => {
    const [a, b] = await Promise.all([
      enqueue({ n: 1 }, { idempotencyKey: 'Case' }),
      enqueue({ n: 1 }, { idempotencyKey: 'case' }),
    ])
    expect(a.job.id).not.toBe(b.job.id)
  })
})

describe('cancelling', () => {
  test('stops a running job from another process', async () => {
    const running = new Promise<string>((resolve) => {
      started = resolve
    })
    const { job } = await enqueue({ ms: 30_000 }, {}, sleepy)
    expect(await running).toBe(job.id)
    await world.untilState(job.id, 'ACTIVE')
    await world.ledger.cancel(world.actor, job.id)
    const row = await world.untilState(job.id, 'CANCELLED')
    expect(row.errorClass).toBeNull()
    await expect(world.ledger.cancel(world.actor, job.id)).rejects.toBeInstanceOf(WrongStateError)
  })

  test('a scheduled job keeps it from ever running', async () => {
    const { job } = await enqueue({ n: 3 }, { runAt: new Date(Date.now() + 600) })
    await world.ledger.cancel(world.actor, job.id)
    const { job: marker } = await enqueue({ n: 4 }, { runAt: new Date(Date.now() + 1_500) })
    await world.untilState(marker.id, 'COMPLETED')
    expect(await world.job(job.id)).toMatchObject({ state: 'CANCELLED', startedAt: null })
  })
})

describe('job events', () => {
  test('start with a snapshot and tell every step in order', async () => {
    const { job } = await enqueue({ n: 5, failTimes: 1 })
    const seen: string[] = []
    for await (const message of await world.events.subscribe(world.actor.workspaceId, { ids: [job.id] })) {
      if (message.kind === 'event') seen.push(message.event.type)
      if (message.kind === 'snapshot' && message.jobs[0]?.state === 'COMPLETED') break
      if (message.kind === 'event' && message.event.type === 'COMPLETED') break
    }
    expect(seen.join()).toMatch(/ATTEMPT_FAILED,(DELAYED,)?(WAITING,)?ACTIVE,PROGRESS,LOG,COMPLETED$/)
  })

  test('resume after a cursor without missing or repeating', async () => {
    const before = await world.events.subscribe(world.actor.workspaceId, {})
    const start = (await before.next()).value.cursor
    await before.return?.()
    const { job } = await enqueue({ n: 6, failTimes: 1 })
    await world.untilState(job.id, 'COMPLETED')
    const all: { cursor: string; type: string }[] = []
    const whole = await world.events.subscribe(world.actor.workspaceId, { ids: [job.id] }, start)
    for await (const message of whole) {
      if (message.kind === 'event') all.push({ cursor: message.cursor, type: message.event.type })
      if (message.kind === 'event' && message.event.type === 'COMPLETED') break
    }
    const rest: string[] = []
    for await (const message of await world.events.subscribe(
      world.actor.workspaceId,
      { ids: [job.id] },
      all[1]!.cursor,
    )) {
      if (message.kind === 'event') rest.push(message.event.type)
      if (message.kind === 'event' && message.event.type === 'COMPLETED') break
    }
    expect(rest).toEqual(all.slice(2).map(({ type }) => type))
  })

  test('of another workspace stay hidden', async () => {
    const { job } = await enqueue({ n: 1 })
    const other = await world.events.subscribe('ws_other', { ids: [job.id] })
    expect((await other.next()).value).toMatchObject({ kind: 'snapshot', jobs: [] })
    const next = other.next()
    await world.untilState(job.id, 'COMPLETED')
    await other.return?.()
    expect((await next).done).toBe(true)
  })
})
