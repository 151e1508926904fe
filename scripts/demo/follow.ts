import { setTimeout as sleep } from 'node:timers/promises'
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
  while (!signal.aborted) {
    try {
      const variables = { filter: { correlationId }, after }
      for await (const { data } of client.iterate<{ jobEvents: JobMessage }>({
        query: jobEvents,
        variables,
      })) {
        if (!data) continue
        after = data.jobEvents.cursor
        onMessage(data.jobEvents)
        onStart()
      }
    } catch (error) {
      throwIfRefused(error)
    }
    if (signal.aborted) return
    onDrop()
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
  }
}

/** A closed or failed socket is opened again; an answer of the API would be the same next time. */
function throwIfRefused(error: unknown): void {
  if (Array.isArray(error)) {
    const messages = error.map(({ message }: { message: string }) => message)
    throw new Error(`The API refused the subscription: ${messages.join('; ')}`)
  }
  const { code, reason } = error as { code?: number; reason?: string }
  if (code !== undefined && code >= 4400 && code < 4500)
    throw new Error(`The API closed the socket: ${reason}`)
}
