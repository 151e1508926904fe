import { setTimeout as sleep } from 'node:timers/promises'
import type { GraphQLFormattedError } from 'graphql'
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { type JobMessage, jobEvents } from './operations.ts'

export interface FollowSettings {
  url: string
  key: string
  correlationId: string
  /** Ends it. */
  signal: AbortSignal
  onMessage: (message: JobMessage) => void
  /** The connection was lost and is opened again. */
  onDrop: () => void
}

export interface Following {
  /** Resolves with the first message: from here on nothing is missed. */
  started: Promise<void>
  /** Resolves after `signal`; rejects when the API refuses the subscription. */
  ended: Promise<void>
}

/** Long enough for an API that restarts. */
const tries = 200
const pauseMs = 300

/** Follows all jobs of a correlation id over WebSocket. When the socket drops, it goes on after the last cursor. */
export function followJobs(settings: FollowSettings): Following {
  const started = Promise.withResolvers<void>()
  const ended = follow(settings, () => started.resolve())
  ended.catch(started.reject)
  return { started: started.promise, ended }
}

async function follow(settings: FollowSettings, onStart: () => void): Promise<void> {
  const { url, key, correlationId, signal, onMessage, onDrop } = settings
  // Its own retries would begin anew at the first cursor.
  const client = createClient({
    url,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${key}` },
    retryAttempts: 0,
  })
  signal.addEventListener('abort', () => void client.dispose(), { once: true })
  let after: string | undefined
  let failures = 0
  while (!signal.aborted) {
    try {
      const payload = { query: jobEvents, variables: { filter: { correlationId }, after } }
      for await (const { data, errors } of client.iterate<{ jobEvents: JobMessage }>(payload)) {
        if (errors || !data) throw errors
        failures = 0
        after = data.jobEvents.cursor
        onMessage(data.jobEvents)
        onStart()
      }
    } catch (error) {
      throwIfRefused(error)
    }
    if (signal.aborted) return
    if (failures++ === 0) onDrop()
    if (failures === tries) throw new Error(`${url} cannot be reached`)
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
  }
}

/** What the API refuses, it would refuse again; all else passes: a lost socket, an unexpected error. */
function throwIfRefused(error: unknown): void {
  const { code, reason } = (error ?? {}) as { code?: number; reason?: string }
  if (code && code >= 4400 && code < 4500) throw new Error(`The API closed the socket: ${reason}`)
  const refusals = (Array.isArray(error) ? (error as GraphQLFormattedError[]) : []).filter(
    ({ extensions }) => extensions?.code !== 'INTERNAL',
  )
  if (refusals.length === 0) return
  throw new Error(`The API refused the subscription: ${refusals.map(({ message }) => message).join('; ')}`)
}
