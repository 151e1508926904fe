import { setTimeout as sleep } from 'node:timers/promises'
import type { Em } from '../entities/index.ts'
import { beginning } from '../queue/keys.ts'
import { gapAfter, type StreamInfo, type StreamPage, type StreamView } from '../queue/stream.ts'
import { hasReached, moved, type Position, type Positions, placesOf, type ReadCursor } from './cursor.ts'
import { eventMatches, type JobSubject, toEventData } from './event-data.ts'
import type { Waiting } from './event-sink.ts'
import { findJobs } from './find.ts'
import { readPositions } from './project.ts'
import type { JobFilter } from './row.ts'

/** Most jobs of a snapshot. */
const snapshotSize = 100
/** Entries read at once of each queue. */
const pageSize = 200
/** How long a snapshot waits until the rows show what the subscriber has seen already, in ms. */
const projectionPatienceMs = 5_000

export interface ReplaySettings {
  fork: () => Em
  /** Opens what snapshots are read with. */
  read: () => Em
  workspaceId: string
  filter: JobFilter
  queues: readonly string[]
  subjects: (ids: readonly string[]) => Promise<Map<string, JobSubject>>
  /** The stream of a queue after a position. */
  view: (queue: string, position: string, count: number) => Promise<StreamView>
  /** Resolves when the hub knows where it stands. */
  ready: () => Promise<unknown>
  /** Where to begin; without it, with a snapshot. */
  after: ReadCursor | undefined
}

interface Step {
  messages: Waiting[]
  read: Positions
}

type Gap = 'TRIMMED' | 'RESTARTED'

/**
 * How one subscriber catches up: a snapshot or what happened since, then page by page.
 * A step either returns its messages together with the positions they end at, or fails and has moved nothing.
 */
export function createReplay(settings: ReplaySettings): (read: Positions | undefined) => Promise<Step> {
  return async (read) => {
    await settings.ready()
    const from = read ?? (await startOf(settings))
    if (!from) return snapshot(settings, new Map(), undefined)
    const views = await viewAll(settings, (queue) => from.get(queue)?.id ?? beginning, pageSize)
    const gaps = new Map<string, Gap>()
    for (const [queue, view] of views) {
      const gap = gapIn(from.get(queue), view)
      if (gap) gaps.set(queue, gap)
    }
    if (gaps.size > 0) return snapshot(settings, without(from, gaps), [...gaps.values()][0])
    return pages(settings, from, views)
  }
}

async function startOf(settings: ReplaySettings): Promise<Positions | undefined> {
  if (!settings.after) return undefined
  const views = await viewAll(settings, () => beginning, 1)
  return placesOf(settings.after, new Map([...views].map(([queue, { epoch }]) => [queue, epoch])))
}

async function viewAll(
  { queues, view }: ReplaySettings,
  position: (queue: string) => string,
  count: number,
): Promise<Map<string, StreamView>> {
  const views = queues.map(async (queue) => [queue, await view(queue, position(queue), count)] as const)
  return new Map(await Promise.all(views))
}

/** Whether entries between a position and a view of the stream were lost. */
export function gapIn(position: Position | undefined, { epoch, info }: StreamView): Gap | undefined {
  return position?.epoch === epoch ? gapAfter(position.id, info) : 'RESTARTED'
}

function without(positions: Positions, gaps: ReadonlyMap<string, Gap>): Positions {
  return new Map([...positions].filter(([queue]) => !gaps.has(queue)))
}

/**
 * The positions are taken before the rows are read, and they are the rows' own: what is not yet projected comes as events.
 * So the subscriber may see something twice, but never miss it. Queues in `kept` have no gap: the rows show at least what
 * the subscriber has seen of them, so nothing of them comes again.
 */
async function snapshot(settings: ReplaySettings, kept: Positions, gap: Gap | undefined): Promise<Step> {
  const { workspaceId, filter } = settings
  const read = await projectedBeyond(settings, kept)
  const { rows, more } = await findJobs(settings.read(), workspaceId, filter, { first: snapshotSize })
  const messages: Waiting[] = [{ message: { kind: 'snapshot', jobs: rows, more }, after: read }]
  // Whoever resumes after the gap message alone has not had the snapshot: its cursor leads to the gap again.
  if (gap) messages.unshift({ message: { kind: 'gap', reason: gap }, after: kept })
  return { messages, read }
}

/** Where the rows stand, once that is not behind `kept`. A dispatcher that is away is not waited for without end. */
async function projectedBeyond(settings: ReplaySettings, kept: Positions): Promise<Positions> {
  for (const from = Date.now(); ; await sleep(idleMs)) {
    const positions = await projectedPositions(settings)
    const isBeyond = [...kept].every(
      ([queue, position]) => !positions.has(queue) || hasReached(positions.get(queue), position),
    )
    if (isBeyond || Date.now() - from > projectionPatienceMs) return positions
  }
}

const idleMs = 50

async function projectedPositions(settings: ReplaySettings): Promise<Positions> {
  const projected = await readPositions(settings.fork(), settings.queues)
  const views = await viewAll(settings, () => beginning, 1)
  return new Map(
    [...views].map(([queue, { epoch, info }]) => [
      queue,
      { epoch, id: reachable(projected.get(queue) ?? beginning, info) },
    ]),
  )
}

/** The projected id, or the oldest that the stream still reaches back to. */
function reachable(projected: string, info: StreamInfo): string {
  const gap = gapAfter(projected, info)
  if (!gap) return projected
  return gap === 'RESTARTED' ? beginning : (info.first ?? info.last)
}

async function pages(
  settings: ReplaySettings,
  from: Positions,
  views: ReadonlyMap<string, StreamView>,
): Promise<Step> {
  let read = from
  const messages: Waiting[] = []
  for (const [queue, { epoch, page }] of views) {
    const found = await messagesOf(settings, queue, page)
    for (const { id, message } of found) {
      read = moved(read, queue, { epoch, id })
      messages.push({ message, after: read })
    }
    read = moved(read, queue, { epoch, id: page.position })
  }
  return { messages, read }
}

async function messagesOf(
  { subjects, workspaceId, filter }: ReplaySettings,
  queue: string,
  page: StreamPage,
): Promise<{ id: string; message: Waiting['message'] }[]> {
  const known = await subjects(page.events.map(({ jobId }) => jobId))
  return page.events.flatMap((event) => {
    const subject = known.get(event.jobId)
    const data = subject && toEventData(event, queue)
    const isWanted = subject?.workspaceId === workspaceId && data && eventMatches(filter, subject, data)
    return isWanted ? [{ id: event.id, message: { kind: 'event' as const, event: data } }] : []
  })
}
