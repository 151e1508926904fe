/** How often is looked. */
const everyMs = 1_000

/**
 * What changes in a list that can only be read: everything first, then each element that is not as it was. Nothing is
 * read while nobody waits; `return()` frees everything at once.
 */
export function watchViews<T extends { vendor: string }>(read: () => Promise<T[]>): AsyncIterableIterator<T> {
  const seen = new Map<string, string>()
  let buffer: T[] = []
  let closed = false
  let stop: (() => void) | undefined
  const over = { done: true, value: undefined } as const

  async function look(): Promise<void> {
    const views = await read()
    buffer = views.filter((view) => {
      const text = JSON.stringify(view)
      const changed = seen.get(view.vendor) !== text
      seen.set(view.vendor, text)
      return changed
    })
  }

  function pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, everyMs)
      stop = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  return {
    async next() {
      if (seen.size === 0 && !closed) await look()
      while (buffer.length === 0 && !closed) {
        await pause()
        if (!closed) await look()
      }
      return closed ? over : { done: false, value: buffer.shift()! }
    },
    async return() {
      closed = true
      stop?.()
      return over
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
