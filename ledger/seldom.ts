import type { Logger } from 'pino'

/** A warning of one text comes at most once in so many ms. */
const everyMs = 60_000

export type Warn = (details: object, text: string) => void

/**
 * Logs warnings that come by the thousand, e.g. one for each subscriber while Redis is away: the first of a text, then one a
 * minute that says how many were left out.
 */
export function warnSeldom(log: Logger, intervalMs = everyMs): Warn {
  const texts = new Map<string, { at: number; leftOut: number }>()
  return (details, text) => {
    const last = texts.get(text)
    if (last && Date.now() - last.at < intervalMs) {
      last.leftOut++
      return
    }
    texts.set(text, { at: Date.now(), leftOut: 0 })
    log.warn({ ...details, ...(last?.leftOut && { leftOut: last.leftOut }) }, text)
  }
}
