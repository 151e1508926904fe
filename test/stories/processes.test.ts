import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findFreePort } from '../../scripts/services/index.ts'
import { createLeads, untilFinal } from '../support/leads.ts'
import { startEntry } from '../support/processes.ts'
import { type System, startTestSystem } from '../support/system.ts'
import { until } from '../support/world.ts'

let system: System
beforeAll(async () => {
  system = await startTestSystem()
})
afterAll(() => system?.close())

describe('a process', () => {
  test('names every setting that is missing or wrong at once, without repeating a value, and ends with 1', async () => {
    const env = { ...system.env, DATABASE_URL: '', PORT: 'eighty', MAILCHIMP_API_KEY: 'short' }
    const failure = await startEntry('bin/api.ts', env).catch((error: Error) => error.message)
    expect(failure).toMatch(/DATABASE_URL.*/)
    expect(failure).toMatch(/PORT: .*/)
    expect(failure).toMatch(/MAILCHIMP_API_KEY: .*/)
    expect(failure).not.toContain('short')
  })

  test('that runs jobs tells whether it is alive and can work', async () => {
    const port = await findFreePort(31_000)
    const worker = await system.start('worker', { WORKER_HEALTH_PORT: String(port) })
    const get = (path: string) => fetch(`http://127.0.0.1:${port + 1}${path}`)
    expect(await (await get('/healthz')).json()).toEqual({ alive: true })
    expect(await (await get('/readyz')).json()).toEqual({
      ready: true,
      checks: { database: 'ok', redis: 'ok' },
    })
    expect(await (await get('/metrics')).text()).toContain('solaria_jobs_running{name="lead.created"}')
    await worker.stop()
  })
})

test('a worker that is told to stop in the middle of a job ends in time, and the job goes on elsewhere without losing an attempt', async () => {
  await system.sandbox('POST', '/faults', {
    vendor: 'hubspot',
    match: {},
    times: 4,
    action: { delayMs: 8_000 },
  })
  const ids = await createLeads(system, 0, 4)
  const states = () =>
    system.orm.em
      .fork()
      .execute<{ state: string; attempts_made: number }[]>(
        "select state, attempts_made from job where name = 'lead.created'",
      )
  await until('all run', async () => (await states()).filter(({ state }) => state === 'ACTIVE').length === 4)
  expect(await system.worker.stop('SIGINT')).toBe(0)
  await system.start('worker')
  expect(await untilFinal(system, ids)).toEqual({ COMPLETED: 4 })
  expect((await states()).map(({ attempts_made }) => attempts_made)).toEqual([1, 1, 1, 1])
  const { total, duplicates } = await system.sends()
  expect({ total, duplicates }).toEqual({ total: 8, duplicates: [] })
})
