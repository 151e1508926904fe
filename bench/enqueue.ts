import { Queue } from 'bullmq'
import { nobody } from '../marketing/lead-row.ts'
import { insertLeads } from '../marketing/leads.ts'
import { leadCreated } from '../workers/lead.created.ts'
import { type CpuSeconds, showCpu, watchCpu } from './support/cpu.ts'
import { type HttpConnection, openHttp } from './support/http.ts'
import { type Loaded, load } from './support/load.ts'
import { startBoss } from './support/pg-boss.ts'
import { median, remark, report } from './support/report.ts'
import { openRedis, peerRedisUrl } from './support/services.ts'
import { createSystem, jobName } from './support/system.ts'

/**
 * How many jobs a second one API process takes over HTTP, each durable in MariaDB before its answer, while no worker
 * runs; against pg-boss (durable, in PostgreSQL) and BullMQ's bare `add` (not durable), both without HTTP. Besides:
 * leads with their job, and the ledger without HTTP.
 */

/** Many short turns: a disturbance of the machine then hits all alike. */
const rounds = 9
const seconds = 1.5
const warmUpSeconds = 3
/** Connections of pg-boss: the best of 10, 32 and 64 here. */
const bossConnections = 32

const system = await createSystem()
const api = await system.startApi()
const [made] = await system.ledger.transaction((em) =>
  insertLeads(em, system.actor.workspaceId, [{ ...nobody, correlationId: 'bench' }], new Date()),
)
const input = { leadId: made!.kind === 'created' ? made!.lead.id : made!.leadId }
const enqueueBody = JSON.stringify({
  query:
    'mutation ($input: EnqueueLeadCreatedInput!) { enqueueLeadCreated(input: $input) { ... on EnqueuePayload { job { id state } } ... on Error { code message } } }',
  variables: { input },
})

const redis = openRedis(peerRedisUrl)
await redis.flushdb()
const queue = new Queue(jobName, { connection: redis })
const boss = await startBoss(bossConnections, input)
const connections: HttpConnection[] = []
let leads = 0

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

interface Turn extends Loaded {
  cpu: CpuSeconds
}

async function measure(clients: number): Promise<void> {
  while (connections.length < clients) connections.push(await openHttp(system.url, system.key))
  const contenders: Record<string, (client: number) => Promise<unknown>> = {
    ours: (client) => mutate(client, enqueueBody, '"PENDING"'),
    add: () => queue.add(jobName, input),
    ...(boss && { boss: () => boss.send() }),
    lead: (client) => mutate(client, leadBody(), 'CreateLeadPayload'),
    ledger: () => system.ledger.enqueue({ definition: leadCreated, input, actor: system.actor }),
  }
  const turns: Record<string, Turn[]> = {}
  for (const call of Object.values(contenders)) await load(clients, warmUpSeconds, call)
  for (let round = 0; round < rounds; round++)
    for (const [name, call] of Object.entries(contenders)) {
      const cpu = watchCpu({ api: api.pid, load: process.pid })
      const result = await load(clients, seconds, call)
      turns[name] = [...(turns[name] ?? []), { ...result, cpu: cpu() }]
      if (name === 'add') await redis.flushdb()
    }
  for (const [name, done] of Object.entries(turns)) remark(`${clients} clients, ${name}: ${show(done)}`)
  const rate = (name: string) => median((turns[name] ?? []).map(({ perSecond }) => perSecond))
  const suffix = clients === 32 ? '' : `_${clients}`
  const pgBoss = boss && { name: 'pg-boss send', value: rate('boss') }
  report('enqueue', `durable_vs_pgboss${suffix}`, rate('ours'), pgBoss)
  report('enqueue', `vs_bullmq_add${suffix}`, rate('ours'), { name: 'bullmq Queue.add', value: rate('add') })
  report('enqueue', `create_lead${suffix}`, rate('lead'))
}

function show(turns: Turn[]): string {
  const middle = (key: keyof Loaded) => median(turns.map((turn) => turn[key]))
  const count = turns.reduce((total, turn) => total + turn.count, 0)
  const cpu = turns.map((turn) => turn.cpu)
  const waits = `p50 ${middle('p50Ms').toFixed(1)} ms, p99 ${middle('p99Ms').toFixed(1)} ms`
  return `${Math.round(middle('perSecond'))}/s, ${waits}; ${showCpu(cpu, count)}`
}

async function mutate(client: number, body: string, expected: string): Promise<void> {
  const answer = await connections[client]!.post(body)
  if (!answer.includes(expected)) throw new Error(`The API refused: ${answer}`)
}

function leadBody(): string {
  leads += 1
  return JSON.stringify({
    query:
      'mutation ($input: CreateLeadInput!) { createLead(input: $input) { __typename ... on CreateLeadPayload { job { id state } } ... on Error { code message } } }',
    variables: { input: { email: `lead-${leads}@example.com`, firstName: 'Anna', locale: 'en' } },
  })
}
