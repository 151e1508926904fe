import { afterAll, beforeAll, expect, test } from 'vitest'
import { healthRoutes, processGauges, startHealth } from './health.ts'

let away = false
let health: Awaited<ReturnType<typeof startHealth>>
beforeAll(async () => {
  const gauges = async () => {
    if (away) throw new Error('Redis is away')
    return processGauges('test')
  }
  const checks = {
    redis: () => {
      if (away) throw Object.assign(new Error('no'), { code: 'ECONNREFUSED' })
    },
  }
  health = await startHealth('127.0.0.1', 0, healthRoutes(checks, gauges))
})
afterAll(() => health.close())

const get = (path: string) => fetch(`http://127.0.0.1:${health.port}${path}`)

test('a process that lost Redis says so and lives on, also when its metrics are asked for', async () => {
  expect((await get('/metrics')).status).toBe(200)
  away = true
  expect((await get('/metrics')).status).toBe(503)
  const ready = await get('/readyz')
  expect(ready.status).toBe(503)
  expect(await ready.json()).toEqual({ ready: false, checks: { redis: 'ECONNREFUSED' } })
  expect((await get('/healthz')).status).toBe(200)
  away = false
  expect((await get('/metrics')).status).toBe(200)
})
