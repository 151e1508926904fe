import type { Logger } from 'pino'
import type { Em } from '../../entities/index.ts'
import { readProgress, type StatProgress } from './progress.ts'

/** The job that counts facts. */
const rollup = 'stats.rollup'
/** What a nudge misses is found after so long. */
const defaultPollMs = 5_000

/** Calls back with the name of a job, among others, when something happens to it; returns how to stop. */
type Listen = (callback: (subject: string) => void) => () => void

/** Tells when facts have been counted. */
export interface StatUpdates {
  /**
   * How far facts are counted: as it is now, unless that is where `after` stands, then each time it has moved. Who is slow
   * gets the newest alone. `return()` of the iterator frees everything at once.
   */
  subscribe(after?: string): AsyncIterableIterator<StatProgress>
  close(): Promise<void>
}

/**
 * Watches the position of statistics for all subscribers of a process. Jobs only nudge: the truth is read from SQL, also
 * every few seconds. Nothing is read while nobody watches.
 */
export function createStatUpdates(
  fork: () => Em,
  log: Logger,
  listen: Listen,
  pollMs = defaultPollMs,
): StatUpdates {
  const watchers = new Set<Watcher>()
  let stop: (() => void) | undefined
  let reading = false
  let again = false

  /** One read at a time; what nudges meanwhile leads to one more. */
  async function look(): Promise<void> {
    again = true
    if (reading) return
    reading = true
    try {
      while (again && watchers.size > 0) {
        again = false
        const position = await readProgress(fork())
        for (const watcher of watchers) watcher.tell(position)
      }
    } catch (error) {
      log.warn({ err: error }, 'The position of statistics could not be read; it is tried again')
    } finally {
      reading = false
    }
  }

  function start(): () => void {
    const timer = setInterval(() => void look(), pollMs)
    timer.unref()
    const deafen = listen((subject) => {
      if (subject === rollup) void look()
    })
    return () => {
      clearInterval(timer)
      deafen()
    }
  }

  function remove(watcher: Watcher): void {
    watchers.delete(watcher)
    if (watchers.size > 0) return
    stop?.()
    stop = undefined
  }

  return {
    subscribe(after) {
      const watcher = watch(after, () => remove(watcher))
      watchers.add(watcher)
      stop ??= start()
      void look()
      return watcher.iterator
    },
    async close() {
      for (const { iterator } of [...watchers]) await iterator.return?.()
    },
  }
}

interface Watcher {
  iterator: AsyncIterableIterator<StatProgress>
  tell(position: StatProgress): void
}

/** One subscriber: holds at most one position that was not taken yet. */
function watch(after: string | undefined, release: () => void): Watcher {
  type Result = IteratorResult<StatProgress>
  const over: Result = { value: undefined, done: true }
  let told = after
  let held: StatProgress | undefined
  let waiting: ((result: Result) => void) | undefined
  let closed = false

  function give(): void {
    if (!held || !waiting) return
    const [value, resolve] = [held, waiting]
    held = undefined
    waiting = undefined
    resolve({ value, done: false })
  }

  function finish(): Promise<Result> {
    if (!closed) release()
    closed = true
    waiting?.(over)
    waiting = undefined
    return Promise.resolve(over)
  }

  const iterator: AsyncIterableIterator<StatProgress> = {
    next: () =>
      closed
        ? finish()
        : new Promise((resolve) => {
            waiting = resolve
            give()
          }),
    return: finish,
    [Symbol.asyncIterator]: () => iterator,
  }
  return {
    iterator,
    tell(position) {
      if (position.cursor === told) return
      told = position.cursor
      held = position
      give()
    },
  }
}
