import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { insertRows } from '../entities/sql.ts'
import { defineJobFor } from '../ledger/definition.ts'
import { type Api, startApi } from '../test/support/api.ts'

const define = defineJobFor<unknown>()
const tidyUp = define({ name: 'tidy.up', description: 'Tidies.', input: z.object({}), async run() {} })
const washUp = define({ name: 'wash.up', description: 'Washes.', input: z.object({}), async run() {} })

let api: Api
let other: string
beforeAll(async () => {
  api = await startApi([tidyUp, washUp])
  other = await api.addWorkspace()
})
afterAll(() => api.close())

const columns = ['workspace_id', 'hour_at', 'name', 'measure', 'bucket', 'count']
const count = (time: string, measure: string, times: number, bucket = 0, workspaceId?: string) => [
  workspaceId ?? api.world.actor.workspaceId,
  new Date(time),
  'tidy.up',
  measure,
  bucket,
  times,
]

const figures =
  'completed dead cancelled failedAttempts failureRate perHour waitMs { p50 p95 p99 } runMs { p50 p95 p99 }'
const stats = (args: string, key?: string) =>
  api.ask(
    `{ jobStats(${args}) { name total { ${figures} } points { at ${figures} } waiting active queueAgeMs } }`,
    {},
    { key },
  )

test('what was counted comes by name and step, in order and without holes, of the own workspace alone', async () => {
  await insertRows(api.world.fork(), 'job_stat_hour', columns, [
    count('2026-11-24T10:00:00Z', 'COMPLETED', 90),
    count('2026-11-24T10:00:00Z', 'FAILED', 10),
    count('2026-11-24T10:00:00Z', 'RUN', 94, 39),
    count('2026-11-24T10:00:00Z', 'RUN', 6, 50),
    count('2026-11-24T10:00:00Z', 'WAIT', 100, 0),
    count('2026-11-24T12:00:00Z', 'DEAD', 4),
    count('2026-11-24T12:00:00Z', 'CANCELLED', 2),
    count('2026-11-24T13:00:00Z', 'DEAD', 1_000),
    count('2026-11-24T12:00:00Z', 'DEAD', 1_000, 0, other),
  ])
  const range = 'range: { from: "2026-11-24T10:20:00Z", to: "2026-11-24T12:40:00Z" }'
  const { data } = await stats(`${range}, names: [TIDY_UP]`)
  const [tidy] = data.jobStats
  expect(tidy.points.map(({ at }: { at: string }) => at)).toEqual(
    [10, 11, 12].map((hour) => `2026-11-24T${hour}:00:00.000Z`),
  )
  const nothing = { completed: 0, dead: 0, cancelled: 0, failedAttempts: 0, failureRate: null, perHour: 0 }
  const unmeasured = { waitMs: null, runMs: null }
  // Of class 39 is what is below 2 ** (40 / 4) - 1 ms, of class 50 what is below 2 ** (51 / 4) - 1 ms.
  expect(tidy.points[0]).toMatchObject({ completed: 90, failedAttempts: 10, failureRate: 0.1, perHour: 90 })
  expect(tidy.points[0].runMs).toEqual({ p50: 1_022, p95: 6_887, p99: 6_887 })
  expect(tidy.points[0].waitMs).toEqual({ p50: 0, p95: 0, p99: 0 })
  expect(tidy.points[1]).toMatchObject({ ...nothing, ...unmeasured })
  expect(tidy.points[2]).toMatchObject({ ...nothing, dead: 4, cancelled: 2, perHour: 6 })
  expect(tidy.total).toMatchObject({ completed: 90, dead: 4, cancelled: 2, perHour: 32 })

  const days = await stats(`${range}, granularity: DAY`)
  expect(days.data.jobStats.map(({ name }: { name: string }) => name)).toEqual(['TIDY_UP', 'WASH_UP'])
  expect(days.data.jobStats[0].points).toMatchObject([
    { at: '2026-11-24T00:00:00.000Z', completed: 90, dead: 1_004 },
  ])
})

test('a range that is empty or has too many steps is refused', async () => {
  const asked = [
    'from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z"',
    'from: "2020-01-01T00:00:00Z", to: "2026-01-01T00:00:00Z"',
  ]
  for (const range of asked)
    expect((await stats(`range: { ${range} }`)).errors?.[0]?.extensions.code).toBe('INVALID_INPUT')
})

test('the age of a queue is that of the oldest job that is due and was not started', async () => {
  const { ledger, actor, fork } = api.world
  const enqueue = async (runAt: Date, workspaceId = actor.workspaceId) => {
    const request = { definition: washUp, input: {}, actor: { ...actor, workspaceId } }
    const { job } = await ledger.enqueue(runAt > new Date() ? { ...request, runAt } : request)
    await fork().execute('update job set run_at = ? where id = ?', [runAt, job.id])
    return job.id
  }
  const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000)
  const started = await enqueue(ago(90))
  await fork().execute("update job set state = 'ACTIVE', starts = 1 where id = ?", [started])
  const triedAgain = await enqueue(ago(80))
  await fork().execute("update job set state = 'WAITING', starts = 1 where id = ?", [triedAgain])
  await enqueue(ago(30))
  await enqueue(ago(20))
  await enqueue(ago(-60))
  await enqueue(ago(200), other)
  const range = 'range: { from: "2026-11-24T10:00:00Z", to: "2026-11-24T11:00:00Z" }, names: [WASH_UP]'
  const { data } = await stats(range, api.keys.VIEWER)
  expect(data.jobStats[0]).toMatchObject({ waiting: 2, active: 1 })
  expect(data.jobStats[0].queueAgeMs).toBeGreaterThanOrEqual(30 * 60_000)
  expect(data.jobStats[0].queueAgeMs).toBeLessThan(80 * 60_000)
})
