import type { Lead } from '../../entities/lead.ts'
import type { Message } from '../../entities/message.ts'
import type { Row } from '../../entities/row.ts'
import { fromSql } from '../../entities/sql.ts'
import type { AnyJobDefinition } from '../../ledger/definition.ts'
import type { JobRow } from '../../ledger/row.ts'
import { type LeadFields, nobody } from '../../marketing/lead-row.ts'
import { insertLeads } from '../../marketing/leads.ts'
import { connect } from '../../queue/connection.ts'
import { createScripts } from '../../queue/scripts.ts'
import { loadConfig } from '../../runtime/config.ts'
import { createConnections } from '../../runtime/integrations/accounts.ts'
import { createVault } from '../../runtime/secrets.ts'
import { createServices, type SendingServices } from '../../runtime/services.ts'
import { startSandbox } from '../../sandbox/server.ts'
import { messageResolve } from '../../workers/message.resolve.ts'
import { messageSend } from '../../workers/message.send.ts'
import { settings } from './system.ts'
import { createWorld, type World } from './world.ts'

/** For tests of jobs: they run as they do in production, with real MariaDB and Redis; the vendors are the sandbox. */
export interface JobStage {
  world: World
  services: SendingServices
  /** Adds a lead of the workspace; answers with its id. */
  addLead(fields: Partial<LeadFields>): Promise<string>
  lead(id: string): Promise<Row<Lead>>
  /** Runs a job to its end: COMPLETED with its `result`, or DEAD with its error. */
  run(definition: AnyJobDefinition, input: unknown): Promise<JobRow>
  /** What the vendors were given to send to an address, oldest first. */
  sends(address: string): Promise<{ template: string; correlation: string }[]>
  /** The messages of a lead, oldest first. */
  messages(leadId: string): Promise<Row<Message>[]>
  /** The lead's timeline in words, e.g. `MESSAGE_SKIPPED SUPPRESSED`. */
  timeline(leadId: string): Promise<string[]>
  /** Talks to the sandbox, e.g. to let a vendor fail; see sandbox/README.md. */
  sandbox<T>(method: string, path: string, body?: unknown): Promise<T>
  close(): Promise<void>
}

/** Starts workers for these jobs, and for those that look lost messages up and send them again. */
export async function startJobs(definitions: AnyJobDefinition[]): Promise<JobStage> {
  const sandbox = await startSandbox({ settings: { webhooksEnabled: false, mandrillIndexDelayMs: 0 } })
  const lookUp = { ...messageResolve, backoff: { type: 'fixed', delay: 100, jitter: 0 } as const }
  const world = await createWorld([...definitions, lookUp, messageSend])
  const { fork, log, ledger, actor, databaseUrl, redisUrl, prefix } = world
  const env = { ...settings(sandbox.url), DATABASE_URL: databaseUrl, REDIS_URL: redisUrl }
  const config = loadConfig({ ...env, REDIS_PREFIX: prefix })
  const redis = connect(redisUrl, 'patient', () => undefined)
  const parts = { config, vault: createVault(config.ENCRYPTION_KEYS), fork, log, run: createScripts(redis) }
  const services = createServices(config, createConnections(parts), fork)
  world.startDispatcher()
  world.startWorkers({ services })
  const rows = <T>(sql: string, id: string) =>
    fork()
      .execute<Record<string, unknown>[]>(sql, [id])
      .then((found) => found.map((row) => fromSql<T>(row)))
  const control: JobStage['sandbox'] = async (method, path, body) => {
    const init = { method, ...(body !== undefined && { body: JSON.stringify(body) }) }
    const answer = await fetch(`${sandbox.url}/_sandbox${path}`, init)
    if (!answer.ok) throw new Error(`The sandbox answered ${answer.status}: ${await answer.text()}`)
    const text = await answer.text()
    return (text === '' ? undefined : JSON.parse(text)) as never
  }
  return {
    world,
    services,
    async addLead(fields) {
      const item = { ...nobody, ...fields, correlationId: 'test' }
      const add = (em: Parameters<Parameters<typeof ledger.transaction>[0]>[0]) =>
        insertLeads(em, actor.workspaceId, [item], new Date())
      const [added] = await ledger.transaction(add)
      if (added?.kind !== 'created') throw new Error('The lead exists')
      return added.lead.id
    },
    lead: async (id) => (await rows<Row<Lead>>('select * from `lead` where id = ?', id))[0]!,
    async run(definition, input) {
      const { job } = await ledger.enqueue({ definition, input, actor })
      return world.until(`${definition.name} is at its end`, async () => {
        const now = await world.job(job.id)
        return ['COMPLETED', 'DEAD'].includes(now.state) ? now : undefined
      })
    },
    async sends(address) {
      const recipient = encodeURIComponent(address.replace(/^\+/, ''))
      return (await control<{ sends: [] }>('GET', `/sends?recipient=${recipient}`)).sends
    },
    messages: (leadId) => rows<Row<Message>>('select * from message where lead_id = ? order by id', leadId),
    async timeline(leadId) {
      const sql = 'select type, detail from lead_event where lead_id = ? order by seq'
      const events = await rows<{ type: string; detail: { reason?: string } }>(sql, leadId)
      return events.map(({ type, detail }) => [type, detail.reason].filter(Boolean).join(' '))
    },
    sandbox: control,
    async close() {
      await world.close()
      redis.disconnect()
      await sandbox.close()
    },
  }
}
