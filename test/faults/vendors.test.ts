import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLeads, untilFinal } from '../support/leads.ts'
import { type System, startTestSystem } from '../support/system.ts'
import { until } from '../support/world.ts'

let system: System
beforeAll(async () => {
  system = await startTestSystem()
})
afterAll(() => system?.close())

interface Seen {
  vendor: string
  breaker: string
  lastError: string | null
}

async function integration(vendor: string): Promise<Seen> {
  const { integrations } = await system.ask<{ integrations: Seen[] }>(
    '{ integrations { vendor breaker lastError } }',
  )
  return integrations.find((one) => one.vendor === vendor)!
}

const attemptsOf = (ids: string[]) =>
  system.orm.em
    .fork()
    .execute<{ outcome: string; error_class: string | null }[]>(
      `select outcome, error_class from job_attempt where job_id in (${ids.map(() => '?').join(', ')})`,
      ids,
    )

test('a vendor that is down for 30 s kills no job and holds up no other vendor; one probe brings its work back', async () => {
  await system.sandbox('PUT', '/down', { vendor: 'mailchimp', down: true })
  const ids = await createLeads(system, 100, 30)
  await until('the others got their work', async () => (await system.sends()).total >= 60)
  await until('the breaker is open', async () => (await integration('MAILCHIMP')).breaker === 'OPEN')
  await sleep(30_000)
  await system.sandbox('PUT', '/down', { vendor: 'mailchimp', down: false })
  expect(await untilFinal(system, ids, 90_000)).toEqual({ COMPLETED: 30 })
  expect((await integration('MAILCHIMP')).breaker).toBe('CLOSED')
  expect((await system.sends()).duplicates).toEqual([])
}, 120_000)

test('a key that expires makes one alert, uses up no attempt, and its work goes on when it is accepted again', async () => {
  const refused = { vendor: 'hubspot', action: { status: 401 } }
  const { id } = await system.sandbox<{ id: string }>('POST', '/faults', refused)
  const ids = await createLeads(system, 200, 10)
  await until('the account is locked', async () => (await integration('HUBSPOT')).breaker === 'AUTH')
  await until('all were put back', async () => {
    const put = (await attemptsOf(ids)).filter(({ outcome }) => outcome === 'POSTPONED')
    return put.length >= 10
  })
  await system.sandbox('DELETE', `/faults/${id}`)
  await system.ask('mutation { forceIntegration(input: { vendor: HUBSPOT, state: CLOSED }) { __typename } }')
  expect(await untilFinal(system, ids, 120_000)).toEqual({ COMPLETED: 10 })
  const attempts = await attemptsOf(ids)
  expect(attempts.filter(({ outcome }) => outcome === 'FAILED')).toEqual([])
  const alerts = system.worker
    .log()
    .split('\n')
    .filter((line) => line.includes('"alert":true') && line.includes('hubspot'))
  expect(alerts).toHaveLength(1)
}, 150_000)
