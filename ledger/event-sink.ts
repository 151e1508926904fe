import { encodeCursor, furthest, hasReached, type Position, type Positions } from './cursor.ts'
import type { JobEventMessage } from './ledger.ts'

/** Most messages that wait for one subscriber; beyond it the subscriber reads from the stream at its own pace. */
const maxBuffer = 256

type WithoutCursor<T> = T extends unknown ? Omit<T, 'cursor'> : never

/** A message that waits, and where the subscriber stands once it has taken it. */
export interface Waiting {
  message: WithoutCursor<JobEventMessage>
  after: Positions
}

/** An event as the hub delivers it. */
interface LiveEvent {
  queue: string
  position: Position
  message: WithoutCursor<JobEventMessage>
  /** Where the hub stood before it, and stands now. */
  before: Positions
  after: Positions
}

export interface Sink extends AsyncIterableIterator<JobEventMessage> {
  /** Ignored while the sink catches up by itself. */
  deliver(event: LiveEvent): void
  /** Makes the sink read from the stream again, from where the hub stood. */
  catchUp(from: Positions): void
}

export interface SinkSource {
  /**
   * The next messages after `read`, and where reading goes on. Without `read` it begins. It changes nothing, so that a call
   * that failed can be repeated.
   */
  readOn(read: Positions | undefined): Promise<{ messages: Waiting[]; read: Positions }>
  /** Whether positions have reached the hub, so that live messages follow without a hole. */
  reached(read: Positions): boolean
  /** Called once, when the subscriber is gone. */
  released(): void
}

export interface SinkSettings {
  onError: (error: Error) => void
  /** Whether a read that failed is not worth repeating: then the subscription ends with the error. */
  isFinal: (error: unknown) => boolean
  /** Wait before a read that failed is repeated, in ms. */
  retryMs: number
}

type Result = IteratorResult<JobEventMessage>

/** Wait before the stream is read again when it gave nothing and the hub is elsewhere, in ms. */
const idleMs = 50

/**
 * The bounded buffer of one subscriber. It is live, or it catches up: then it reads from the stream whenever the
 * subscriber has taken what was there. It starts by catching up, and goes back to it when the subscriber is too slow, so
 * nothing is dropped but progress that a newer one of the same job replaces.
 */
export function createSink(source: SinkSource, { onError, isFinal, retryMs }: SinkSettings): Sink {
  /** Everything up to here is in the buffer, was taken, or is not for this subscriber. */
  let read: Positions | undefined
  /** Where the subscriber stands with what it has taken. */
  let taken: Positions | undefined
  let buffer: Waiting[] = []
  let live = false
  let closed = false
  let reading = false
  let waiting: { resolve: (result: Result) => void; reject: (error: unknown) => void } | undefined
  let failure: { error: unknown } | undefined

  function take(): JobEventMessage | undefined {
    const next = buffer.shift()
    if (!next) return undefined
    taken = next.after
    return { ...next.message, cursor: cursorOf(next.after) } as JobEventMessage
  }

  function wake(): void {
    const message = waiting && take()
    if (!message) return
    const { resolve } = waiting!
    waiting = undefined
    resolve({ value: message, done: false })
  }

  async function readOn(): Promise<void> {
    if (reading) return
    reading = true
    try {
      while (!closed && !live && buffer.length === 0) await readOnce()
    } catch (error) {
      if (isFinal(error)) return fail(error)
      onError(error as Error)
      setTimeout(() => void (closed || live || readOn()), retryMs).unref()
    } finally {
      reading = false
      wake()
    }
  }

  /** What was read is taken over in one go, and whether the hub is reached is asked in the same go: nothing slips between. */
  async function readOnce(): Promise<void> {
    const step = await source.readOn(read)
    taken = read
    read = step.read
    buffer.push(...step.messages)
    live = source.reached(read)
    if (!live && step.messages.length === 0) await new Promise((resolve) => setTimeout(resolve, idleMs))
  }

  function overflow(): void {
    read = taken
    buffer = []
    live = false
  }

  function fail(error: unknown): void {
    if (closed) return
    if (waiting) waiting.reject(error)
    else failure = { error }
    waiting = undefined
    void finish()
  }

  function finish(): Promise<Result> {
    if (!closed) {
      closed = true
      source.released()
      waiting?.resolve({ value: undefined, done: true })
      waiting = undefined
    }
    return Promise.resolve({ value: undefined, done: true })
  }

  return {
    deliver({ queue, position, message, before, after }) {
      if (!live || closed || !read || hasReached(read.get(queue), position)) return
      if (buffer.length === 0) taken = furthest(read, before)
      buffer = withoutOlderProgress(buffer, message)
      read = furthest(read, after)
      buffer.push({ message, after: read })
      if (buffer.length > maxBuffer) overflow()
      wake()
    },
    catchUp(from) {
      if (!live || !read) return
      read = furthest(read, from)
      live = false
      if (waiting) void readOn()
    },
    next() {
      if (failure) {
        const { error } = failure
        failure = undefined
        return Promise.reject(error)
      }
      if (closed) return finish()
      const message = take()
      if (message) return Promise.resolve({ value: message, done: false })
      return new Promise<Result>((resolve, reject) => {
        waiting = { resolve, reject }
        if (!live) void readOn()
      })
    },
    return: finish,
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

const cursors = new WeakMap<Positions, string>()

/** Many subscribers stand where the hub stands: their cursor is made once. */
function cursorOf(positions: Positions): string {
  const known = cursors.get(positions)
  if (known) return known
  const cursor = encodeCursor(positions)
  cursors.set(positions, cursor)
  return cursor
}

/** Latest wins: an unread progress message gives way to a newer one of the same job. */
function withoutOlderProgress(buffer: Waiting[], message: Waiting['message']): Waiting[] {
  if (!isProgress(message)) return buffer
  const { jobId } = message.event
  return buffer.filter((each) => !(isProgress(each.message) && each.message.event.jobId === jobId))
}

function isProgress(message: Waiting['message']): message is Waiting['message'] & { kind: 'event' } {
  return message.kind === 'event' && message.event.type === 'PROGRESS'
}
