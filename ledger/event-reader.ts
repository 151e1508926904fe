import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import { beginning } from '../queue/keys.ts'
import { gapAfter, readStream, type StreamEvent, streamInfo } from '../queue/stream.ts'

/** How long one read waits; also how often a quiet stream is checked for having been emptied. */
const blockMs = 1_000

export interface EventReader {
  queue: string
  stream: string
  redis: Redis
  log: Logger
  /** Where reading begins, told before the first event. */
  start(position: string): void
  /** Entries in order; `position` is that of the last one. */
  page(events: StreamEvent[], position: string): Promise<void>
  /** Entries were lost; reading goes on at `position`. */
  gap(position: string): void
}

/** Follows a queue's stream from its end until the signal ends; survives Redis and MariaDB being away. */
export async function followEvents(reader: EventReader, signal: AbortSignal): Promise<void> {
  let position: string | undefined
  while (!signal.aborted) {
    try {
      position ??= await begin(reader)
      position = await readOnce(reader, position)
    } catch (error) {
      if (signal.aborted) return
      reader.log.warn(
        { err: error, queue: reader.queue },
        'Live events are interrupted; reading goes on where it stopped',
      )
      await sleep(1_000, undefined, { signal }).catch(() => undefined)
    }
  }
}

async function begin(reader: EventReader): Promise<string> {
  const { last } = await streamInfo(reader.redis, reader.stream)
  reader.start(last)
  return last
}

async function readOnce(reader: EventReader, position: string): Promise<string> {
  const page = await readStream(reader.redis, reader.stream, position, blockMs)
  const info = await streamInfo(reader.redis, reader.stream)
  if (gapAfter(position, info)) {
    const next = position > info.last ? beginning : info.last
    reader.gap(next)
    return next
  }
  if (page.position !== position) await reader.page(page.events, page.position)
  return page.position
}
