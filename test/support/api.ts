import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { newKey } from '../../access/key-secret.ts'
import { ApiKey, type Permission, type Role, roles } from '../../entities/api-key.ts'
import { newId } from '../../entities/ids.ts'
import type { AnyJobDefinition } from '../../ledger/definition.ts'
import { createStatUpdates } from '../../marketing/stats/updates.ts'
import { createTimelines } from '../../marketing/timelines.ts'
import { connect } from '../../queue/connection.ts'
import { createScripts } from '../../queue/scripts.ts'
import { type Config, loadConfig } from '../../runtime/config.ts'
import { type Connections, createConnections } from '../../runtime/integrations/accounts.ts'
import { createIntegrations } from '../../runtime/integrations/operations.ts'
import { createVault } from '../../runtime/secrets.ts'
import { type RunningServer, type ServerSettings, startServer } from '../../server/start.ts'
import type { TypedDocumentString } from '../client/graphql.ts'
import { unusedVendors } from './unused-vendors.ts'
import { createWorld, type World } from './world.ts'

/** For tests: the API as a running server with real MariaDB and Redis, and a key of each role. */

interface Answer<Data> {
  status: number
  headers: Headers
  data: Data
  errors?: { message: string; path?: string[]; extensions: Record<string, unknown> }[]
}

export interface Api {
  world: World
  config: Config
  connections: Connections
  server: RunningServer
  url: string
  keys: Record<Role, string>
  /** Adds a key; of another workspace when `workspaceId` is given. */
  addKey(key: { role: Role; workspaceId?: string; scopes?: Permission[]; expiresAt?: Date }): Promise<string>
  addWorkspace(): Promise<string>
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely
  ask<Data = any>(
    query: string,
    variables?: Record<string, unknown>,
    more?: { key?: string | undefined; headers?: Record<string, string> },
  ): Promise<Answer<Data>>
  /** The same with a document of test/client, which knows its types. */
  send<Data, Variables>(
    document: TypedDocumentString<Data, Variables>,
    variables: Variables,
  ): Promise<Answer<Data>>
  /** A client over WebSocket; closed with the server. */
  socket(key?: string, onClosed?: (event: { code: number; reason: string }) => void): Client
  close(): Promise<void>
}

const vendors = {
  ...unusedVendors,
  ENCRYPTION_KEYS: `test:${Buffer.alloc(32, 7).toString('base64')}`,
}

/** Starts the API for a set of job definitions. */
export async function startApi(
  definitions: AnyJobDefinition[],
  overrides: Partial<Config> = {},
  more: Partial<ServerSettings> = {},
): Promise<Api> {
  const world = await createWorld(definitions)
  const config = {
    ...loadConfig({ ...vendors, DATABASE_URL: world.databaseUrl, REDIS_URL: world.redisUrl }),
    PORT: 0,
    SHUTDOWN_SECONDS: 4,
    ...overrides,
  }
  const { log, orm, ledger, events, fork } = world
  const redis = connect(world.redisUrl, 'patient', () => undefined)
  const vault = createVault(config.ENCRYPTION_KEYS)
  const connections = createConnections({
    config: { ...config, REDIS_PREFIX: world.prefix },
    vault,
    fork,
    log,
    run: createScripts(redis),
  })
  const integrations = createIntegrations({ connections, vault, transaction: ledger.transaction })
  const timelines = createTimelines(fork, log, world.events.listen)
  const statUpdates = createStatUpdates(fork, log, world.events.listen)
  const ready = async () => ({ ready: true, checks: { database: 'ok', redis: 'ok' } })
  const server = await startServer({
    config,
    log,
    orm,
    ledger,
    events,
    timelines,
    statUpdates,
    integrations,
    ready,
    ...more,
  })
  const url = `${server.url}/graphql`
  const addKey: Api['addKey'] = async ({
    role,
    workspaceId = world.actor.workspaceId,
    scopes = null,
    expiresAt = null,
  }) => {
    const { secret, hash, hint } = newKey()
    await fork().insert(ApiKey, {
      id: newId('apiKey'),
      workspaceId,
      name: `${role} key`,
      role,
      scopes,
      hash,
      hint,
      createdAt: new Date(),
      expiresAt,
    })
    return secret
  }
  const keys = Object.fromEntries(
    await Promise.all(roles.map(async (role) => [role, await addKey({ role })])),
  ) as Record<Role, string>
  const clients: Client[] = []
  const ask: Api['ask'] = async (query, variables = {}, { key = keys.ADMIN, headers = {} } = {}) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json',
        ...(key && { authorization: `Bearer ${key}` }),
        ...headers,
      },
      body: JSON.stringify({ query, variables }),
    })
    const body = (await response.json()) as { data: never; errors?: never }
    return { status: response.status, headers: response.headers, ...body }
  }
  return {
    world,
    config,
    connections,
    server,
    url,
    keys,
    addKey,
    ask,
    send: (document, variables) => ask(document.toString(), variables as Record<string, unknown>),
    addWorkspace: async () => {
      const id = newId('workspace')
      await fork().execute(
        'insert into workspace (id, slug, name, time_zone, created_at) values (?, ?, ?, ?, ?)',
        [id, id, 'Other', 'UTC', new Date()],
      )
      return id
    },
    socket: (key = keys.ADMIN, onClosed = () => undefined) => {
      const client = createClient({
        url: url.replace('http', 'ws'),
        webSocketImpl: WebSocket,
        retryAttempts: 0,
        connectionParams: { authorization: `Bearer ${key}` },
        on: { closed: (event) => onClosed(event as never) },
      })
      clients.push(client)
      return client
    },
    close: async () => {
      for (const client of clients) await client.dispose()
      await server.close()
      await timelines.close()
      await statUpdates.close()
      redis.disconnect()
      await world.close()
    },
  }
}

/** Reads of an iterator, with a limit on the wait. */
export async function take<T>(iterator: AsyncIterator<T>, count: number, ms = 10_000): Promise<T[]> {
  const taken: T[] = []
  while (taken.length < count) {
    const late = sleep(ms, 'late' as const, { ref: false })
    const result = await Promise.race([iterator.next(), late])
    if (result === 'late') throw new Error(`Only ${taken.length} of ${count} came: ${JSON.stringify(taken)}`)
    if (result.done) break
    taken.push(result.value)
  }
  return taken
}
