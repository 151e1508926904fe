import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { newId } from '../../entities/ids.ts'
import type { CatchUpPolicy, OverlapPolicy } from '../../entities/schedule.ts'
import { createWorld, type World } from '../../test/support/world.ts'
import { defineJobFor } from '../definition.ts'
import type { JobRow } from '../row.ts'
import { inTransaction } from '../sql.ts'
import { pauseIn, resumeIn } from './actions.ts'
import { installSchedules } from './install.ts'
import { type ScheduleRow, selectSchedules } from './schedule-row.ts'
import { takeTicks } from './take.ts'
import { warnOfUnknownJobs } from './unknown-jobs.ts'

const define = defineJobFor<unknown>()
const count = define<{ by: number }, never, void>({
  name: 'count.up',
  description: 'Counts.',
  version: 2,
  upcasters: { 1: ({ step }) => ({ by: step }) },
  input: z.strictObject({ by: z.number() }),
  schedule: { cron: '17 * * * *', input: { by: 1 }, catchUp: 'ALL' },
  async run() {},
})
const tidy = define<Record<string, never>, never, void>({
  name: 'tidy.all',
  description: 'Tidies the whole installation.',
  scope: 'INSTALLATION',
  input: z.strictObject({}),
  schedule: { cron: '30 3 * * *', timeZone: 'Europe/Berlin' },
  async run() {},
})

let world: World
beforeAll(async () => {
  world = await createWorld([count, tidy])
})
afterAll(() => world.close())
beforeEach(async () => {
  await world.fork().execute('delete from schedule')
  await world.fork().execute('delete from job')
})

const work = () => ({ fork: world.fork, definitions: [count, tidy], log: world.log })
const at = (time: string) => new Date(`2026-05-04T${time}Z`)
const take = (time: string) => takeTicks(work(), at(time))

interface Some {
  name?: string
  jobName?: string
  input?: unknown
  inputVersion?: number
  cron?: string
  overlap?: OverlapPolicy
  catchUp?: CatchUpPolicy
  nextAt?: Date
}

/** A schedule of every ten minutes that is due at 10:00. */
async function add(some: Some = {}): Promise<string> {
  const id = newId('schedule')
  const row = {
    id,
    workspace_id: world.actor.workspaceId,
    name: some.name ?? 'each',
    job_name: some.jobName ?? 'count.up',
    input: JSON.stringify(some.input ?? { by: 1 }),
    input_version: some.inputVersion ?? 2,
    cron: some.cron ?? '*/10 * * * *',
    time_zone: 'UTC',
    overlap: some.overlap ?? 'QUEUE',
    catch_up: some.catchUp ?? 'ONCE',
    built_in: false,
    next_at: some.nextAt ?? at('10:00:00'),
    created_at: at('09:00:00'),
    updated_at: at('09:00:00'),
  }
  await world
    .fork()
    .execute(
      `insert into schedule (${Object.keys(row).join(', ')}) values (${Object.keys(row).map(() => '?')})`,
      Object.values(row),
    )
  return id
}

const read = async (id: string): Promise<ScheduleRow> =>
  (await selectSchedules(world.fork(), 'id = ?', [id]))[0]!
const jobs = async (): Promise<JobRow[]> =>
  (await world.ledger.find(world.fork(), world.actor.workspaceId, {}, { first: 500 })).rows.reverse()
const startedFor = async () => (await jobs()).map(({ idempotencyKey }) => idempotencyKey!.slice(-13, -8))

describe('a tick', () => {
  test('starts a job of its schedule and moves it on to the next tick', async () => {
    const id = await add()
    expect(await take('09:59:59.999')).toEqual([])
    const [started] = await take('10:00:00')
    const [job] = await jobs()
    expect(job).toMatchObject({
      id: started!.id,
      name: 'count.up',
      state: 'PENDING',
      input: { by: 1 },
      scheduleId: id,
      requestedBy: null,
      idempotencyKey: `schedule:${id}:2026-05-04T10:00:00.000Z`,
    })
    expect(await read(id)).toMatchObject({
      nextAt: at('10:10:00'),
      lastTickAt: at('10:00:00'),
      lastJobId: started!.id,
      problem: null,
    })
    expect(await take('10:09:59')).toEqual([])
  })

  test('is taken once by two dispatchers that race for it, on and on', async () => {
    for (let n = 0; n < 5; n++) await add({ name: `each-${n}`, cron: '* * * * *', catchUp: 'ALL' })
    for (let minute = 0; minute < 20; minute += 4) {
      const now = at(`10:${String(minute + 3).padStart(2, '0')}:30`)
      await Promise.all([1, 2, 3].map(() => takeTicks(work(), now)))
    }
    await take('10:19:59')
    const keys = (await jobs()).map(({ idempotencyKey }) => idempotencyKey)
    expect(keys).toHaveLength(100)
    expect(new Set(keys).size).toBe(100)
  })

  test('leaves nothing half done when its transaction fails, and is taken in the next round', async () => {
    const id = await add({ name: 'bad' })
    await add({ name: 'good' })
    await world.fork().execute(
      `create trigger refuse before update on schedule for each row
       begin if old.name = 'bad' then signal sqlstate '45000' set message_text = 'no'; end if; end`,
    )
    try {
      expect(await take('10:00:01')).toHaveLength(1)
      expect(await read(id)).toMatchObject({ nextAt: at('10:00:00'), lastTickAt: null, lastJobId: null })
      expect((await jobs()).map(({ scheduleId }) => scheduleId)).not.toContain(id)
    } finally {
      await world.fork().execute('drop trigger refuse')
    }
    expect(await take('10:00:02')).toHaveLength(1)
    expect((await read(id)).nextAt).toEqual(at('10:10:00'))
  })

  test('starts no second job when its row was put back after the job was written', async () => {
    const id = await add()
    await take('10:00:00')
    await world
      .fork()
      .execute(`update schedule set next_at = ?, input = '{"by":7}' where id = ?`, [at('10:00:00'), id])
    await take('10:00:01')
    expect(await jobs()).toHaveLength(1)
    expect(await read(id)).toMatchObject({ nextAt: at('10:10:00'), problem: null })
  })

  test('of a paused schedule does not come, and is not caught up after the pause', async () => {
    const id = await add({ catchUp: 'ALL' })
    await inTransaction(world.fork, async (em) =>
      pauseIn(em, world.actor, await read(id), 'holiday', at('09:55:00')),
    )
    expect(await take('11:00:00')).toEqual([])
    await inTransaction(world.fork, async (em) =>
      resumeIn(em, world.actor, await read(id), 'back', at('11:05:00')),
    )
    expect(await read(id)).toMatchObject({ pausedAt: null, nextAt: at('11:10:00') })
    await take('11:10:00')
    expect(await startedFor()).toEqual(['11:10'])
  })
})

describe('when nobody was there for a while', () => {
  const startedAfter = async (catchUp: CatchUpPolicy, time: string, more: Some = {}) => {
    await add({ catchUp, ...more })
    await take(time)
    return startedFor()
  }
  test('ONCE starts a job for the newest tick', async () => {
    expect(await startedAfter('ONCE', '10:45:00')).toEqual(['10:40'])
  })
  test('ALL starts a job for each tick', async () => {
    expect(await startedAfter('ALL', '10:45:00')).toEqual(['10:00', '10:10', '10:20', '10:30', '10:40'])
  })
  test('NONE starts none, except for a tick that is at most 60 s old', async () => {
    expect(await startedAfter('NONE', '10:45:00')).toEqual([])
    expect(await startedAfter('NONE', '10:41:00', { name: 'in-time' })).toEqual(['10:40'])
  })
  test('NONE skips a tick that is 60.001 s old', async () => {
    const id = await add({ catchUp: 'NONE' })
    await take('10:01:00.001')
    expect(await jobs()).toEqual([])
    expect(await read(id)).toMatchObject({ lastTickAt: at('10:00:00'), nextAt: at('10:10:00') })
  })
  test('ALL starts 100 in one transaction, and the rest in the rounds that follow', async () => {
    const id = await add({ catchUp: 'ALL', cron: '* * * * *' })
    expect(await take('13:59:30')).toHaveLength(100)
    expect((await read(id)).nextAt).toEqual(at('11:40:00'))
    expect(await take('13:59:30')).toHaveLength(100)
    expect(await take('13:59:30')).toHaveLength(40)
    expect(await take('13:59:30')).toHaveLength(0)
    expect(new Set(await startedFor()).size).toBe(240)
  })
  test('ONCE after ten years of minutes starts one job', async () => {
    const id = await add({ cron: '* * * * *', nextAt: new Date('2016-01-01T00:00:00Z') })
    expect(await take('10:00:30')).toHaveLength(1)
    expect((await read(id)).lastTickAt).toEqual(at('10:00:00'))
  })
  test('SKIP starts one job at most, whatever is caught up', async () => {
    expect(await startedAfter('ALL', '10:45:00', { overlap: 'SKIP' })).toEqual(['10:00'])
    expect(await take('10:46:00')).toEqual([])
  })
})

describe('while a job of the schedule is not final', () => {
  const settle = (state: string, checkAt: Date | null) =>
    world.fork().execute('update job set state = ?, check_at = ?', [state, checkAt])
  test.each(['PENDING', 'WAITING', 'ACTIVE', 'DELAYED'])('SKIP passes over the tick: %s', async (state) => {
    const id = await add({ overlap: 'SKIP' })
    await take('10:00:00')
    await settle(state, at('11:00:00'))
    await take('10:10:00')
    expect(await startedFor()).toEqual(['10:00'])
    expect(await read(id)).toMatchObject({ lastTickAt: at('10:10:00'), nextAt: at('10:20:00') })
  })
  test.each(['COMPLETED', 'DEAD', 'CANCELLED'])('but not after it is %s', async (state) => {
    await add({ overlap: 'SKIP' })
    await take('10:00:00')
    await settle(state, null)
    await take('10:10:00')
    expect(await startedFor()).toEqual(['10:00', '10:10'])
  })
  test('QUEUE starts another', async () => {
    await add({ overlap: 'QUEUE' })
    await take('10:00:00')
    await take('10:10:00')
    expect(await startedFor()).toEqual(['10:00', '10:10'])
  })
  test('of another schedule or of nobody, SKIP does not mind', async () => {
    await world.ledger.enqueue({
      definition: count,
      input: { by: 1 },
      actor: world.actor,
      idempotencyKey: 'x'.repeat(20),
    })
    await add({ name: 'other' })
    await add({ overlap: 'SKIP' })
    expect(await take('10:00:00')).toHaveLength(2)
  })
})

describe('a schedule that cannot be handled', () => {
  test('because its job is not known here waits for it, without holding up others', async () => {
    const id = await add({ name: 'gone', jobName: 'gone.job', nextAt: at('08:00:00') })
    await add()
    expect(await take('10:00:00')).toHaveLength(1)
    expect((await read(id)).nextAt).toEqual(at('08:00:00'))
    const lines: string[] = []
    const log = pino({ base: null }, { write: (line: string) => lines.push(line) })
    await warnOfUnknownJobs(world.fork(), [count, tidy], log)
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ jobName: 'gone.job', schedules: 1 }])
  })
  test('because its input is not valid any more says so, and works again after the correction', async () => {
    const id = await add({ input: { by: 'much' } })
    expect(await take('10:00:00')).toEqual([])
    const row = await read(id)
    expect(row.nextAt).toEqual(at('10:10:00'))
    expect(row.problem).toContain('by: ')
    await world.fork().execute(`update schedule set input = '{"by":2}' where id = ?`, [id])
    expect(await take('10:10:00')).toHaveLength(1)
    expect((await read(id)).problem).toBeNull()
  })
  test('because its expression cannot be read stops, and says so', async () => {
    const id = await add({ cron: 'often' })
    expect(await take('10:00:00')).toEqual([])
    expect(await read(id)).toMatchObject({ nextAt: null, problem: expect.stringContaining('cron: ') })
  })
  test('but not one whose input is of an older version: it is brought up', async () => {
    await add({ input: { step: 3 }, inputVersion: 1 })
    expect((await take('10:00:00'))[0]).toMatchObject({ input: { by: 3 }, inputVersion: 2 })
  })
})

describe('schedules that come with jobs', () => {
  const all = () => selectSchedules(world.fork(), 'true', [], 'order by name')
  const install = () => installSchedules(world.fork, [count, tidy], '', at('09:00:00'))
  test('are made for every workspace, those of the installation for the default one only', async () => {
    const other = newId('workspace')
    await world
      .fork()
      .execute(
        `insert into workspace (id, slug, name, time_zone, created_at) values (?, 'other', 'Other', 'Asia/Kolkata', ?)`,
        [other, new Date()],
      )
    await install()
    expect(
      (await all()).map(({ name, workspaceId, timeZone }) => [name, workspaceId, timeZone]).sort(),
    ).toEqual(
      [
        ['count.up', world.actor.workspaceId, 'UTC'],
        ['count.up', other, 'Asia/Kolkata'],
        ['tidy.all', world.actor.workspaceId, 'Europe/Berlin'],
      ].sort(),
    )
    expect(
      await selectSchedules(world.fork(), "name = 'count.up' and workspace_id = ?", [other]),
    ).toMatchObject([
      { builtIn: true, overlap: 'SKIP', catchUp: 'ALL', input: { by: 1 }, nextAt: at('09:47:00') },
    ])
  })
  test('are made once: what was changed stays, by whomever it is installed', async () => {
    await install()
    await world
      .fork()
      .execute("update schedule set cron = '0 5 * * *', paused_at = ?, next_at = null", [at('09:30:00')])
    const before = await all()
    await Promise.all([install(), install()])
    expect(await all()).toEqual(before)
  })
})
