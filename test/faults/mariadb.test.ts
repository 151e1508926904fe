import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Instance, startMariadb } from '../../scripts/services/index.ts'
import { createLeads, untilFinal, untilRunning, untilSeen, watchJobs } from '../support/leads.ts'
import { type System, startTestSystem } from '../support/system.ts'

let mariadb: Instance
let system: System
beforeAll(async () => {
  mariadb = await startMariadb('.data/test/faults')
  system = await startTestSystem({ databaseUrl: mariadb.url })
})
afterAll(async () => {
  await system?.close()
  await mariadb?.release()
})

test('MariaDB is stopped and started again in mid-run: jobs wait without using attempts, and nobody is written to twice', async () => {
  const watch = watchJobs(system)
  await system.sandbox('POST', '/faults', {
    vendor: 'hubspot',
    match: {},
    times: 20,
    action: { delayMs: 1_000 },
  })
  const ids = await createLeads(system, 0, 30)
  await untilRunning(system, 5)
  await mariadb.stop()
  await expect(createLeads(system, 30, 1)).rejects.toThrow()
  await sleep(5_000)
  await mariadb.start()
  expect(await untilFinal(system, ids)).toEqual({ COMPLETED: 30 })
  await untilSeen(watch, ids)
  const { total, duplicates } = await system.sends()
  expect({ total, duplicates }).toEqual({ total: 60, duplicates: [] })
  watch.stop()
})
