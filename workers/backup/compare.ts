import type { TableContent } from '../../entities/backup.ts'
import type { Finding } from '../../entities/verification.ts'

/** How what came back differs from what was dumped, table by table. A table of other length is not hashed against. */
export function compareContents(
  expected: readonly TableContent[],
  found: readonly TableContent[],
): Finding[] {
  const restored = new Map(found.map((table) => [table.name, table]))
  const dumped = new Set(expected.map(({ name }) => name))
  return [
    ...expected.flatMap((table) => compareTable(table, restored.get(table.name))),
    ...found.filter(({ name }) => !dumped.has(name)).map(unexpected),
  ]
}

function compareTable(expected: TableContent, found: TableContent | undefined): Finding[] {
  const { name: table, rows, checksum } = expected
  if (!found)
    return [
      {
        kind: 'TABLE_MISSING',
        table,
        expected: `${rows} rows`,
        message: `Table ${table} did not come back.`,
      },
    ]
  if (found.rows !== rows)
    return [
      {
        kind: 'ROWS',
        table,
        expected: String(rows),
        found: String(found.rows),
        message: `Table ${table} came back with ${found.rows} rows; ${rows} were dumped.`,
      },
    ]
  if (found.checksum === checksum) return []
  return [
    {
      kind: 'CHECKSUM',
      table,
      expected: checksum,
      found: found.checksum,
      message: `Table ${table} came back with as many rows, but not with the same content.`,
    },
  ]
}

const unexpected = ({ name, rows }: TableContent): Finding => ({
  kind: 'TABLE_UNEXPECTED',
  table: name,
  found: `${rows} rows`,
  message: `Table ${name} came back; it was not there when the backup was made.`,
})
