/**
 * Counts what an account asks of a vendor: how many calls at once, how many within a time. What is
 * refused is counted too, and the highest figures stay, so that a test can say "never exceeded".
 *
 * A `max` of 0 means no limit.
 */

export type Connections = {
  /** Takes a connection of the account; the returned function gives it back. Undefined = all are taken. */
  enter(key: string, max: number): (() => void) | undefined
  /** The most calls any account had in flight, a refused one included. */
  highest(): number
  refused(): number
}

/** Counts calls in flight per account. */
export function createConnections(): Connections {
  const open = new Map<string, number>()
  let highest = 0
  let refused = 0

  function leave(key: string): void {
    const left = (open.get(key) ?? 1) - 1
    if (left > 0) open.set(key, left)
    else open.delete(key)
  }

  return {
    enter(key, max) {
      const count = (open.get(key) ?? 0) + 1
      highest = Math.max(highest, count)
      if (max > 0 && count > max) {
        refused += 1
        return undefined
      }
      open.set(key, count)
      return () => leave(key)
    },
    highest: () => highest,
    refused: () => refused,
  }
}

export type Rate = {
  /** Counts a call of the account; `allowed` = no more than `max` were allowed in the window before. */
  arrive(key: string, max: number): { allowed: boolean; arrived: number }
  /** The most calls of any account in any one window, refused ones included. */
  highest(): number
  refused(): number
}

/** Counts calls per account over the last `windowMs`, at any moment (a rolling window). */
export function createRate(windowMs: number, clock: () => number = () => performance.now()): Rate {
  const accounts = new Map<string, { arrived: Times; admitted: Times }>()
  let highest = 0
  let refused = 0

  function accountOf(key: string) {
    const known = accounts.get(key) ?? { arrived: createTimes(windowMs), admitted: createTimes(windowMs) }
    accounts.set(key, known)
    return known
  }

  return {
    arrive(key, max) {
      const now = clock()
      const account = accountOf(key)
      account.arrived.add(now)
      const arrived = account.arrived.count(now)
      highest = Math.max(highest, arrived)
      const allowed = max === 0 || account.admitted.count(now) < max
      if (allowed) account.admitted.add(now)
      else refused += 1
      return { allowed, arrived }
    },
    highest: () => highest,
    refused: () => refused,
  }
}

type Times = { add(at: number): void; count(now: number): number }

/** Moments in order; those older than the window are forgotten when somebody counts. */
function createTimes(windowMs: number): Times {
  const times: number[] = []
  let first = 0
  return {
    add: (at) => void times.push(at),
    count(now) {
      while (first < times.length && times[first]! <= now - windowMs) first += 1
      if (first > 1000) first -= times.splice(0, first).length
      return times.length - first
    },
  }
}
