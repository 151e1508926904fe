import { setTimeout as sleep } from 'node:timers/promises'
import { type Fleet, type Member, memoryOf, startFleet } from './support/fleet.ts'
import { openHttp } from './support/http.ts'
import { load } from './support/load.ts'
import { remark, report } from './support/report.ts'
import { createSystem, type System } from './support/system.ts'

/**
 * What the processes cost in memory (RSS) under PM2: idle for 20 s, and the most of each while leads arrive as fast as
 * the API takes them and are welcomed through the sandbox. The sandbox and PM2 itself are told of, not counted.
 */

const idleSeconds = 20
const loadSeconds = 20
const clients = 16

const system = await createSystem()
try {
  const fleet = await startFleet({ ...system.env, SANDBOX: '1', API_INSTANCES: '2' })
  try {
    await measure(system, fleet)
  } finally {
    await fleet.stop()
  }
} finally {
  await system.close()
}

async function measure({ url, key }: System, { members, daemon }: Fleet): Promise<void> {
  const apps = members.filter(({ name }) => name !== 'sandbox')
  await sleep(idleSeconds * 1_000)
  const idle = rssOf(apps)
  for (const [app, mb] of byApp(apps, idle)) report('memory', `idle_mb ${app}`, mb)
  report('memory', 'fleet_idle_mb', sum(idle))
  remark(
    `proportional share (PSS) of the apps, idle: ${Math.round(sum(apps.map(({ pid }) => memoryOf(pid, 'pss'))))} MB; PM2 itself: ${Math.round(memoryOf(daemon))} MB RSS`,
  )

  const busy = await largestWhile(apps, createLeads(url, key))
  for (const [app, mb] of byApp(apps, busy.each)) report('memory', `loaded_mb ${app}`, mb)
  report('memory', 'fleet_loaded_mb', busy.together)
}

async function createLeads(url: string, key: string): Promise<void> {
  const connections = await Promise.all(Array.from({ length: clients }, () => openHttp(url, key)))
  const query =
    'mutation ($input: CreateLeadInput!) { createLead(input: $input) { __typename ... on CreateLeadPayload { job { id } } ... on Error { message } } }'
  let made = 0
  const result = await load(clients, loadSeconds, async (client) => {
    const input = {
      email: `lead-${++made}@example.com`,
      firstName: 'Anna',
      locale: 'en',
      emailConsent: 'GRANTED',
    }
    const answer = await connections[client]!.post(JSON.stringify({ query, variables: { input } }))
    if (!answer.includes('CreateLeadPayload')) throw new Error(`The API refused: ${answer}`)
  })
  remark(`load: ${result.count} leads, ${Math.round(result.perSecond)}/s`)
  for (const connection of connections) connection.close()
}

/** Samples until `work` is done. */
async function largestWhile(
  apps: Member[],
  work: Promise<void>,
): Promise<{ each: number[]; together: number }> {
  let each = rssOf(apps)
  let together = sum(each)
  let done = false
  const finished = work.finally(() => {
    done = true
  })
  while (!done) {
    const now = rssOf(apps)
    each = each.map((largest, index) => Math.max(largest, now[index]!))
    together = Math.max(together, sum(now))
    await sleep(500)
  }
  await finished
  return { each, together }
}

function rssOf(apps: Member[]): number[] {
  return apps.map(({ pid }) => memoryOf(pid))
}

/** `api 1`, `api 2` and so on where an app has several processes. */
function byApp(apps: Member[], values: number[]): [string, number][] {
  const counts = new Map<string, number>()
  return apps.map(({ name }, index) => {
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    const several = apps.filter((app) => app.name === name).length > 1
    return [several ? `${name} ${count}` : name, values[index]!]
  })
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
