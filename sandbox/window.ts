/** A rolling window: at most so many hits per key within a time. */
export type Window = {
  /** Counts a hit; returns what is left, or -1 when the limit was already reached. */
  hit(key: string, max: number): number
}

/** Counts hits over the last `lengthMs`; refused hits do not count. */
export function createWindow(lengthMs: number): Window {
  const hits = new Map<string, number[]>()
  let sweptAt = Date.now()
  return {
    hit(key, max) {
      const now = Date.now()
      if (now - sweptAt > lengthMs) {
        forgetQuiet(hits, now - lengthMs)
        sweptAt = now
      }
      const times = hits.get(key) ?? []
      forgetOld(times, now - lengthMs)
      if (times.length >= max) return -1
      times.push(now)
      hits.set(key, times)
      return max - times.length
    },
  }
}

function forgetOld(times: number[], since: number): void {
  if ((times[0] ?? since + 1) > since) return
  const firstRecent = times.findIndex((at) => at > since)
  times.splice(0, firstRecent === -1 ? times.length : firstRecent)
}

function forgetQuiet(hits: Map<string, number[]>, since: number): void {
  for (const [key, times] of hits) {
    if ((times.at(-1) ?? 0) <= since) hits.delete(key)
  }
}
