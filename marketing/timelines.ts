import type { Logger } from 'pino'
import type { Em } from '../entities/index.ts'
import { marks } from '../entities/sql.ts'
import { readCampaignEvents } from './campaigns/timeline.ts'
import { readTimeline, type Timeline, type TimelineSource, type Timelines } from './timeline.ts'

/** What a nudge misses is found after so long. */
const pollMs = 1_000
/** Events read at once. */
const pageSize = 100

interface Watcher {
  subjectId: string
  /** Reads on, if somebody waits. */
  nudge(): void
}

/** Calls back with a lead or campaign to which something may have happened; returns how to stop. */
type Listen = (callback: (subjectId: string) => void) => () => void

/** The live timelines of a process. */
export function createTimelines(fork: () => Em, log: Logger, listen: Listen): Timelines {
  const lead = createTimeline({ table: '`lead`', read: readTimeline }, fork, log, listen)
  const campaign = createTimeline({ table: 'campaign', read: readCampaignEvents }, fork, log, listen)
  return {
    lead: lead.timeline,
    campaign: campaign.timeline,
    async close() {
      lead.close()
      campaign.close()
    },
  }
}

/**
 * Live timelines of one kind. Whoever waits reads from SQL after the last event seen, when nudged and once a second; the order of
 * `seq` is the order of commits, so nothing is missed whatever happens to the nudges. Nudges are listened to only while
 * somebody watches: an idle process reads nothing.
 */
function createTimeline<Row extends { seq: number }>(
  source: TimelineSource<Row>,
  fork: () => Em,
  log: Logger,
  listen: Listen,
): { timeline: Timeline<Row>; close(): void } {
  const watchers = new Map<string, Set<Watcher>>()
  let deafen: (() => void) | undefined
  const seqs = new Map<string, number>()
  const timer = setInterval(
    () => void poll().catch((error: Error) => log.warn({ err: error }, 'Timelines could not be looked up')),
    pollMs,
  )
  timer.unref()

  /** One query for all that are watched, whatever their number. */
  async function poll(): Promise<void> {
    const ids = [...watchers.keys()]
    if (ids.length === 0) return
    const rows = await fork().execute<{ id: string; last_event_seq: number }[]>(
      `select id, last_event_seq from ${source.table} where id in ${marks(ids)}`,
      ids,
    )
    for (const { id, last_event_seq: seq } of rows) {
      const moved = seqs.get(id) !== seq
      // Before the nudge: a read that fails at once takes the note back.
      seqs.set(id, seq)
      if (moved) nudge(id)
    }
  }

  function nudge(subjectId: string): void {
    for (const watcher of watchers.get(subjectId) ?? []) watcher.nudge()
  }

  function add(watcher: Watcher): () => void {
    deafen ??= listen(nudge)
    watchers.set(watcher.subjectId, (watchers.get(watcher.subjectId) ?? new Set()).add(watcher))
    return () => {
      const group = watchers.get(watcher.subjectId)
      group?.delete(watcher)
      if (group?.size === 0) {
        watchers.delete(watcher.subjectId)
        seqs.delete(watcher.subjectId)
      }
      if (watchers.size === 0) {
        deafen?.()
        deafen = undefined
      }
    }
  }

  return {
    timeline: {
      subscribe: (workspaceId, subjectId, afterSeq) =>
        watch(
          { source, fork, log, workspaceId, subjectId, add, failed: () => seqs.delete(subjectId) },
          afterSeq,
        ),
    },
    close: () => clearInterval(timer),
  }
}

interface Watch<Row> {
  source: TimelineSource<Row>
  fork: () => Em
  log: Logger
  workspaceId: string
  subjectId: string
  add(watcher: Watcher): () => void
  /** The next poll has to nudge, even if nothing is new. */
  failed(): void
}

/** Pull-based: nothing is read while the subscriber has something left to take. */
function watch<Row extends { seq: number }>(
  { source, fork, log, workspaceId, subjectId, add, failed }: Watch<Row>,
  afterSeq: number,
): AsyncIterableIterator<Row> {
  type Result = IteratorResult<Row>
  let last = afterSeq
  let buffer: Row[] = []
  let waiting: ((result: Result) => void) | undefined
  let reading = false
  let again = false
  let closed = false
  const remove = add({ subjectId, nudge: () => void read() })

  async function read(): Promise<void> {
    again = true
    if (reading || !waiting) return
    reading = true
    try {
      while (again && isWaiting() && !closed) {
        again = false
        buffer = await eventsAfter(source, fork(), workspaceId, subjectId, last)
        give()
      }
    } catch (error) {
      failed()
      log.warn({ err: error }, 'A timeline could not be read; it is tried again')
    } finally {
      reading = false
    }
  }

  const isWaiting = () => waiting !== undefined

  function give(): void {
    const event = waiting && buffer.shift()
    if (!event || !waiting) return
    last = event.seq
    const resolve = waiting
    waiting = undefined
    resolve({ value: event, done: false })
  }

  function finish(): Promise<Result> {
    if (!closed) {
      closed = true
      remove()
      waiting?.({ value: undefined, done: true })
      waiting = undefined
    }
    return Promise.resolve({ value: undefined, done: true })
  }

  return {
    next() {
      if (closed) return finish()
      return new Promise<Result>((resolve) => {
        waiting = resolve
        give()
        if (isWaiting()) void read()
      })
    },
    return: finish,
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

/** Events of a lead or campaign, if the workspace has it. */
async function eventsAfter<Row>(
  { table, read }: TimelineSource<Row>,
  em: Em,
  workspaceId: string,
  subjectId: string,
  seq: number,
): Promise<Row[]> {
  const [subject] = await em.execute<{ id: string }[]>(
    `select id from ${table} where id = ? and workspace_id = ?`,
    [subjectId, workspaceId],
  )
  return subject ? read(em, subjectId, seq, pageSize) : []
}
