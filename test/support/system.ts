import { createHash, randomBytes } from 'node:crypto'
import { type Client, createClient } from 'graphql-ws'
import { inject } from 'vitest'
import { WebSocket } from 'ws'
import { ApiKey } from '../../entities/api-key.ts'
import { newId } from '../../entities/ids.ts'
import type { Em } from '../../entities/index.ts'
import { Workspace } from '../../entities/workspace.ts'
import { installSchedules } from '../../ledger/schedules/install.ts'
import { type Orm, openOrm } from '../../runtime/db.ts'
import { startSandbox } from '../../sandbox/server.ts'
import { findFreePort } from '../../scripts/services/index.ts'
import { registry } from '../../workers/registry.ts'
import { createDatabase } from './database.ts'
import { type Process, startEntry } from './processes.ts'

/** The whole system as its users have it: real processes, real MariaDB and Redis, vendors played by the sandbox. */
/** Everything around the processes: a database, vendors, a key, and what a client does. */
export interface Stage {
  orm: Orm
  url: string
  wsUrl: string
  sandboxUrl: string
  key: string
  workspaceId: string
  env: Record<string, string>
  ask<T>(query: string, variables?: Record<string, unknown>): Promise<T>
  socket(): Client
  sandbox<T>(method: string, path: string, body?: unknown): Promise<T>
  /** Messages the vendors took, and those they took twice. */
  sends(): Promise<{ total: number; sends: { correlation: string }[]; duplicates: unknown[] }>
  /** Closes the sockets of all clients. */
  disconnect(): void
  close(): Promise<void>
}

export interface System extends Stage {
  api: Process
  worker: Process
  dispatchers: Process[]
  start(entry: 'api' | 'dispatcher' | 'worker', env?: Record<string, string>): Promise<Process>
}

export interface StageOptions {
  databaseUrl?: string
  redisUrl?: string
  env?: Record<string, string>
}

const secret = 'sandbox-webhook-secret'

/** The whole system, each process started by itself. */
export async function startTestSystem(
  options: StageOptions & { dispatchers?: number } = {},
): Promise<System> {
  const stage = await setStage(options)
  const processes: Process[] = []
  const start = async (entry: string, more = {}) => {
    const process = await startEntry(`bin/${entry}.ts`, { ...stage.env, ...more })
    processes.push(process)
    return process
  }
  const [api, worker, ...dispatchers] = await Promise.all([
    start('api'),
    start('worker'),
    ...Array.from({ length: options.dispatchers ?? 1 }, () => start('dispatcher')),
  ])
  const close = async () => {
    stage.disconnect()
    await Promise.all(processes.map((process) => process.stop()))
    await stage.close()
  }
  return { ...stage, api, worker, dispatchers, start, close }
}

/** Sets the stage for processes that somebody else starts with `env`. */
export async function setStage(options: StageOptions = {}): Promise<Stage> {
  const database = await createDatabase(options.databaseUrl ?? inject('databaseUrl'))
  const port = await findFreePort(20_000 + Math.floor(Math.random() * 10_000))
  const api = `http://127.0.0.1:${port}`
  const sandbox = await startSandbox({
    webhooks: {
      mandrill: { url: `${api}/webhooks/mandrill`, key: secret },
      whatsapp: { url: `${api}/webhooks/whatsapp`, appSecret: secret },
      mailchimp: { url: `${api}/webhooks/mailchimp`, secret },
      hubspot: { url: `${api}/webhooks/hubspot`, secret },
    },
  })
  const orm = await openOrm({ DATABASE_URL: database.url, DATABASE_POOL: 5 })
  const { key, workspaceId } = await addWorkspace(orm)
  const env = {
    ...settings(sandbox.url),
    DATABASE_URL: database.url,
    REDIS_URL: options.redisUrl ?? inject('redisUrl'),
    PORT: String(port),
    ...options.env,
  }
  const clients: Client[] = []
  const callSandbox = <T>(method: string, path: string, body?: unknown) =>
    control<T>(`${sandbox.url}/_sandbox${path}`, method, body)
  return {
    orm,
    url: `${api}/graphql`,
    wsUrl: `${api.replace('http', 'ws')}/graphql`,
    sandboxUrl: sandbox.url,
    key,
    workspaceId,
    env,
    ask: (query, variables) => ask(`${api}/graphql`, key, query, variables),
    socket() {
      const client = createClient({
        url: `${api.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams: { authorization: `Bearer ${key}` },
        retryAttempts: 0,
      })
      clients.push(client)
      return client
    },
    sandbox: callSandbox,
    sends: () => callSandbox('GET', '/sends'),
    disconnect() {
      for (const client of clients) void client.dispose()
    },
    async close() {
      await sandbox.close()
      await orm.close()
      await database.drop().catch(() => undefined)
    },
  }
}

async function addWorkspace(orm: Orm): Promise<{ key: string; workspaceId: string }> {
  const em = orm.em.fork()
  const key = `sol_test_${randomBytes(18).toString('base64url')}`
  const createdAt = new Date()
  const workspace = em.create(Workspace, {
    id: newId('workspace'),
    slug: 'test',
    name: 'Test',
    timeZone: 'Europe/Berlin',
    settings: { unknownConsent: { email: true } },
    createdAt,
  })
  await em.flush()
  const hash = createHash('sha256').update(key).digest('hex')
  em.create(ApiKey, {
    id: newId('apiKey'),
    workspaceId: workspace.id,
    name: 'test',
    role: 'ADMIN',
    scopes: null,
    hash,
    hint: key.slice(0, 8),
    createdAt,
    expiresAt: null,
    revokedAt: null,
    lastUsedAt: null,
  })
  await em.flush()
  await pauseSchedules(() => orm.em.fork() as Em)
  return { key, workspaceId: workspace.id }
}

/** What the clock starts would come into whichever test runs at that minute. */
async function pauseSchedules(fork: () => Em): Promise<void> {
  await installSchedules(fork, registry, '', new Date())
  await fork().execute('update schedule set paused_at = created_at, next_at = null')
}

/** Settings of a process whose vendors are the sandbox at this address. */
export function settings(sandbox: string): Record<string, string> {
  return {
    NODE_ENV: 'test',
    REDIS_PREFIX: `t${randomBytes(6).toString('hex')}`,
    WORKER_LOCK_SECONDS: '3',
    SHUTDOWN_SECONDS: '10',
    MAILCHIMP_BASE_URL: `${sandbox}/mc/3.0`,
    MAILCHIMP_API_KEY: '0123456789abcdef0123456789abcdef-us19',
    MAILCHIMP_LIST_ID: 'a6b5da1054',
    MANDRILL_BASE_URL: `${sandbox}/mandrill/api/1.0`,
    MANDRILL_API_KEY: 'md-sandbox-key',
    MANDRILL_FROM_EMAIL: 'hello@solaria.example',
    MAILCHIMP_WEBHOOK_SECRETS: secret,
    MANDRILL_WEBHOOK_KEYS: secret,
    MANDRILL_SEARCH_AFTER_SECONDS: '1',
    WHATSAPP_BASE_URL: `${sandbox}/wa/v25.0`,
    WHATSAPP_TOKEN: 'sandbox-token',
    WHATSAPP_PHONE_NUMBER_ID: '106540352242922',
    WHATSAPP_WELCOME_LANGUAGES: 'en,es,de',
    WHATSAPP_APP_SECRETS: secret,
    HUBSPOT_BASE_URL: `${sandbox}/hs`,
    HUBSPOT_TOKEN: 'pat-sandbox',
    HUBSPOT_CLIENT_SECRET: secret,
    HUBSPOT_PORTAL_ID: '62515',
    TWENTY_WEBHOOK_SECRETS: secret,
  }
}

async function ask<T>(
  url: string,
  key: string,
  query: string,
  variables?: Record<string, unknown>,
): Promise<T> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  })
  const { data, errors } = (await response.json()) as { data: T; errors?: unknown[] }
  if (errors) throw new Error(`The API answered ${response.status}: ${JSON.stringify(errors)}`)
  return data
}

async function control<T>(url: string, method: string, body?: unknown): Promise<T> {
  const response = await fetch(url, {
    method,
    ...(body !== undefined && {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    }),
  })
  if (!response.ok)
    throw new Error(`The sandbox answered ${response.status} to ${method} ${url}: ${await response.text()}`)
  return response.status === 204 ? (undefined as T) : ((await response.json()) as T)
}
