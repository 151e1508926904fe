import type { Logger } from 'pino'
import type { Em } from '../entities/index.ts'
import { marks } from '../entities/sql.ts'
import { type LeadEventRow, type LeadTimelines, readTimeline } from './timeline.ts'

/** What a nudge misses is found after so long. */
const pollMs = 1_000
/** Events read at once. */
const pageSize = 100

interface Watcher {
  leadId: string
  /** Reads on, if somebody waits. */
  nudge(): void
}

/** Calls back with a lead to whom something may have happened; returns how to stop. */
export type ListenToLeads = (callback: (leadId: string) => void) => () => void

/**
 * Live timelines. Whoever waits reads from SQL after the last event seen, when nudged and once a second; the order of
 * `seq` is the order of commits, so nothing is missed whatever happens to the nudges. Nudges are listened to only while
 * somebody watches: an idle process reads nothing.
 */
export function createLeadTimelines(fork: () => Em, log: Logger, listen: ListenToLeads): LeadTimelines {
  const watchers = new Map<string, Set<Watcher>>()
  let deafen: (() => void) | undefined
  const seqs = new Map<string, number>()
  const timer = setInterval(
    () => void poll().catch((error: Error) => log.warn({ err: error }, 'Timelines could not be looked up')),
    pollMs,
  )
  timer.unref()

  /** One query for all leads that are watched, whatever their number. */
  async function poll(): Promise<void> {
    const ids = [...watchers.keys()]
    if (ids.length === 0) return
    const rows = await fork().execute<{ id: string; last_event_seq: number }[]>(
      `select id, last_event_seq from \`lead\` where id in ${marks(ids)}`,
      ids,
    )
    for (const { id, last_event_seq: seq } of rows) {
      const moved = seqs.get(id) !== seq
      // Before the nudge: a read that fails at once takes the note back.
      seqs.set(id, seq)
      if (moved) nudge(id)
    }
  }

  function nudge(leadId: string): void {
    for (const watcher of watchers.get(leadId) ?? []) watcher.nudge()
  }

  function add(watcher: Watcher): () => void {
    deafen ??= listen(nudge)
    watchers.set(watcher.leadId, (watchers.get(watcher.leadId) ?? new Set()).add(watcher))
    return () => {
      const group = watchers.get(watcher.leadId)
      group?.delete(watcher)
      if (group?.size === 0) {
        watchers.delete(watcher.leadId)
        seqs.delete(watcher.leadId)
      }
      if (watchers.size === 0) {
        deafen?.()
        deafen = undefined
      }
    }
  }

  return {
    subscribe: (workspaceId, leadId, afterSeq) =>
      watch({ fork, log, workspaceId, leadId, add, failed: () => seqs.delete(leadId) }, afterSeq),
    async close() {
      clearInterval(timer)
    },
  }
}

interface Watch {
  fork: () => Em
  log: Logger
  workspaceId: string
  leadId: string
  add(watcher: Watcher): () => void
  /** The next poll has to nudge, even if nothing is new. */
  failed(): void
}

type Result = IteratorResult<LeadEventRow>

/** Pull-based: nothing is read while the subscriber has something left to take. */
function watch(
  { fork, log, workspaceId, leadId, add, failed }: Watch,
  afterSeq: number,
): AsyncIterableIterator<LeadEventRow> {
  let last = afterSeq
  let buffer: LeadEventRow[] = []
  let waiting: ((result: Result) => void) | undefined
  let reading = false
  let again = false
  let closed = false
  const remove = add({ leadId, nudge: () => void read() })

  async function read(): Promise<void> {
    again = true
    if (reading || !waiting) return
    reading = true
    try {
      while (again && isWaiting() && !closed) {
        again = false
        buffer = await eventsAfter(fork(), workspaceId, leadId, last)
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

/** Events of a lead, if the workspace has it. */
async function eventsAfter(
  em: Em,
  workspaceId: string,
  leadId: string,
  seq: number,
): Promise<LeadEventRow[]> {
  const [lead] = await em.execute<{ id: string }[]>(
    'select id from `lead` where id = ? and workspace_id = ?',
    [leadId, workspaceId],
  )
  return lead ? readTimeline(em, leadId, seq, pageSize) : []
}
