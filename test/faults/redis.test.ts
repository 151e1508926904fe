import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Instance, startRedis } from '../../scripts/services/index.ts'
import {
  createLeads,
  untilFinal,
  untilRunning,
  untilSeen,
  watchJobs,
  wrongHistories,
} from '../support/leads.ts'
import { type System, startTestSystem } from '../support/system.ts'

let redis: Instance
let system: System
beforeAll(async () => {
  redis = await startRedis('.data/test/faults')
  system = await startTestSystem({ redisUrl: redis.url })
})
afterAll(async () => {
  await system?.close()
  await redis?.release()
})

test('Redis is away for 20 s: leads are taken, nobody is lost or written to twice, and the watcher sees the end', async () => {
  const watch = watchJobs(system)
  const before = await createLeads(system, 0, 10)
  await redis.stop()
  const during = await createLeads(system, 10, 10)
  await sleep(20_000)
  await redis.start()
  const ids = [...before, ...during]
  expect(await untilFinal(system, ids)).toEqual({ COMPLETED: 20 })
  await untilSeen(watch, ids)
  const { total, duplicates } = await system.sends()
  expect({ total, duplicates }).toEqual({ total: 40, duplicates: [] })
  watch.stop()
})

test('Redis is emptied in mid-run: every job is done all the same, once, and the watcher is told of the gap', async () => {
  const watch = watchJobs(system)
  await system.sandbox('POST', '/faults', {
    vendor: 'hubspot',
    match: {},
    times: 10,
    action: { delayMs: 1_500 },
  })
  const ids = await createLeads(system, 100, 40)
  await untilRunning(system, 5)
  await flush(redis.url)
  const more = await createLeads(system, 140, 5)
  expect(await untilFinal(system, [...ids, ...more], 120_000)).toEqual({ COMPLETED: 45 })
  await untilSeen(watch, [...ids, ...more])
  expect(watch.others).toContain('JobEventsGap')
  expect(await wrongHistories(system, [...ids, ...more])).toEqual([])
  const { total, duplicates } = await system.sends()
  expect({ total, duplicates }).toEqual({ total: 40 + 90, duplicates: [] })
  watch.stop()
})

async function flush(url: string): Promise<void> {
  const { Redis } = await import('ioredis')
  const client = new Redis(url)
  await client.flushall()
  client.disconnect()
}
