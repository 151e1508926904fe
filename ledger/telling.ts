import type { Logger } from 'pino'
import type { Attempt } from '../queue/worker.ts'

/** At most one progress event of a job in so many ms. */
const intervalMs = 250
/** Larger values would weigh on every subscriber. */
const maxBytes = 1_024
const maxLine = 1_000

/** What a running job tells its watchers, in the order it says it. */
export interface Telling {
  /**
   * Sent at once, then at most four times a second; the latest value wins and the last one is always sent. What counts
   * `done` of a `total` does not fall back when a later attempt begins anew: it is left out until it is no longer behind.
   */
  progress(value: unknown): void
  say(line: string): void
  /** Resolves when all of it is in the stream. */
  flush(): Promise<void>
}

export function createTelling(attempt: Attempt, log: Logger): Telling {
  let pending: { value: unknown } | undefined
  let reported = attempt.reported
  let timer: NodeJS.Timeout | undefined
  let sending: Promise<void> = Promise.resolve()

  function send(what: () => Promise<void>): void {
    sending = sending
      .then(what)
      .catch((error: Error) => log.warn({ err: error }, 'Watchers of the job miss something'))
  }

  function sendProgress(): void {
    const next = pending
    pending = undefined
    if (next) send(() => attempt.progress(next.value))
  }

  function tick(): void {
    timer = undefined
    if (!pending) return
    sendProgress()
    timer = setTimeout(tick, intervalMs)
  }

  return {
    progress: (value) => {
      const bytes = Buffer.byteLength(JSON.stringify(value))
      if (bytes > maxBytes)
        throw new RangeError(`Progress takes ${bytes} bytes; at most ${maxBytes} are allowed`)
      if (isBehind(value, reported)) return
      reported = value
      pending = { value }
      if (timer) return
      sendProgress()
      timer = setTimeout(tick, intervalMs)
    },
    say: (line) => send(() => attempt.say(line.slice(0, maxLine))),
    flush: async () => {
      clearTimeout(timer)
      sendProgress()
      await sending
    },
  }
}

interface Counted {
  done?: unknown
  total?: unknown
}

/** Whether progress counts less `done` than what was reported before, of the same `total`. Other progress is never behind. */
function isBehind(value: unknown, reported: unknown): boolean {
  const { done, total } = (value ?? {}) as Counted
  const before = (reported ?? {}) as Counted
  return (
    typeof done === 'number' &&
    typeof before.done === 'number' &&
    total === before.total &&
    done < before.done
  )
}
