/** So much of something for each of many, e.g. connections for each key; more waits, first come first served. */
export interface Shares {
  /** Runs `work` when it is the owner's turn. @throws the signal's reason when it ends while waiting */
  run<T>(owner: string, signal: AbortSignal, work: () => Promise<T>): Promise<T>
}

/** @param most how much of it one owner has at once */
export function createShares(most: number): Shares {
  const owners = new Map<string, { running: number; waiting: Set<() => void> }>()

  async function turn(owner: string, signal: AbortSignal): Promise<void> {
    const state = owners.get(owner) ?? { running: 0, waiting: new Set() }
    owners.set(owner, state)
    if (state.running < most) {
      state.running++
      return
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const leave = () => {
      state.waiting.delete(resolve)
      reject(signal.reason)
    }
    state.waiting.add(resolve)
    signal.addEventListener('abort', leave, { once: true })
    if (signal.aborted) leave()
    await promise
    signal.removeEventListener('abort', leave)
  }

  function done(owner: string): void {
    const state = owners.get(owner)!
    const [next] = state.waiting
    if (next) {
      // The place goes over to whoever waits longest.
      state.waiting.delete(next)
      next()
    } else if (--state.running === 0) owners.delete(owner)
  }

  return {
    async run(owner, signal, work) {
      await turn(owner, signal)
      try {
        return await work()
      } finally {
        done(owner)
      }
    },
  }
}
