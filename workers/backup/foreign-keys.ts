import type { Em } from '../../entities/index.ts'
import { quoteName } from '../../entities/sql.ts'
import type { Finding } from '../../entities/verification.ts'

interface KeyColumn {
  name: string
  childTable: string
  childColumn: string
  parentTable: string
  parentColumn: string
}

/**
 * Looks for rows that refer to rows which are not there: a dump is loaded with the checks of foreign keys turned off.
 * @param signal ends it between two keys
 */
export async function orphanFindings(em: Em, database: string, signal: AbortSignal): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const columns of await foreignKeys(em, database)) {
    signal.throwIfAborted()
    const [row] = await em.execute<{ n: number }[]>(orphanSql(database, columns))
    const count = Number(row?.n ?? 0)
    if (count > 0) findings.push(orphans(columns[0]!, count))
  }
  return findings
}

/** The columns of each foreign key. */
async function foreignKeys(em: Em, database: string): Promise<KeyColumn[][]> {
  const rows = await em.execute<KeyColumn[]>(
    `select constraint_name as name, table_name as childTable, column_name as childColumn,
       referenced_table_name as parentTable, referenced_column_name as parentColumn
     from information_schema.key_column_usage
     where table_schema = ? and referenced_table_schema = ? order by table_name, constraint_name, ordinal_position`,
    [database, database],
  )
  return [...Map.groupBy(rows, ({ childTable, name }) => `${childTable}/${name}`).values()]
}

function orphanSql(database: string, columns: KeyColumn[]): string {
  const { childTable, parentTable } = columns[0]!
  const schema = quoteName(database)
  const child = (column: string) => `child.${quoteName(column)}`
  const parent = (column: string) => `parent.${quoteName(column)}`
  const join = columns.map((key) => `${parent(key.parentColumn)} = ${child(key.childColumn)}`)
  const filled = columns.map((key) => `${child(key.childColumn)} is not null`)
  return `select count(*) as n from ${schema}.${quoteName(childTable)} child
    left join ${schema}.${quoteName(parentTable)} parent on ${join.join(' and ')}
    where ${filled.join(' and ')} and ${parent(columns[0]!.parentColumn)} is null`
}

function orphans({ childTable, childColumn, parentTable }: KeyColumn, count: number): Finding {
  return {
    kind: 'FOREIGN_KEY',
    table: childTable,
    expected: '0',
    found: String(count),
    message: `${count} rows of ${childTable} refer by ${childColumn} to rows of ${parentTable} that are not there.`,
  }
}
