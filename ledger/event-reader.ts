import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import { beginning } from '../queue/keys.ts'
import { type StreamEvent, type StreamView, viewStream, waitForEntry } from '../queue/stream.ts'
import type { Position } from './cursor.ts'
import { gapIn } from './replay.ts'

export interface EventReader {
  queue: string
  keys: { stream: string; epoch: string }
  redis: Redis
  log: Logger
  /** How long one read waits, also how often a quiet stream is checked for having been emptied; and the wait after a failure. */
  pauseMs: number
  /** Where reading begins, told before the first event. */
  start(position: Position): void
  /** Entries in order; `position` is that of the last one. Repeated when it fails. */
  page(events: StreamEvent[], position: Position): Promise<void>
  /** Entries were lost; reading goes on at `position`. */
  gap(position: Position): void
}

/** Follows a queue's stream from its end until the signal ends; survives Redis and MariaDB being away. */
export async function followEvents(reader: EventReader, signal: AbortSignal): Promise<void> {
  let position: Position | undefined
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
      await sleep(reader.pauseMs, undefined, { signal }).catch(() => undefined)
    }
  }
}

async function begin({ redis, keys, start }: EventReader): Promise<Position> {
  const end = endOf(await viewStream(redis, keys, beginning, 1))
  start(end)
  return end
}

async function readOnce(reader: EventReader, position: Position): Promise<Position> {
  const { redis, keys, pauseMs } = reader
  await waitForEntry(redis, keys.stream, position.id, pauseMs)
  const view = await viewStream(redis, keys, position.id)
  if (gapIn(position, view)) {
    const next = view.epoch === position.epoch ? endOf(view) : { epoch: view.epoch, id: beginning }
    reader.gap(next)
    return next
  }
  const next = { epoch: view.epoch, id: view.page.position }
  if (next.id !== position.id) await reader.page(view.page.events, next)
  return next
}

const endOf = ({ epoch, info }: StreamView): Position => ({ epoch, id: info.last })
