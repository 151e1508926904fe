/** So much of something for each of many, e.g. connections for each key; more waits, first come first served. What is more
 * than the whole share by itself runs alone. */
export interface Shares {
  /**
   * Runs `work` when it is the owner's turn.
   * @param weight how much of the share it takes; default 1
   * @throws the signal's reason when it ends while waiting
   */
  run<T>(
    owner: string,
    signal: AbortSignal | undefined,
    work: () => T | Promise<T>,
    weight?: number,
  ): Promise<T>
}

interface Waiting {
  weight: number
  start: () => void
}

interface Share {
  held: number
  waiting: Waiting[]
}

/** @param most how much of it one owner has at once */
export function createShares(most: number): Shares {
  const owners = new Map<string, Share>()

  const fits = ({ held }: Share, weight: number) => held === 0 || held + weight <= most

  async function turn(share: Share, weight: number, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    if (share.waiting.length === 0 && fits(share, weight)) {
      share.held += weight
      return
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const place: Waiting = { weight, start: resolve }
    const leave = () => {
      share.waiting.splice(share.waiting.indexOf(place), 1)
      reject(signal?.reason)
      startWaiting(share)
    }
    share.waiting.push(place)
    signal?.addEventListener('abort', leave, { once: true })
    place.start = () => {
      signal?.removeEventListener('abort', leave)
      resolve()
    }
    await promise
  }

  function startWaiting(share: Share): void {
    for (let next = share.waiting[0]; next && fits(share, next.weight); next = share.waiting[0]) {
      share.waiting.shift()
      share.held += next.weight
      next.start()
    }
  }

  return {
    async run(owner, signal, work, weight = 1) {
      const share = owners.get(owner) ?? { held: 0, waiting: [] }
      owners.set(owner, share)
      try {
        await turn(share, weight, signal)
        try {
          return await work()
        } finally {
          share.held -= weight
          startWaiting(share)
        }
      } finally {
        if (share.held === 0 && share.waiting.length === 0) owners.delete(owner)
      }
    },
  }
}
