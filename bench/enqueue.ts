import { Queue } from 'bullmq'
import { leadCreated } from '../workers/lead.created.ts'
import { watchCpu } from './support/cpu.ts'
import { type HttpConnection, openHttp } from './support/http.ts'
import { type Loaded, load } from './support/load.ts'
import { startBoss } from './support/pg-boss.ts'
import { median, remark, report } from './support/report.ts'
import { openRedis, peerRedisUrl } from './support/services.ts'
import { createSystem, jobName } from './support/system.ts'

/**
 * How many jobs a second one API process takes over HTTP, each durable in MariaDB before its answer, while no worker
 * runs; against pg-boss (durable, in PostgreSQL) and BullMQ's bare `add` (not durable), both without HTTP.
 */

const rounds = 3
const seconds = 4
const warmUpSeconds = 3
/** Connections of pg-boss: the best of 10, 32 and 64 here. */
const bossConnections = 32

const input = { leadId: 'lead_01jdbench000000000000000000' }
const body = JSON.stringify({
  query:
    'mutation ($input: EnqueueLeadCreatedInput!) { enqueueLeadCreated(input: $input) { ... on EnqueuePayload { job { id state } } ... on Error { code message } } }',
  variables: { input },
})

const system = await createSystem()
const api = await system.startApi()
const redis = openRedis(peerRedisUrl)
await redis.flushdb()
const queue = new Queue(jobName, { connection: redis })
const boss = await startBoss(bossConnections, input)
const connections: HttpConnection[] = []

try {
  for (const clients of [32, 128]) await measure(clients)
} finally {
  for (const connection of connections) connection.close()
  await boss?.stop()
  await redis.flushdb()
  await queue.close()
  redis.disconnect()
  await system.close()
}

async function measure(clients: number): Promise<void> {
  while (connections.length < clients) connections.push(await openHttp(system.url, system.key))
  const contenders: Record<string, (client: number) => Promise<unknown>> = {
    ours: mutate,
    add: () => queue.add(jobName, input),
    ...(boss && { boss: () => boss.send() }),
    ledger: () => system.ledger.enqueue({ definition: leadCreated, input, actor: system.actor }),
  }
  const results: Record<string, Loaded[]> = {}
  for (const call of Object.values(contenders)) await load(clients, warmUpSeconds, call)
  for (let round = 0; round < rounds; round++)
    for (const [name, call] of Object.entries(contenders)) {
      const cpu = watchCpu({ api: api.pid, load: process.pid })
      const result = await load(clients, seconds, call)
      results[name] = [...(results[name] ?? []), result]
      remark(
        `${clients} clients, ${name}: ${Math.round(result.perSecond)}/s, p50 ${result.p50Ms.toFixed(1)} ms, p99 ${result.p99Ms.toFixed(1)} ms; CPU µs each: ${cpu(result.count)}`,
      )
      if (name === 'add') await redis.flushdb()
    }
  const rate = (name: string) => median((results[name] ?? []).map(({ perSecond }) => perSecond))
  const suffix = clients === 32 ? '' : `_${clients}`
  report(
    'enqueue',
    `durable_vs_pgboss${suffix}`,
    rate('ours'),
    boss && { name: 'pg-boss send', value: rate('boss') },
  )
  report('enqueue', `vs_bullmq_add${suffix}`, rate('ours'), { name: 'bullmq Queue.add', value: rate('add') })
  remark(`${clients} clients, median of the ledger without HTTP: ${Math.round(rate('ledger'))}/s`)
}

async function mutate(client: number): Promise<void> {
  const answer = await connections[client]!.post(body)
  if (!answer.includes('"PENDING"')) throw new Error(`The API refused: ${answer}`)
}
