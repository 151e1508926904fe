import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Em } from '../entities/index.ts'
import type { JobEvents, Ledger } from '../ledger/ledger.ts'
import { warnSeldom } from '../ledger/seldom.ts'
import type { StatUpdates } from '../marketing/stats/updates.ts'
import type { Timelines } from '../marketing/timeline.ts'
import { backupPolicy } from '../runtime/backup-watch.ts'
import type { Config } from '../runtime/config.ts'
import type { Orm } from '../runtime/db.ts'
import { openReads } from '../runtime/reads.ts'
import type { Deps } from '../schema/index.ts'
import { addressOf, createCounter } from './address.ts'
import { createBodyBudget } from './body-budget.ts'
import { createGraphiql, type Graphiql } from './graphiql.ts'
import { createGraphql, graphqlPath, type Yoga } from './graphql.ts'
import { answerGraphql, json } from './http.ts'
import { type Keyring, openKeyring } from './keyring.ts'
import { trackSubscriptions } from './live.ts'
import { pathOf } from './upgrade.ts'
import { serveSockets } from './websocket.ts'

export type Route = (request: IncomingMessage, response: ServerResponse) => unknown

export interface ServerSettings {
  config: Config
  log: Logger
  orm: Orm
  ledger: Ledger
  events: JobEvents
  integrations: Deps['integrations']
  timelines: Timelines
  statUpdates: StatUpdates
  /** Whether the parts this process needs answer, for /readyz. */
  ready: () => Promise<{ ready: boolean; checks: Record<string, string> }>
  /** Further paths, e.g. /metrics. One that ends with a slash, e.g. /webhooks/, stands for everything below it. */
  routes?: Record<string, Route>
}

/** How long the headers of a request may take to come. */
const headersMs = 15_000

export interface RunningServer {
  url: string
  port: number
  /** Stops in the order in which nobody loses an answer; see `close` in this file. */
  close(): Promise<void>
}

/** Starts the API's door: GraphQL over HTTP, SSE and WebSocket, GraphiQL, health and further routes, all on one port. */
export async function startServer(settings: ServerSettings): Promise<RunningServer> {
  const { config, log, orm, ledger, events, timelines, statUpdates, integrations } = settings
  const reads = await openReads(config)
  const fork = () => orm.em.fork() as Em
  const keyring = openKeyring(fork, log, config.WORKSPACE)
  const live = trackSubscriptions(keyring, config.MAX_SUBSCRIPTIONS_PER_KEY)
  const backups = backupPolicy(config)
  const yoga = createGraphql(
    config,
    { log, fork, read: reads.fork, ledger, events, timelines, statUpdates, integrations, backups },
    live,
  )
  const state: State = { closing: false, lastRequestAt: 0, answering: new Set() }
  const graphiql = config.GRAPHIQL ? createGraphiql() : undefined
  const server = createServer(doorman(settings, { yoga, keyring, graphiql, state }))
  server.keepAliveTimeout = 65_000
  server.headersTimeout = headersMs
  server.requestTimeout = headersMs + config.BODY_SECONDS * 1_000
  limitConnections(server, config)
  const sockets = serveSockets({ server, config, log, yoga, keyring })
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(config.PORT, config.HOST, resolve),
  )
  const { port } = server.address() as AddressInfo

  /**
   * 1. not ready, and each answer ends its connection; 2. once nobody asks any more, accept nothing new; 3. WebSockets go
   * away (1001); 4. SSE completes; 5. wait for answers; 6. the rest.
   */
  async function close(): Promise<void> {
    if (state.closing) return
    state.closing = true
    for (const response of state.answering) announceEnd(response)
    await untilQuiet(state)
    const stopped = new Promise<void>((resolve) => server.close(() => resolve()))
    await sockets.close()
    live.endAll()
    await idle(server, stopped, (config.SHUTDOWN_SECONDS * 1_000) / 2)
    await yoga.dispose()
    await reads.close()
    keyring.close()
  }
  return { url: `http://${config.HOST}:${port}`, port, close }
}

interface Parts {
  yoga: Yoga
  keyring: Keyring
  graphiql: Graphiql | undefined
  state: State
}

interface State {
  closing: boolean
  lastRequestAt: number
  /** Answers under way. */
  answering: Set<ServerResponse>
}

/** Sends each request to the part that answers it. */
function doorman(
  { config, log, ready, routes = {} }: ServerSettings,
  { yoga, keyring, graphiql, state }: Parts,
): Route {
  const warn = warnSeldom(log)
  const bodies = createBodyBudget({
    maxBytes: config.MAX_BODIES_BYTES,
    maxBytesPerAddress: config.MAX_BODIES_BYTES_PER_ADDRESS,
    maxBodies: config.MAX_BODIES,
    timeoutMs: config.BODY_SECONDS * 1_000,
  })
  const all = new Map<string, Route>(
    Object.entries({
      '/healthz': (_request, response) => json(response, 200, { alive: true }),
      '/readyz': async (_request, response) => {
        const { ready: works, checks } = await ready()
        json(response, works && !state.closing ? 200 : 503, {
          ready: works && !state.closing,
          checks: { ...checks, ...(state.closing && { process: 'closing' }) },
        })
      },
      ...routes,
    } satisfies Record<string, Route>),
  )

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    const path = pathOf(request)
    const route = all.get(path) ?? all.get(path.slice(0, path.indexOf('/', 1) + 1))
    if (route) return route(request, response)
    if (graphiql?.answers(path, request)) return graphiql.answer(request, response)
    if (path === graphqlPath) return answerGraphql({ config, log, warn, yoga, keyring }, request, response)
    return json(response, 404, { error: 'NOT_FOUND' })
  }

  return (request, response) => {
    state.lastRequestAt = Date.now()
    state.answering.add(response)
    bodies.open(request, response, addressOf(request, config.TRUSTED_PROXIES))
    response.once('close', () => state.answering.delete(response))
    if (state.closing) announceEnd(response)
    answer(request, response).catch((error: Error) => {
      if (response.destroyed) return log.debug({ err: error }, 'The client left')
      log.error({ err: error, path: pathOf(request) }, 'Unexpected error in a request')
      if (response.headersSent) response.destroy()
      else
        json(response, 500, {
          errors: [
            { message: 'Something unexpected went wrong on the server.', extensions: { code: 'INTERNAL' } },
          ],
        })
    })
  }
}

/** Behind a proxy all connections are the proxy's. */
function limitConnections(server: Server, config: Config): void {
  if (config.TRUSTED_PROXIES > 0) return
  const counter = createCounter(config.MAX_CONNECTIONS_PER_ADDRESS)
  server.on('connection', (socket) => {
    const address = socket.remoteAddress ?? ''
    if (!counter.enter(address)) return socket.destroy()
    socket.once('close', () => counter.leave(address))
  })
}

/** The client is not to reuse this connection. */
function announceEnd(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close')
}

/** A client that has not asked for so long is not about to reuse its connection. */
const quietMs = 1_000
const longestQuietMs = 4_000

/**
 * A kept-alive connection must not be closed under a request that is on its way. So those that are in use get one more
 * answer, which says `Connection: close`, before the idle ones are closed.
 */
async function untilQuiet(state: State): Promise<void> {
  const from = Date.now()
  const quiet = () => Date.now() - Math.max(from, state.lastRequestAt) >= quietMs
  while (!quiet() && Date.now() - from < longestQuietMs) await sleep(50)
}

/** Waits for answers under way; what still runs after `ms` is cut off. */
async function idle(server: Server, stopped: Promise<void>, ms: number): Promise<void> {
  server.closeIdleConnections()
  const timer = setTimeout(() => server.closeAllConnections(), ms).unref()
  await stopped
  clearTimeout(timer)
}
