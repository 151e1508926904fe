type Counter = { highest(): number; refused(): number }

/** How near its limits a vendor was brought: the highest figure of each limit, and how many calls were refused by any. */
export function figuresOf(counters: Record<string, Counter>): Record<string, number> {
  const highest = Object.entries(counters).map(([name, counter]) => [`${name}Highest`, counter.highest()])
  const refused = Object.values(counters).reduce((sum, counter) => sum + counter.refused(), 0)
  return { ...Object.fromEntries(highest), refused }
}
