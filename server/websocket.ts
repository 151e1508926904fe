import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { GraphQLError } from 'graphql'
import type { Context, SubscribePayload } from 'graphql-ws'
import { type Extra, useServer } from 'graphql-ws/use/ws'
import type { Logger } from 'pino'
import { WebSocketServer } from 'ws'
import { type Warn, warnSeldom } from '../ledger/seldom.ts'
import type { Config } from '../runtime/config.ts'
import type { Caller } from '../schema/index.ts'
import { secretIn } from './auth.ts'
import { correlationIdOf } from './edge-context.ts'
import { apiError, presentErrors } from './errors.ts'
import type { Yoga } from './graphql.ts'
import type { Keyring } from './keyring.ts'
import { type Operation, prepare, toJson } from './operation.ts'
import { refusalOf } from './upgrade.ts'

/** Only home of graphql-ws: GraphQL over WebSocket (graphql-transport-ws), on the same path as HTTP. */

interface State {
  caller: Caller
  /** Stops watching the key and gives back the place among its connections. */
  release: () => void
  /** Ends with the connection. */
  left: AbortController
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
const initTimeoutMs = 5_000

/** Serves WebSockets on `server`. */
export function serveSockets({ server, config, log, yoga, keyring }: Settings): SocketEdge {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: config.MAX_BODY_BYTES })
  const warn = warnSeldom(log)
  const admit = admission(keyring, config.MAX_SOCKETS_PER_KEY, warn)
  const operations = new WeakMap<SubscribePayload, string>()
  const present = (payload: SubscribePayload, errors: readonly GraphQLError[]) =>
    presentErrors(errors, operations.get(payload) ?? correlationIdOf(undefined), log).map(toJson)

  const served = useServer<Record<string, unknown> | undefined, State>(
    {
      connectionInitWaitTimeout: initTimeoutMs,
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
      isProd: true,
    },
    sockets,
  )

  // In place of graphql-ws's listener, which prints every oversized message: ws has closed the connection by itself.
  sockets.on('connection', (socket) => {
    socket.removeAllListeners('error').on('error', (error) => log.debug({ err: error }, 'A WebSocket broke'))
  })

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const refusal = refusalOf(request, config)
    if (refusal) socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
    else sockets.handleUpgrade(request, socket, head, (ws) => sockets.emit('connection', ws, request))
  }
  server.on('upgrade', upgrade)
  return {
    close: async () => {
      server.off('upgrade', upgrade)
      await served.dispose()
    },
  }
}

/** Lets a connection in if its key is good and has not too many; closes it when the key ends. */
function admission(
  keyring: Keyring,
  maxPerKey: number,
  warn: Warn,
): (connection: Connection) => Promise<void> {
  const perKey = new Map<string, number>()

  function leave(id: string): void {
    const left = (perKey.get(id) ?? 1) - 1
    if (left > 0) perKey.set(id, left)
    else perKey.delete(id)
  }

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
    const count = (perKey.get(caller.id) ?? 0) + 1
    if (count > maxPerKey) return socket.close(closeCodes.tooMany, 'Too many connections of this key')
    perKey.set(caller.id, count)
    const unwatch = keyring.watch(caller, () =>
      socket.close(closeCodes.keyEnded, 'The API key is no longer good'),
    )
    extra.caller = caller
    extra.left = new AbortController()
    extra.release = () => {
      unwatch()
      leave(caller.id)
    }
  }
}
