import type { Logger } from 'pino'
import type { Attempt } from '../queue/worker.ts'

/** At most one progress event of a job in so many ms. */
const intervalMs = 250
/** Larger values would weigh on every subscriber. */
const maxBytes = 1_024

/** Sends progress at once, then at most four times a second; the latest value wins and the last one is always sent. */
export function createProgress(attempt: Attempt, log: Logger): { report: (value: unknown) => void; flush: () => Promise<void> } {
  let pending: { value: unknown } | undefined
  let timer: NodeJS.Timeout | undefined
  let sending: Promise<void> = Promise.resolve()

  function send(): void {
    const next = pending
    pending = undefined
    if (next) sending = sending.then(() => attempt.progress(next.value)).catch((error: Error) => log.warn({ err: error }, 'Progress was lost'))
  }

  function tick(): void {
    timer = undefined
    if (!pending) return
    send()
    timer = setTimeout(tick, intervalMs)
  }

  return {
    report: (value) => {
      const bytes = Buffer.byteLength(JSON.stringify(value))
      if (bytes > maxBytes) throw new RangeError(`Progress takes ${bytes} bytes; at most ${maxBytes} are allowed`)
      pending = { value }
      if (timer) return
      send()
      timer = setTimeout(tick, intervalMs)
    },
    flush: async () => {
      clearTimeout(timer)
      send()
      await sending
    },
  }
}
