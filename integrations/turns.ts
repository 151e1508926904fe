// One asks at a time: the calls of a process wait in line, and only the first of them asks Redis.

export interface Turns<T> {
  /**
   * Runs `work` when all before it are done. Rejects at once when the signal ends; what `work` then still brings is
   * handed to `discard`.
   */
  take(signal: AbortSignal, work: () => Promise<T>, discard: (unused: T) => void): Promise<T>
  /** Number of wakes so far: read it before asking, so that a wake that comes while asking is not missed. */
  wakes(): number
  /** Waits so long, or until a wake beyond number `seen`. @throws the signal's reason */
  woken(ms: number, signal: AbortSignal, seen: number): Promise<void>
  wake(): void
}

export function createTurns<T>(): Turns<T> {
  let last: Promise<unknown> = Promise.resolve()
  let sleeper: (() => void) | undefined
  let count = 0
  return {
    take(signal, work, discard) {
      const turn = last.then(work)
      last = turn.catch(() => undefined)
      return unlessAborted(turn, signal, discard)
    },
    wakes: () => count,
    woken: (ms, signal, seen) =>
      new Promise((resolve, reject) => {
        if (count !== seen) return resolve()
        const end = (settle: () => void) => () => {
          clearTimeout(timer)
          signal.removeEventListener('abort', aborted)
          sleeper = undefined
          settle()
        }
        const aborted = end(() => reject(signal.reason))
        const timer = setTimeout(end(resolve), ms)
        sleeper = end(resolve)
        signal.addEventListener('abort', aborted, { once: true })
      }),
    wake() {
      count += 1
      sleeper?.()
    },
  }
}

function unlessAborted<T>(turn: Promise<T>, signal: AbortSignal, discard: (unused: T) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const aborted = () => {
      reject(signal.reason)
      turn.then(discard, () => undefined)
    }
    if (signal.aborted) return aborted()
    signal.addEventListener('abort', aborted, { once: true })
    turn
      .finally(() => signal.removeEventListener('abort', aborted))
      .then(
        (value) => (signal.aborted ? undefined : resolve(value)),
        (error) => reject(error),
      )
  })
}
