import type { Redis } from 'ioredis'
import type { Em } from '../entities/index.ts'
import { beginning, streamKey } from '../queue/keys.ts'
import { gapAfter, type StreamPage, streamInfo } from '../queue/stream.ts'
import { encodeCursor, type Positions } from './cursor.ts'
import { eventMatches, type JobSubject, toEventData } from './event-data.ts'
import { findJobs } from './find.ts'
import type { JobEventMessage } from './ledger.ts'
import { readPosition } from './project.ts'
import type { JobFilter } from './row.ts'

/** Most jobs of a snapshot. */
const snapshotSize = 100

export interface ReplaySettings {
  fork: () => Em
  prefix: string
  workspaceId: string
  filter: JobFilter
  queues: readonly string[]
  subjects: (ids: readonly string[]) => Promise<Map<string, JobSubject>>
  /** How far the hub has delivered. */
  positions: Positions
  redis: () => Redis
  read: (queue: string, position: string) => Promise<StreamPage>
  /** Resolves when the hub knows where it stands. */
  ready: () => Promise<unknown>
  /** Begin with a snapshot. */
  fresh: boolean
}

type Step = { messages: JobEventMessage[]; live: boolean }

/** How one sink catches up: snapshot or what happened since, then page by page until it has reached the hub. */
export function createReplay(settings: ReplaySettings): (read: Map<string, string>) => Promise<Step> {
  let fresh = settings.fresh
  return async (read) => {
    await settings.ready()
    const gap = fresh ? undefined : await findGap(settings, read)
    if (fresh || gap) {
      const messages = await snapshot(settings, read, gap)
      fresh = false
      return { messages, live: false }
    }
    return readPages(settings, read)
  }
}

async function findGap(settings: ReplaySettings, read: Positions) {
  for (const queue of settings.queues) {
    const info = await streamInfo(settings.redis(), streamKey(settings.prefix, queue))
    const gap = gapAfter(read.get(queue) ?? beginning, info)
    if (gap) return gap
  }
  return undefined
}

/**
 * The position is taken before the rows are read, and it is the rows' own: what is not yet projected comes as events.
 * So the subscriber may see something twice, but never miss it.
 */
async function snapshot(
  settings: ReplaySettings,
  read: Map<string, string>,
  gap: 'TRIMMED' | 'RESTARTED' | undefined,
): Promise<JobEventMessage[]> {
  for (const queue of settings.queues) read.set(queue, await reachablePosition(settings, queue))
  const { rows, more } = await findJobs(settings.fork(), settings.workspaceId, settings.filter, {
    first: snapshotSize,
  })
  const cursor = encodeCursor(read)
  const shot: JobEventMessage = { kind: 'snapshot', cursor, jobs: rows, more }
  return gap ? [{ kind: 'gap', cursor, reason: gap }, shot] : [shot]
}

/** The projected position, or the oldest that the stream still reaches back to. */
async function reachablePosition({ fork, prefix, redis }: ReplaySettings, queue: string): Promise<string> {
  const projected = await readPosition(fork(), queue)
  const info = await streamInfo(redis(), streamKey(prefix, queue))
  const gap = gapAfter(projected, info)
  if (!gap) return projected
  return projected > info.last ? beginning : info.last
}

async function readPages(settings: ReplaySettings, read: Map<string, string>): Promise<Step> {
  const messages: JobEventMessage[] = []
  let full = false
  for (const queue of settings.queues) {
    const page = await settings.read(queue, read.get(queue) ?? beginning)
    messages.push(...(await messagesOf(settings, queue, page, read)))
    read.set(queue, page.position)
    full ||= page.full
  }
  return {
    messages,
    live:
      !full &&
      settings.queues.every(
        (queue) => (read.get(queue) ?? beginning) >= (settings.positions.get(queue) ?? beginning),
      ),
  }
}

async function messagesOf(
  settings: ReplaySettings,
  queue: string,
  page: StreamPage,
  read: Map<string, string>,
): Promise<JobEventMessage[]> {
  const subjects = await settings.subjects(page.events.map(({ jobId }) => jobId))
  const messages: JobEventMessage[] = []
  for (const event of page.events) {
    read.set(queue, event.id)
    const subject = subjects.get(event.jobId)
    const data = subject && toEventData(event, queue)
    if (subject?.workspaceId === settings.workspaceId && data && eventMatches(settings.filter, subject, data))
      messages.push({ kind: 'event', cursor: encodeCursor(read), event: data })
  }
  return messages
}
