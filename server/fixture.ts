import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { ApiKey, type Permission, type Role, roles } from '../entities/api-key.ts'
import { newId } from '../entities/ids.ts'
import type { AnyJobDefinition } from '../ledger/definition.ts'
import { type LeadEventRow, type LeadTimelines, readTimeline } from '../marketing/timeline.ts'
import { type Config, loadConfig } from '../runtime/config.ts'
import { createWorld, type World } from '../test/support/world.ts'
import { newKey } from './auth.ts'
import { type RunningServer, type ServerSettings, startServer } from './start.ts'

/** For tests: the API as a running server with real MariaDB and Redis, and a key of each role. */

interface Answer<Data> {
  status: number
  headers: Headers
  data: Data
  errors?: { message: string; path?: string[]; extensions: Record<string, unknown> }[]
}

export interface Api {
  world: World
  server: RunningServer
  url: string
  keys: Record<Role, string>
  /** Adds a key; of another workspace when `workspaceId` is given. */
  addKey(key: { role: Role; workspaceId?: string; scopes?: Permission[]; expiresAt?: Date }): Promise<string>
  addWorkspace(): Promise<string>
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely
  ask<Data = any>(query: string, variables?: Record<string, unknown>, more?: { key?: string | undefined; headers?: Record<string, string> }): Promise<Answer<Data>>
  /** A client over WebSocket; closed with the server. */
  socket(key?: string, onClosed?: (event: { code: number; reason: string }) => void): Client
  close(): Promise<void>
}

const vendors = {
  MAILCHIMP_BASE_URL: 'http://localhost:1',
  MAILCHIMP_API_KEY: 'not-used',
  MAILCHIMP_LIST_ID: 'x',
  MANDRILL_API_KEY: 'not-used',
  MANDRILL_FROM_EMAIL: 'a@example.com',
  WHATSAPP_TOKEN: 'not-used',
  WHATSAPP_PHONE_NUMBER_ID: 'x',
  HUBSPOT_TOKEN: 'not-used',
}

/** Starts the API for a set of job definitions. */
export async function startApi(definitions: AnyJobDefinition[], overrides: Partial<Config> = {}, more: Partial<ServerSettings> = {}): Promise<Api> {
  const world = await createWorld(definitions)
  const config = { ...loadConfig({ ...vendors, DATABASE_URL: world.databaseUrl, REDIS_URL: world.redisUrl }), PORT: 0, SHUTDOWN_SECONDS: 4, ...overrides }
  const { log, orm, ledger, events } = world
  const ready = async () => ({ ready: true, checks: { database: 'ok', redis: 'ok' } })
  const server = await startServer({ config, log, orm, ledger, events, timelines: pollTimelines(world), ready, ...more })
  const url = `${server.url}/graphql`
  const addKey: Api['addKey'] = async ({ role, workspaceId = world.actor.workspaceId, scopes = null, expiresAt = null }) => {
    const { secret, hash, hint } = newKey()
    await world.fork().insert(ApiKey, { id: newId('apiKey'), workspaceId, name: `${role} key`, role, scopes, hash, hint, createdAt: new Date(), expiresAt })
    return secret
  }
  const keys = Object.fromEntries(await Promise.all(roles.map(async (role) => [role, await addKey({ role })]))) as Record<Role, string>
  const clients: Client[] = []
  return {
    world, server, url, keys, addKey,
    addWorkspace: async () => {
      const id = newId('workspace')
      await world.fork().execute('insert into workspace (id, slug, name, time_zone, created_at) values (?, ?, ?, ?, ?)', [id, id, 'Other', 'UTC', new Date()])
      return id
    },
    ask: async (query, variables = {}, { key = keys.ADMIN, headers = {} } = {}) => {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json', ...(key && { authorization: `Bearer ${key}` }), ...headers },
        body: JSON.stringify({ query, variables }),
      })
      const body = (await response.json()) as { data: never; errors?: never }
      return { status: response.status, headers: response.headers, ...body }
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

/** A simple stand-in: asks SQL every 50 ms. */
function pollTimelines({ fork }: World): LeadTimelines {
  return {
    subscribe(_workspaceId, leadId, afterSeq) {
      let seq = afterSeq
      let open = true
      const ready: LeadEventRow[] = []
      const iterator: AsyncIterableIterator<LeadEventRow> = {
        [Symbol.asyncIterator]: () => iterator,
        async next() {
          while (open && ready.length === 0) {
            ready.push(...(await readTimeline(fork(), leadId, seq, 100)))
            seq = ready.at(-1)?.seq ?? seq
            if (ready.length === 0) await sleep(50)
          }
          return open ? { done: false, value: ready.shift()! } : { done: true, value: undefined }
        },
        async return() {
          open = false
          return { done: true, value: undefined }
        },
      }
      return iterator
    },
    close: async () => undefined,
  }
}
