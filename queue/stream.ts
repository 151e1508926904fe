import type { Redis } from 'ioredis'
import { beginning, parseBullId, plainId, sortableId } from './keys.ts'
import type { OwnEventName } from './queues.ts'

export type StreamEventName =
  | OwnEventName
  | 'waiting'
  | 'active'
  | 'progress'
  | 'delayed'
  | 'stalled'
  | 'waiting-children'
  | 'completed'
  | 'failed'

const known: ReadonlySet<string> = new Set<StreamEventName>([
  'attempt-started',
  'attempt-failed',
  'postponed',
  'log',
  'cancel-requested',
  'cancelled',
  'waiting',
  'active',
  'progress',
  'delayed',
  'stalled',
  'waiting-children',
  'completed',
  'failed',
])

/** One entry of a queue's event stream that is about a job. */
export interface StreamEvent {
  /** Sortable form of the stream id. */
  id: string
  at: Date
  name: StreamEventName
  jobId: string
  run: number
  fields: Record<string, string>
}

export interface StreamPage {
  events: StreamEvent[]
  /** Id of the last entry read, whether or not it was about a job. */
  position: string
  /** More entries are there already. */
  full: boolean
}

type Entry = [id: string, fields: string[]]

const pageSize = 500

/**
 * Waits for entries after `position`, up to `blockMs`, on a connection of its own.
 * @returns at most 500 entries' events
 */
export async function readStream(
  redis: Redis,
  key: string,
  position: string,
  blockMs: number,
): Promise<StreamPage> {
  const reply = (await redis.xread('COUNT', pageSize, 'BLOCK', blockMs, 'STREAMS', key, plainId(position))) as
    | [string, Entry[]][]
    | null
  return pageOf(reply?.[0]?.[1] ?? [], position)
}

/** Entries after `position` that are there now, without waiting. */
export async function rangeStream(redis: Redis, key: string, position: string): Promise<StreamPage> {
  const entries = (await redis.xrange(key, `(${plainId(position)}`, '+', 'COUNT', pageSize)) as Entry[]
  return pageOf(entries, position)
}

function pageOf(entries: Entry[], position: string): StreamPage {
  const last = entries.at(-1)
  return {
    events: entries.map(toEvent).filter((event) => event !== undefined),
    position: last ? sortableId(last[0]) : position,
    full: entries.length === pageSize,
  }
}

function toEvent([id, list]: Entry): StreamEvent | undefined {
  const fields: Record<string, string> = {}
  for (let i = 0; i < list.length; i += 2) fields[list[i]!] = list[i + 1]!
  const { event, jobId, ...rest } = fields
  if (!event || !jobId || !known.has(event)) return undefined
  return {
    id: sortableId(id),
    at: new Date(Number(id.split('-')[0])),
    name: event as StreamEventName,
    ...parseBullId(jobId),
    fields: rest,
  }
}

/** What a stream still holds. */
export interface StreamInfo {
  /** Oldest entry, or undefined when there is none. */
  first: string | undefined
  /** Newest id ever given out; `beginning` when the stream does not exist. */
  last: string
  /** Entries were dropped from its start. */
  trimmed: boolean
}

export async function streamInfo(redis: Redis, key: string): Promise<StreamInfo> {
  const reply = await redis.xinfo('STREAM', key).catch((error: Error) => {
    if (/no such key/i.test(error.message)) return []
    throw error
  })
  const list = reply as unknown[]
  const field = (name: string) => list[list.indexOf(name) + 1]
  if (list.length === 0) return { first: undefined, last: beginning, trimmed: false }
  const first = field('first-entry') as Entry | null
  return {
    first: first ? sortableId(first[0]) : undefined,
    last: sortableId(String(field('last-generated-id'))),
    trimmed: list.includes('entries-added') ? Number(field('entries-added')) > Number(field('length')) : true,
  }
}

/**
 * Whether entries after `position` may be gone: RESTARTED when the stream is not the one the position comes from
 * (Redis was emptied), TRIMMED when it no longer reaches back.
 */
export function gapAfter(position: string, info: StreamInfo): 'TRIMMED' | 'RESTARTED' | undefined {
  if (position > info.last) return 'RESTARTED'
  if (info.first === undefined || position >= info.first) return undefined
  if (position === beginning && !info.trimmed) return undefined
  return info.trimmed ? 'TRIMMED' : 'RESTARTED'
}
