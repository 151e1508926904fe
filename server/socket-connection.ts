import type { Server } from 'graphql-ws'
import type { Extra } from 'graphql-ws/use/ws'
import type { Logger } from 'pino'
import type { WebSocket } from 'ws'

/** A connection; it has a caller once it has signed in. */
type Signing = Extra & { caller?: unknown }

export interface ConnectionLimits {
  /** What a connection may send before it has signed in, in bytes. */
  initBytes: number
  /** What may wait to be read by the client, in bytes; beyond it the connection ends. */
  bufferedBytes: number
}

/** A ping with a larger payload is answered without it, and none while so much waits to be read. */
const pingBytes = 1_000
const quietBytes = 64_000
const keepAliveMs = 12_000
/** A connection that was told to end has so long to do so. */
const goodbyeMs = 1_000

/**
 * Connects one WebSocket with graphql-ws, in place of its own adapter, which sends whatever the other side asks for and
 * reads whatever it sends.
 */
export function connectSocket(
  { opened }: Pick<Server<Signing>, 'opened'>,
  extra: Signing,
  limits: ConnectionLimits,
  log: Logger,
): void {
  const { socket } = extra
  limitUntilSignedIn(extra, limits.initBytes)
  const closed = opened(
    {
      protocol: socket.protocol,
      send: (data) => send(socket, String(data), limits.bufferedBytes),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (take) =>
        socket.on('message', (data) => {
          take(String(data)).catch((error: Error) => {
            log.error({ err: error }, 'Unexpected error in a WebSocket message')
            end(socket, 4500, 'Internal server error')
          })
        }),
      onPing: (payload) => pong(socket, payload, limits.bufferedBytes),
    },
    extra,
  )
  const stop = keepAlive(socket)
  socket.on('error', (error) => log.debug({ err: error }, 'A WebSocket broke'))
  socket.once('close', (code, reason) => {
    stop()
    void closed(code, String(reason))
  })
}

/** Sends, unless the client does not read: what waits for it is in our memory. */
async function send(socket: WebSocket, data: string, bufferedBytes: number): Promise<void> {
  if (socket.readyState !== socket.OPEN) return
  if (socket.bufferedAmount > bufferedBytes) return end(socket, 1013, 'Too much waits to be read')
  await new Promise<void>((resolve, reject) => {
    socket.send(data, (error) => (error ? reject(error) : resolve()))
  })
}

async function pong(socket: WebSocket, payload: unknown, bufferedBytes: number): Promise<void> {
  if (socket.bufferedAmount > quietBytes) return
  const answer = JSON.stringify({ type: 'pong', payload })
  await send(socket, answer.length > pingBytes ? '{"type":"pong"}' : answer, bufferedBytes)
}

/** Counts the bytes as they come: a message counts before it is complete. */
function limitUntilSignedIn(extra: Signing, initBytes: number): void {
  const { socket, request } = extra
  let received = 0
  const count = (chunk: Buffer) => {
    received += chunk.length
    if (extra.caller) request.socket.off('data', count)
    else if (received > initBytes) {
      request.socket.off('data', count)
      end(socket, 1009, 'Too much was sent before signing in')
    }
  }
  request.socket.on('data', count)
}

/** Says goodbye, and leaves soon whether or not it is answered. Nothing more is read. */
function end(socket: WebSocket, code: number, reason: string): void {
  socket.close(code, reason)
  socket.pause()
  setTimeout(() => socket.terminate(), goodbyeMs).unref()
}

/** Ends connections whose other side is gone. @returns stops */
function keepAlive(socket: WebSocket): () => void {
  let answered = true
  socket.on('pong', () => {
    answered = true
  })
  const timer = setInterval(() => {
    if (!answered) return socket.terminate()
    answered = false
    socket.ping()
  }, keepAliveMs)
  return () => clearInterval(timer)
}
