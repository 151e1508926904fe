import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import type { Em } from '../entities/index.ts'
import { beginning } from '../queue/keys.ts'
import { gapAfter, readStream, type StreamPage, streamInfo } from '../queue/stream.ts'
import { ensurePosition, projectPage, readPosition, resetPosition } from './project.ts'

/** How long one read waits for events; also how often a quiet stream is checked for having been emptied. */
const blockMs = 500

export interface Projection {
  /** All events up to this moment are applied to the rows. */
  through: Date
  /** Age in ms of the newest applied event when it was applied. */
  lagMs: number
}

export interface QueueProjector {
  queue: string
  stream: string
  redis: Redis
  fork: () => Em
  log: Logger
  /** Told after each page. */
  report(projection: Projection): void
}

/** Applies a queue's events until the signal ends; survives Redis and MariaDB being away. */
export async function projectQueue(projector: QueueProjector, signal: AbortSignal): Promise<void> {
  let position: string | undefined
  while (!signal.aborted) {
    try {
      position ??= await startPosition(projector)
      position = await projectOnce(projector, position)
    } catch (error) {
      if (signal.aborted) return
      projector.log.warn(
        { err: error, queue: projector.queue },
        'Events could not be projected; they are tried again',
      )
      position = undefined
      await sleep(1_000, undefined, { signal }).catch(() => undefined)
    }
  }
}

async function startPosition({ fork, queue }: QueueProjector): Promise<string> {
  await ensurePosition(fork(), queue)
  return readPosition(fork(), queue)
}

/** Reads and applies one page. Returns the next position, or undefined when another process moved it. */
async function projectOnce(projector: QueueProjector, position: string): Promise<string | undefined> {
  const startedAt = new Date()
  const page = await readStream(projector.redis, projector.stream, position, blockMs)
  const gap = gapAfter(position, await streamInfo(projector.redis, projector.stream))
  if (gap) await checkOpenJobs(projector, gap)
  if (gap === 'RESTARTED') return restart(projector)
  if (page.position !== position && !(await projectPage(projector.fork, projector.queue, position, page)))
    return undefined
  if (!page.full) projector.report({ through: startedAt, lagMs: lagOf(page) })
  return page.position
}

/** When events are lost, every open job of the queue is soon compared with BullMQ. */
async function checkOpenJobs({ fork, queue, log }: QueueProjector, gap: string): Promise<void> {
  log.warn({ queue, gap }, 'Events were lost; open jobs are compared with BullMQ')
  const open = "('WAITING', 'ACTIVE', 'DELAYED', 'WAITING_CHILDREN')"
  await fork().execute(`update job set check_at = ? where name = ? and state in ${open}`, [new Date(), queue])
}

/** The stream is a new one, so it is read from its beginning. */
async function restart({ fork, queue }: QueueProjector): Promise<string> {
  await resetPosition(fork(), queue, beginning)
  return beginning
}

function lagOf(page: StreamPage): number {
  const last = page.events.at(-1)
  return last ? Math.max(0, Date.now() - last.at.getTime()) : 0
}
