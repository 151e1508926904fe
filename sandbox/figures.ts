/** The highest figure a limit has seen, and how often it refused; by the limit's name. */
export type Figures = Record<string, { highest: number; refused: number }>
type Counter = { highest(): number; refused(): number }

export function figuresOf(counters: Record<string, Counter>): Figures {
  return Object.fromEntries(
    Object.entries(counters).map(([name, counter]) => [
      name,
      { highest: counter.highest(), refused: counter.refused() },
    ]),
  )
}
