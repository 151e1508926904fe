import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import type { Em } from '../entities/index.ts'
import { streamKey } from '../queue/keys.ts'
import type { Queues } from '../queue/queues.ts'
import type { AnyJobDefinition } from './definition.ts'
import { createNudge } from './dispatch.ts'
import { takeUpDue } from './due.ts'
import { type LeadershipState, startLeadership } from './leader.ts'
import { type Projection, projectQueue } from './project-queue.ts'
import { installSchedules } from './schedules/install.ts'
import { takeTicks } from './schedules/take.ts'
import { warnOfUnknownJobs } from './schedules/unknown-jobs.ts'

export interface DispatcherSettings {
  fork: () => Em
  queues: Queues
  definitions: readonly AnyJobDefinition[]
  /** Slug of the default workspace; empty: the oldest one. */
  workspace: string
  prefix: string
  log: Logger
  /** Opens a connection of its own that waits for Redis to come back. */
  openRedis: () => Redis
}

export interface Dispatcher {
  leadership(): LeadershipState
  /** Per queue: age in ms of the newest applied event when it was applied. */
  lag(): Record<string, number>
  close(): Promise<void>
}

/** How often rows are looked at whose time has come. */
const pollMs = 500

/** A new workspace has its schedules after so long at the latest. */
const installEveryMs = 60_000

/**
 * Keeps rows and BullMQ in step, in one process at a time: projects events onto rows, hands over what the API's nudge
 * missed, starts what is scheduled, and repairs what Redis lost.
 */
export function startDispatcher(settings: DispatcherSettings): Dispatcher {
  const projections = new Map<string, Projection>()
  const leadership = startLeadership(settings.fork, settings.log, (signal) =>
    lead(settings, projections, signal),
  )
  return {
    leadership: leadership.state,
    lag: () => Object.fromEntries([...projections].map(([queue, { lagMs }]) => [queue, lagMs])),
    close: leadership.close,
  }
}

async function lead(
  settings: DispatcherSettings,
  projections: Map<string, Projection>,
  signal: AbortSignal,
): Promise<void> {
  const readers = settings.queues.names.map((queue) => {
    const redis = settings.openRedis()
    signal.addEventListener('abort', () => redis.disconnect(), { once: true })
    return projectQueue(
      {
        ...settings,
        queue,
        redis,
        stream: streamKey(settings.prefix, queue),
        report: (seen) => projections.set(queue, seen),
      },
      signal,
    )
  })
  const nudge = createNudge(settings.queues, settings.log)
  await Promise.all([
    ...readers,
    every(pollMs, signal, settings.log, () => poll(settings, projections, signal)),
    every(pollMs, signal, settings.log, () => tick(settings, nudge)),
    every(installEveryMs, signal, settings.log, () => install(settings)),
  ])
  projections.clear()
}

async function poll(
  settings: DispatcherSettings,
  projections: Map<string, Projection>,
  signal: AbortSignal,
): Promise<void> {
  for (const queue of settings.queues.names) {
    const through = projections.get(queue)?.through
    while (through && !signal.aborted && (await takeUpDue(settings, queue, through)));
  }
}

async function tick(settings: DispatcherSettings, nudge: ReturnType<typeof createNudge>): Promise<void> {
  nudge(await takeTicks(settings, new Date()))
}

async function install({ fork, definitions, workspace, log }: DispatcherSettings): Promise<void> {
  await installSchedules(fork, definitions, workspace, new Date())
  await warnOfUnknownJobs(fork(), definitions, log)
}

async function every(
  ms: number,
  signal: AbortSignal,
  log: Logger,
  work: () => Promise<unknown>,
): Promise<void> {
  while (!signal.aborted) {
    await work().catch((error: Error) =>
      log.warn({ err: error }, 'The dispatcher could not do its round; it is tried again'),
    )
    await sleep(ms, undefined, { signal }).catch(() => undefined)
  }
}
