import { decodeCursor } from './cursor.ts'
import type { JobEventMessage } from './ledger.ts'

/** Most messages that wait for one subscriber; beyond it the subscriber reads from the stream at its own pace. */
const maxBuffer = 256

export interface Sink extends AsyncIterableIterator<JobEventMessage> {
  /** A live message; `before` is the cursor of what came before it. Ignored while the sink catches up by itself. */
  deliver(queue: string, id: string, message: JobEventMessage, before: string): void
  /** Makes the sink read from the stream again, from where it is. */
  catchUp(): void
}

export interface SinkSource {
  /**
   * Reads on from `read` and moves it; returns the next messages. `live` is true when `read` has reached the hub, so
   * that the sink may switch to live messages without missing one.
   */
  readOn(read: Map<string, string>): Promise<{ messages: JobEventMessage[]; live: boolean }>
  /** Called once, when the subscriber is gone. */
  released(): void
}

type Result = IteratorResult<JobEventMessage>

/**
 * The bounded buffer of one subscriber. It is live, or it catches up: then it reads from the stream whenever the
 * subscriber has taken what was there. It starts by catching up, and goes back to it when the subscriber is too slow, so
 * nothing is dropped but progress that a newer one of the same job replaces.
 */
export function createSink(
  source: SinkSource,
  start: Map<string, string>,
  first: JobEventMessage[],
  onError: (error: Error) => void,
): Sink {
  let read = start
  let buffer = first
  let live = false
  let closed = false
  let reading = false
  let resumeFrom: string | undefined
  let waiting: ((result: Result) => void) | undefined

  function take(): JobEventMessage | undefined {
    const message = buffer.shift()
    if (message) resumeFrom = message.cursor
    return message
  }

  function wake(): void {
    if (!waiting) return
    const message = take()
    if (!message) return
    const resolve = waiting
    waiting = undefined
    resolve({ value: message, done: false })
  }

  async function readOn(): Promise<void> {
    reading = true
    try {
      while (!closed && !live && buffer.length === 0) {
        const page = await source.readOn(read)
        buffer.push(...page.messages)
        live = page.live
      }
    } catch (error) {
      onError(error as Error)
      setTimeout(() => void (closed || live || readOn()), 1_000).unref()
    } finally {
      reading = false
      wake()
    }
  }

  function overflow(): void {
    read = decodeCursor(resumeFrom!)
    buffer = []
    live = false
  }

  function finish(): Promise<Result> {
    if (!closed) {
      closed = true
      source.released()
      waiting?.({ value: undefined, done: true })
      waiting = undefined
    }
    return Promise.resolve({ value: undefined, done: true })
  }

  return {
    deliver(queue, id, message, before) {
      if (!live || closed || id <= (read.get(queue) ?? '')) return
      if (buffer.length === 0) resumeFrom = before
      buffer = withoutOlderProgress(buffer, message)
      buffer.push(message)
      if (buffer.length > maxBuffer) overflow()
      wake()
    },
    catchUp() {
      if (!live) return
      live = false
      if (waiting && !reading) void readOn()
    },
    next() {
      if (closed) return finish()
      const message = take()
      if (message) return Promise.resolve({ value: message, done: false })
      return new Promise<Result>((resolve) => {
        waiting = resolve
        if (!live && !reading) void readOn()
      })
    },
    return: finish,
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

/** Latest wins: an unread progress message gives way to a newer one of the same job. */
function withoutOlderProgress(buffer: JobEventMessage[], message: JobEventMessage): JobEventMessage[] {
  const isProgress = (each: JobEventMessage) => each.kind === 'event' && each.event.type === 'PROGRESS'
  if (!isProgress(message) || message.kind !== 'event') return buffer
  const { jobId } = message.event
  return buffer.filter((each) => !(isProgress(each) && each.kind === 'event' && each.event.jobId === jobId))
}
