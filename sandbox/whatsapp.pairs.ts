import { forgetOldest } from './exchange.ts'

type Pair = { burstStart: number; burst: number; freeAt: number }
type Rule = { gapMs: number; burst: number }

const PAIRS_KEPT = 50_000

/**
 * The pair rate (integrations.md 5.5): one message to a person every 6 s. Within 6 s a burst of 45 is let through, but it
 * is borrowed: each message of it has to be waited for before the next burst.
 */
export function createPairs(clock: () => number = Date.now) {
  const pairs = new Map<string, Pair>()
  let highest = 0
  let refused = 0

  function begin(key: string, now: number, gapMs: number): void {
    pairs.delete(key)
    pairs.set(key, { burstStart: now, burst: 1, freeAt: now + gapMs })
    forgetOldest(pairs, PAIRS_KEPT)
    highest = Math.max(highest, 1)
  }

  return {
    /** Whether a message may go; one that may not does not count. A burst of 0 is no limit. */
    take(key: string, { gapMs, burst }: Rule): boolean {
      const now = clock()
      const pair = pairs.get(key)
      if (!pair || now >= pair.freeAt) {
        begin(key, now, gapMs)
        return true
      }
      if (burst > 0 && (now - pair.burstStart >= gapMs || pair.burst >= burst)) {
        refused += 1
        return false
      }
      pair.burst += 1
      pair.freeAt += gapMs
      highest = Math.max(highest, pair.burst)
      return true
    },
    /** The longest burst to one person. */
    highest: () => highest,
    refused: () => refused,
  }
}
