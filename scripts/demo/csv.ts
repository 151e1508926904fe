/**
 * Reads CSV as RFC 4180 has it: quoted cells may hold commas, line breaks and doubled quotes; the first line names the
 * columns. Cells come as they are, spaces included.
 */
export function parseCsv(text: string): Record<string, string>[] {
  const [names = [], ...rows] = cellsOf(text)
  return rows.map((cells) => Object.fromEntries(names.map((name, index) => [name, cells[index] ?? ''])))
}

/** A quoted or a bare cell, and what ends it. */
const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y

function cellsOf(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  for (let at = 0; at < text.length || row.length > 0; ) {
    cell.lastIndex = at
    const match = cell.exec(text)
    if (!match) throw new Error(`The CSV is broken in row ${rows.length + 1}`)
    const [whole, quoted, bare = '', end] = match
    row.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'))
    at += whole.length
    if (end === ',') continue
    if (row.length > 1 || row[0] !== '') rows.push(row)
    row = []
  }
  return rows
}
