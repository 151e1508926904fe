import type { WebSocket } from 'ws'
import type { Caller } from '../schema/index.ts'

/** What the edge knows of a request before GraphQL begins. */
export interface EdgeContext {
  correlationId: string
  /** Absent when the key is missing or not good. */
  caller?: Caller | undefined
  idempotencyKey?: string | undefined
  /** The connection, when it came over a WebSocket. */
  socket?: WebSocket | undefined
  /** Ends when the caller has left. */
  left?: AbortSignal | undefined
}

const acceptable = /^[\w.:-]{8,64}$/

/** The caller's correlation id if it is usable, else a new one. */
export function correlationIdOf(given: unknown): string {
  return typeof given === 'string' && acceptable.test(given) ? given : `req_${crypto.randomUUID()}`
}
