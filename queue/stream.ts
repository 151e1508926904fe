import { randomBytes } from 'node:crypto'
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
  return pageOf(reply?.[0]?.[1] ?? [], position, pageSize)
}

/** Resolves when there may be an entry after `position`, at the latest after `blockMs`; on a connection of its own. */
export async function waitForEntry(
  redis: Redis,
  key: string,
  position: string,
  blockMs: number,
): Promise<void> {
  await redis.xread('COUNT', 1, 'BLOCK', blockMs, 'STREAMS', key, plainId(position))
}

/** A stream at one moment. */
export interface StreamView {
  /** Which stream it is: another one after Redis was emptied. */
  epoch: string
  info: StreamInfo
  page: StreamPage
}

/**
 * The entries after `position` that are there now, with what the stream holds and which one it is. All of one moment, so
 * nothing can be lost between reading and looking for losses.
 * @param count most entries of the page
 */
export async function viewStream(
  redis: Redis,
  { stream, epoch }: { stream: string; epoch: string },
  position: string,
  count = pageSize,
): Promise<StreamView> {
  const replies = await redis
    .multi()
    .set(epoch, randomBytes(6).toString('hex'), 'NX')
    .get(epoch)
    .xinfo('STREAM', stream)
    .xrange(stream, `(${plainId(position)}`, '+', 'COUNT', count)
    .exec()
  const [, name, found, entries] = replies ?? []
  if (!name || !found || !entries) throw new Error('Redis gave no answer to a transaction')
  const failed = name[0] ?? entries[0] ?? (found[0] && !isMissing(found[0]) ? found[0] : null)
  if (failed) throw failed
  const info = infoOf(found[0] ? [] : (found[1] as unknown[]))
  const page = pageOf(entries[1] as Entry[], position, count)
  return {
    epoch: name[1] as string,
    info,
    page: page.full || info.last <= page.position ? page : { ...page, position: info.last },
  }
}

function pageOf(entries: Entry[], position: string, count: number): StreamPage {
  const last = entries.at(-1)
  return {
    events: entries.map(toEvent).filter((event) => event !== undefined),
    position: last ? sortableId(last[0]) : position,
    full: entries.length === count,
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
    if (isMissing(error)) return []
    throw error
  })
  return infoOf(reply as unknown[])
}

const isMissing = ({ message }: Error) => /no such key/i.test(message)

function infoOf(list: unknown[]): StreamInfo {
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
