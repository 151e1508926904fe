import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { GraphQLError } from 'graphql'
import { type Context, makeServer, type SubscribePayload } from 'graphql-ws'
import type { Extra } from 'graphql-ws/use/ws'
import type { Logger } from 'pino'
import { WebSocketServer } from 'ws'
import { type Warn, warnSeldom } from '../ledger/seldom.ts'
import type { Config } from '../runtime/config.ts'
import type { Caller } from '../schema/index.ts'
import { addressOf, createCounter } from './address.ts'
import { secretIn } from './auth.ts'
import { correlationIdOf } from './edge-context.ts'
import { apiError, presentErrors } from './errors.ts'
import type { Yoga } from './graphql.ts'
import type { Keyring } from './keyring.ts'
import { type Operation, prepare, toJson } from './operation.ts'
import { connectSocket } from './socket-connection.ts'
import { refusalOf } from './upgrade.ts'

/** Only home of graphql-ws: GraphQL over WebSocket (graphql-transport-ws), on the same path as HTTP. */

interface State {
  caller: Caller
  /** Stops watching the key and gives back the place among its connections. */
  release: () => void
  /** Ends with the connection. */
  left: AbortController
  /** Gives back the place among those that have not signed in. */
  signedIn: () => void
  [key: PropertyKey]: unknown
}
type Connection = Context<Record<string, unknown> | undefined, Extra & Partial<State>>

export interface SocketEdge {
  /** Closes every connection with 1001, so that clients go elsewhere. */
  close(): Promise<void>
}

interface Settings {
  server: Server
  config: Config
  log: Logger
  yoga: Yoga
  keyring: Keyring
}

/**
 * Clients of graphql-ws give up after 4401, 4400, 4500 and most codes below 2000; they come again after 1013 ("try again
 * later"), and after 4403 and 4429 if they are told to.
 */
const closeCodes = { unauthorized: 4401, keyEnded: 4403, tooMany: 4429, tryLater: 1013 } as const

/** Serves WebSockets on `server`. */
export function serveSockets({ server, config, log, yoga, keyring }: Settings): SocketEdge {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: config.MAX_BODY_BYTES })
  const warn = warnSeldom(log)
  const unsigned = createCounter(config.MAX_UNSIGNED_SOCKETS_PER_ADDRESS)
  const admit = admission(keyring, config.MAX_SOCKETS_PER_KEY, warn)
  const operations = new WeakMap<SubscribePayload, string>()
  const present = (payload: SubscribePayload, errors: readonly GraphQLError[]) =>
    presentErrors(errors, operations.get(payload) ?? correlationIdOf(undefined), log).map(toJson)

  const graphql = makeServer<Record<string, unknown> | undefined, Extra & Partial<State>>({
    connectionInitWaitTimeout: config.SOCKET_INIT_SECONDS * 1_000,
    execute: (args) => (args as Operation).rootValue.execute(args) as never,
    subscribe: (args) => (args as Operation).rootValue.subscribe(args) as never,
    onConnect: (connection) => admit(connection),
    onSubscribe: (connection, _id, payload) => {
      const correlationId = correlationIdOf(payload.extensions?.correlationId)
      operations.set(payload, correlationId)
      if (Object.keys(connection.subscriptions).length > config.MAX_SUBSCRIPTIONS_PER_SOCKET)
        return [apiError('TOO_MANY_SUBSCRIPTIONS')]
      const { caller, socket, left } = connection.extra
      return prepare(yoga, { caller, correlationId, socket, left: left?.signal }, payload)
    },
    onNext: (_connection, _id, payload, _args, result) =>
      result.errors && { data: result.data ?? null, errors: present(payload, result.errors) },
    onError: (_connection, _id, payload, errors) => present(payload, errors),
    onClose: ({ extra }) => {
      extra.left?.abort()
      extra.release?.()
    },
  })
  const limits = { initBytes: config.SOCKET_INIT_BYTES, bufferedBytes: config.SOCKET_BUFFER_BYTES }

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const refusal = refusalOf(request, config)
    const address = addressOf(request, config.TRUSTED_PROXIES)
    if (refusal) return refuseUpgrade(socket, refusal)
    if (!unsigned.enter(address)) return refuseUpgrade(socket, '503 Service Unavailable')
    // Until it has signed in, a connection holds a place of its address.
    const signedIn = once(() => unsigned.leave(address))
    socket.once('close', signedIn)
    sockets.handleUpgrade(request, socket, head, (ws) =>
      connectSocket(graphql, { socket: ws, request, signedIn } as Extra & Partial<State>, limits, log),
    )
  }
  server.on('upgrade', upgrade)
  return {
    close: async () => {
      server.off('upgrade', upgrade)
      for (const socket of sockets.clients) socket.close(1001, 'Going away')
      await new Promise<void>((resolve) => sockets.close(() => resolve()))
    },
  }
}

function once(act: () => void): () => void {
  let done = false
  return () => {
    if (!done) act()
    done = true
  }
}

function refuseUpgrade(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n`)
}

/** Lets a connection in if its key is good and has not too many; closes it when the key ends. */
function admission(
  keyring: Keyring,
  maxPerKey: number,
  warn: Warn,
): (connection: Connection) => Promise<void> {
  const perKey = createCounter(maxPerKey)
  return async ({ connectionParams, extra }) => {
    const { socket } = extra
    const secret = secretIn(
      connectionParams?.authorization ?? connectionParams?.apiKey ?? extra.request.headers.authorization,
    )
    const caller = await keyring.find(secret).catch((error: Error) => {
      warn({ err: error }, 'Keys cannot be looked up; connections are told to come again')
      return 'unknown' as const
    })
    if (socket.readyState !== socket.OPEN) return
    if (caller === 'unknown')
      return socket.close(closeCodes.tryLater, 'The server cannot answer at the moment')
    if (!caller) return socket.close(closeCodes.unauthorized, 'The API key is missing or not good')
    if (!perKey.enter(caller.id)) return socket.close(closeCodes.tooMany, 'Too many connections of this key')
    const unwatch = keyring.watch(caller, () =>
      socket.close(closeCodes.keyEnded, 'The API key is no longer good'),
    )
    extra.caller = caller
    extra.signedIn?.()
    extra.left = new AbortController()
    extra.release = () => {
      unwatch()
      perKey.leave(caller.id)
    }
  }
}
