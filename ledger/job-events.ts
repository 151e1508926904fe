import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import type { Em } from '../entities/index.ts'
import { hasErrno, statementTimeout } from '../entities/sql.ts'
import { epochKey, streamKey } from '../queue/keys.ts'
import { type StreamEvent, viewStream } from '../queue/stream.ts'
import { decodeCursor, hasReached, moved, type Position, type Positions } from './cursor.ts'
import { eventMatches, type JobSubject, toEventData } from './event-data.ts'
import { followEvents } from './event-reader.ts'
import { createSink, type Sink } from './event-sink.ts'
import type { JobEvents } from './ledger.ts'
import { createReplay } from './replay.ts'
import type { JobFilter } from './row.ts'
import { warnSeldom } from './seldom.ts'
import { createSubjects } from './subjects.ts'

export interface JobEventsSettings {
  fork: () => Em
  prefix: string
  names: readonly string[]
  /** Opens a connection of its own that waits for Redis to come back. */
  openRedis: () => Redis
  log: Logger
  /** How long a reader waits for events at once, and after a failure, in ms. Default: 1000. */
  pauseMs?: number
}

interface Subscriber {
  workspaceId: string
  filter: JobFilter
  sink: Sink
}

/** Readers stop when nobody has listened for so long. */
const idleMs = 60_000

/**
 * Live job events of this process.
 * 1. One reader per queue follows its stream while anybody listens; what a job is about is looked up once.
 * 2. Each event goes to the sinks of its job, its lead, its correlation id, and those that want more than that.
 * 3. A sink that starts, resumes or falls behind reads the stream by itself until it has caught up (replay.ts).
 */
export function createJobEvents(settings: JobEventsSettings): JobEvents {
  const { names, prefix, log, pauseMs = 1_000 } = settings
  const warn = warnSeldom(log)
  const keysOf = (queue: string) => ({ stream: streamKey(prefix, queue), epoch: epochKey(prefix, queue) })
  /** How far events were delivered. */
  let positions: Positions = new Map()
  const subscribers = createIndex()
  const listeners = new Set<(subjectId: string) => void>()
  const subjects = createSubjects(settings.fork)
  let readers: AbortController | undefined
  let shared: Redis | undefined
  let idle: NodeJS.Timeout | undefined
  let started: Promise<unknown> = Promise.resolve()

  function startReaders(): void {
    const controller = new AbortController()
    readers = controller
    shared = settings.openRedis()
    started = Promise.all(names.map((queue) => startReader(queue, controller.signal)))
  }

  /** Resolves once the reader knows where it begins. */
  function startReader(queue: string, signal: AbortSignal): Promise<void> {
    const redis = settings.openRedis()
    signal.addEventListener('abort', () => redis.disconnect(), { once: true })
    return new Promise((resolve) => {
      const reader = {
        queue,
        keys: keysOf(queue),
        redis,
        log,
        pauseMs,
        start: (position: Position) => {
          positions = moved(positions, queue, position)
          resolve()
        },
        page: (events: StreamEvent[], position: Position) => fanOut(queue, events, position),
        gap: (position: Position) => {
          const before = positions
          positions = moved(positions, queue, position)
          for (const { sink } of subscribers.all) sink.catchUp(before)
        },
      }
      void followEvents(reader, signal).then(resolve)
    })
  }

  /** After the look-up everything is done in one go; what was delivered when a page is repeated is left out. */
  async function fanOut(queue: string, events: StreamEvent[], position: Position): Promise<void> {
    const known = await subjects(events.map(({ jobId }) => jobId))
    for (const event of events) {
      const here = { epoch: position.epoch, id: event.id }
      if (hasReached(positions.get(queue), here)) continue
      const before = positions
      positions = moved(positions, queue, here)
      const subject = known.get(event.jobId)
      if (subject) deliver(queue, event, subject, before)
    }
    positions = moved(positions, queue, position)
  }

  function deliver(queue: string, event: StreamEvent, subject: JobSubject, before: Positions): void {
    for (const id of [subject.leadId, subject.campaignId, queue])
      if (id) for (const callback of listeners) callback(id)
    const data = toEventData(event, queue)
    if (!data) return
    const message = { kind: 'event', event: data } as const
    const live = { queue, position: positions.get(queue)!, message, before, after: positions }
    for (const { workspaceId, filter, sink } of subscribers.of(subject))
      if (workspaceId === subject.workspaceId && eventMatches(filter, subject, data)) sink.deliver(live)
  }

  function attach(): void {
    clearTimeout(idle)
    if (!readers) startReaders()
  }

  function detach(): void {
    if (subscribers.all.size + listeners.size > 0) return
    clearTimeout(idle)
    idle = setTimeout(stopReaders, idleMs)
    idle.unref()
  }

  function stopReaders(): void {
    readers?.abort()
    readers = undefined
    shared?.disconnect()
    positions = new Map()
  }

  return {
    async subscribe(workspaceId, filter, after, read = settings.fork) {
      const wanted = filter.names ? names.filter((name) => filter.names?.includes(name)) : names
      const cursor = after === undefined ? undefined : decodeCursor(after)
      attach()
      const readOn = createReplay({
        ...settings,
        read,
        workspaceId,
        filter,
        queues: wanted,
        subjects,
        view: (queue, position, count) => viewStream(shared!, keysOf(queue), position, count),
        ready: () => started,
        after: cursor,
      })
      const subscriber: Subscriber = { workspaceId, filter, sink: undefined as never }
      subscriber.sink = createSink(
        {
          readOn,
          reached: (read) => wanted.every((queue) => hasReached(read.get(queue), positions.get(queue))),
          released: () => release(subscriber),
        },
        {
          onError: (error) => warn({ err: error }, 'A subscriber has to wait for its events'),
          isFinal: (error) => hasErrno(error, [statementTimeout]),
          retryMs: pauseMs,
        },
      )
      subscribers.add(subscriber)
      return subscriber.sink
    },
    listen(callback) {
      listeners.add(callback)
      attach()
      return () => {
        listeners.delete(callback)
        detach()
      }
    },
    async close() {
      clearTimeout(idle)
      for (const { sink } of [...subscribers.all]) await sink.return?.()
      stopReaders()
    },
  }

  function release(subscriber: Subscriber): void {
    subscribers.remove(subscriber)
    detach()
  }
}

/** Subscribers by what they asked for, so that an event finds its few among thousands. */
function createIndex() {
  const all = new Set<Subscriber>()
  const byKey = new Map<string, Set<Subscriber>>()
  const keysOf = ({ filter }: Subscriber): string[] =>
    filter.ids ?? [filter.leadId ?? filter.correlationId ?? '*']
  return {
    all,
    add(subscriber: Subscriber) {
      all.add(subscriber)
      for (const key of keysOf(subscriber)) byKey.set(key, (byKey.get(key) ?? new Set()).add(subscriber))
    },
    remove(subscriber: Subscriber) {
      all.delete(subscriber)
      for (const key of keysOf(subscriber)) {
        byKey.get(key)?.delete(subscriber)
        if (byKey.get(key)?.size === 0) byKey.delete(key)
      }
    },
    *of(subject: JobSubject): Generator<Subscriber> {
      for (const key of [subject.id, subject.leadId, subject.correlationId, '*'])
        if (key) yield* byKey.get(key) ?? []
    },
  }
}
