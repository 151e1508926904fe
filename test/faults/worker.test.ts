import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLeads, untilFinal, untilSeen, watchJobs, wrongHistories } from '../support/leads.ts'
import type { Process } from '../support/processes.ts'
import { type System, startTestSystem } from '../support/system.ts'
import { until } from '../support/world.ts'

let system: System
let worker: Process
beforeAll(async () => {
  system = await startTestSystem({ dispatchers: 2 })
})
afterAll(() => system?.close())

interface Message {
  id: string
  state: string
}

function messagesOf(jobs: string[]): Promise<Message[]> {
  return system.orm.em
    .fork()
    .execute<Message[]>(
      `select id, state from message where job_id in (${jobs.map(() => '?').join(', ')})`,
      jobs,
    )
}

test('a worker is killed in the middle of sending: another one finishes its jobs, and nobody is written to twice', async () => {
  const watch = watchJobs(system)
  await system.sandbox('POST', '/faults', {
    vendor: 'mandrill',
    match: { path: 'messages/send' },
    times: 8,
    action: { delayMs: 2_000 },
  })
  await system.sandbox('POST', '/faults', {
    vendor: 'whatsapp',
    match: { path: 'messages' },
    times: 8,
    action: { delayMs: 2_000 },
  })
  const ids = await createLeads(system, 0, 15)
  await until(
    'messages are on their way',
    async () => (await messagesOf(ids)).filter(({ state }) => state === 'CLAIMED').length >= 8,
  )
  await system.worker.stop('SIGKILL')
  worker = await system.start('worker')
  expect(await untilFinal(system, ids)).toEqual({ COMPLETED: 15 })
  await untilSeen(watch, ids)
  expect([...watch.seen.values()].flat()).toContain('STALLED')
  expect(await wrongHistories(system, ids)).toEqual([])
  const settled = await until('no message is left in the open', async () => {
    const all = await messagesOf(ids)
    return all.length === 30 && all.every(({ state }) => state !== 'CLAIMED') ? all : undefined
  })
  // A message whose sending was cut off before it began is UNKNOWN: it was not sent, and is not sent blindly.
  const { sends, duplicates } = await system.sends()
  const accepted = settled.filter(({ state }) => state === 'ACCEPTED').map(({ id }) => id)
  expect(sends.map(({ correlation }) => correlation).sort()).toEqual(accepted.sort())
  expect(duplicates).toEqual([])
  watch.stop()
})

test('answers get lost after the effect, and calls fail: every lead is welcomed once', async () => {
  await system.sandbox('DELETE', '/state')
  for (const vendor of ['mandrill', 'whatsapp', 'mailchimp', 'hubspot']) {
    await system.sandbox('POST', '/faults', {
      vendor,
      match: { method: 'POST|PUT' },
      probability: 0.15,
      seed: 7,
      action: { drop: 'after' },
    })
    await system.sandbox('POST', '/faults', {
      vendor,
      match: { method: 'POST|PUT' },
      probability: 0.1,
      seed: 8,
      action: { status: 429 },
    })
    await system.sandbox('POST', '/faults', {
      vendor,
      match: { method: 'PUT' },
      probability: 0.1,
      seed: 9,
      action: { status: 500 },
    })
  }
  const ids = await createLeads(system, 100, 25)
  expect(await untilFinal(system, ids)).toEqual({ COMPLETED: 25 })
  await until(
    'lost answers are resolved',
    async () => (await messagesOf(ids)).every(({ state }) => state === 'ACCEPTED'),
    60_000,
  )
  const { total, duplicates } = await system.sends()
  expect({ total, duplicates }).toEqual({ total: 50, duplicates: [] })
})

test('the leading dispatcher is killed: the other takes over, and jobs go on', async () => {
  const ids = await createLeads(system, 200, 5)
  const leader = system.dispatchers.find((dispatcher) => dispatcher.log().includes('This process leads'))
  await leader!.stop('SIGKILL')
  const more = await createLeads(system, 205, 5)
  expect(await untilFinal(system, [...ids, ...more])).toEqual({ COMPLETED: 10 })
})

test('a job whose workers are lost too often is dead, and none of its messages stands as if it were still being sent', async () => {
  await system.sandbox('DELETE', '/state')
  const { id: fault } = await system.sandbox<{ id: string }>('POST', '/faults', {
    vendor: 'mandrill',
    match: { path: 'messages/send' },
    times: 1,
    action: { delayMs: 60_000 },
  })
  const [id] = await createLeads(system, 300, 1)
  const states = async () => (await messagesOf([id!])).map(({ state }) => state)
  await until('its mail has reached the vendor', async () => {
    const { hits } = await system.sandbox<{ hits: number }>('GET', `/faults/${fault}`)
    return hits > 0
  })
  await until('it runs', async () => (await jobOf(id!)).state === 'ACTIVE')
  await lostBefore(id!, 3)
  await worker.stop('SIGKILL')
  await system.start('worker')
  expect(await untilFinal(system, [id!])).toEqual({ DEAD: 1 })
  expect(await jobOf(id!)).toMatchObject({ error_class: 'STALLED' })
  await until('its messages are left', async () => !(await states()).includes('CLAIMED'))
  // The vendor's own report may have come before the job was dead.
  expect(['ACCEPTED', 'UNKNOWN']).toEqual(expect.arrayContaining(await states()))
})

async function jobOf(id: string): Promise<{ state: string; error_class: string | null }> {
  const em = system.orm.em.fork()
  const [job] = await em.execute<{ state: string; error_class: string | null }[]>(
    'select state, error_class from job where id = ?',
    [id],
  )
  return job!
}

/** Lets BullMQ believe that so many workers of the job were lost. */
async function lostBefore(id: string, times: number): Promise<void> {
  const { Redis } = await import('ioredis')
  const client = new Redis(system.env.REDIS_URL!)
  await client.hset(`{${system.env.REDIS_PREFIX}:lead.created}:lead.created:${id}`, 'stc', times)
  client.disconnect()
}
