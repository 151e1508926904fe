import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Em } from '../../entities/index.ts'
import { insertSchedules } from '../../ledger/schedules/schedule-row.ts'
import { whatsappTemplates } from '../../workers/whatsapp.templates.ts'
import { type Process, startEntry } from '../support/processes.ts'
import { type Stage, setStage } from '../support/system.ts'
import { until } from '../support/world.ts'

let stage: Stage
const processes: Process[] = []
beforeAll(async () => {
  stage = await setStage()
})
afterAll(async () => {
  await Promise.all(processes.map((process) => process.stop()))
  await stage.close()
})

const minute = 60_000
const fork = () => stage.orm.em.fork() as Em
const start = async () => {
  const dispatcher = await startEntry('bin/dispatcher.ts', { ...stage.env, WORKER_HEALTH_PORT: '0' })
  processes.push(dispatcher)
  return dispatcher
}
const jobs = async () => {
  const [row] = await fork().execute<{ n: number; keys: number }[]>(
    'select count(*) as n, count(distinct idempotency_key) as `keys` from job where schedule_id is not null',
  )
  return { n: Number(row!.n), keys: Number(row!.keys) }
}

test('dispatchers that are killed in the middle of their ticks leave none out and none twice', async () => {
  const now = Math.floor(Date.now() / minute) * minute
  // The ticks end with a day that is over, so that none is added while the test runs.
  const day = new Date(now - 86_400_000)
  const cron = `* * ${day.getUTCDate()} ${day.getUTCMonth() + 1} *`
  const first = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate(), 18))
  const schedules = Array.from({ length: 20 }, (_, n) => ({
    definition: whatsappTemplates,
    workspaceId: stage.workspaceId,
    name: `each-${n}`,
    input: {},
    cron,
    timeZone: 'UTC',
    overlap: 'QUEUE' as const,
    catchUp: 'ALL' as const,
    builtIn: false,
    nextAt: first,
  }))
  await insertSchedules(fork(), schedules, new Date())
  for (const share of [0.1, 0.3, 0.6]) {
    const [leader, other] = await Promise.all([start(), start()])
    await until('some ticks are taken', async () => (await jobs()).n >= 7_200 * share)
    await Promise.all([leader!.stop('SIGKILL'), other!.stop('SIGKILL')])
  }
  await start()
  await until('all ticks are taken', async () => (await jobs()).n >= 7_200, 60_000)
  expect(await jobs()).toEqual({ n: 7_200, keys: 7_200 })
  const late = await fork().execute('select id from schedule where next_at <= ?', [new Date()])
  expect(late).toEqual([])
})
