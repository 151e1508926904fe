/** The known name that a misspelt one was most likely meant to be; undefined when none is close. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const wanted = name.toUpperCase()
  const [best] = known
    .map((candidate) => ({ candidate, edits: editsBetween(wanted, candidate) }))
    .sort((a, b) => a.edits - b.edits)
  return best && best.edits <= Math.max(2, Math.floor(name.length / 4)) ? best.candidate : undefined
}

/** Fewest letters to insert, remove or replace (Levenshtein). */
function editsBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1]
    for (let at = 1; at <= to.length; at++)
      next.push(Math.min(row[at]! + 1, next[at - 1]! + 1, row[at - 1]! + (letter === to[at - 1] ? 0 : 1)))
    row = next
  }
  return row[to.length]!
}
