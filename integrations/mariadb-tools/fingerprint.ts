import { quoteName, quoteText } from './quote.ts'
import { type Column, rowHash } from './row-hash.ts'

/** What a table holds. */
interface TableContent {
  name: string
  rows: number
  /** Of all rows, in any order. */
  checksum: string
}

type Query = (sql: string) => Promise<Record<string, unknown>[]>

/** Columns that tell when a row came or changed. What is planned or expires (`run_at`, `expires_at`) tells nothing. */
const tellsAge = new Set(['at', 'created_at', 'updated_at', 'arrived_at', 'received_at', 'finished_at'])

/**
 * Counts and hashes the rows of every table, so that two databases can be compared without bringing them together.
 * The hash is the sum over the rows: their order does not matter, and a row that is there twice counts twice.
 * Generated columns are left out: they follow from the others. Tables come in the order of their names.
 * @param query runs a statement; all of them on one connection, and in one snapshot if nothing may move meanwhile
 * @param onTable is told each table before it is read
 * @returns the tables, and the newest time in the past of the columns named like `created_at`; null without any
 */
export async function fingerprintDatabase(
  query: Query,
  database: string,
  onTable?: (name: string) => void,
): Promise<{ tables: TableContent[]; newestRowAt: Date | null }> {
  const tables: TableContent[] = []
  let newest = Number.NEGATIVE_INFINITY
  for (const [name, columns] of await columnsByTable(query, database)) {
    onTable?.(name)
    const [row = {}] = await query(tableSql(database, name, columns))
    tables.push({ name, rows: Number(row.found_rows), checksum: String(row.checksum) })
    if (row.newest_ms !== null) newest = Math.max(newest, Number(row.newest_ms))
  }
  return { tables, newestRowAt: Number.isFinite(newest) ? new Date(newest) : null }
}

async function columnsByTable(query: Query, database: string): Promise<Map<string, Column[]>> {
  const rows =
    await query(`select t.table_name as table_name, c.column_name as column_name, c.data_type as data_type
    from information_schema.tables t
    join information_schema.columns c on c.table_schema = t.table_schema and c.table_name = t.table_name
    where t.table_schema = ${quoteText(database)} and t.table_type in ('BASE TABLE', 'SYSTEM VERSIONED')
      and c.is_generated = 'NEVER'
    order by t.table_name, c.ordinal_position`)
  const tables = new Map<string, Column[]>()
  for (const row of rows) {
    const name = String(row.table_name)
    const column = { name: String(row.column_name), type: String(row.data_type).toLowerCase() }
    tables.set(name, [...(tables.get(name) ?? []), column])
  }
  return new Map([...tables].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Numbers travel as text: some drivers give them as such, and a sum of hashes is larger than a number of JavaScript. */
function tableSql(database: string, table: string, columns: readonly Column[]): string {
  return `select cast(count(*) as char) as found_rows,
      cast(coalesce(sum(${rowHash(columns)}), 0) as char) as checksum,
      cast(${newestMs(columns)} as char) as newest_ms
    from ${quoteName(database)}.${quoteName(table)}`
}

/** 0 stands for unknown until the end, since `greatest` would take NULL. */
function newestMs(columns: readonly Column[]): string {
  const times = columns.filter(({ name, type }) => type === 'datetime' && tellsAge.has(name))
  if (times.length === 0) return 'null'
  return `nullif(greatest(0, ${times.map(({ name }) => pastMs(quoteName(name))).join(', ')}), 0)`
}

function pastMs(column: string): string {
  const past = `max(if(${column} <= utc_timestamp(3), ${column}, null))`
  return `coalesce(timestampdiff(microsecond, '1970-01-01', ${past}) div 1000, 0)`
}
