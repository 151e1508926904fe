/** `(?, ?, …), (?, ?, …)` for an insert of so many rows. */
export function tuples(rows: number, columns: number): string {
  const one = `(${Array.from({ length: columns }, () => '?').join(', ')})`
  return Array.from({ length: rows }, () => one).join(', ')
}
