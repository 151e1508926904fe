import { quoteName } from './quote.ts'

/** A column as information_schema knows it; `type` without length, e.g. `varchar`. */
export interface Column {
  name: string
  type: string
}

/** Their text holds no comma, so that a comma ends it. */
const plain = new Set([
  'tinyint',
  'smallint',
  'mediumint',
  'int',
  'bigint',
  'decimal',
  'float',
  'double',
  'date',
  'datetime',
  'time',
  'year',
])
/** May be larger than the largest text MariaDB puts together (max_allowed_packet). */
const large = new Set(['mediumtext', 'longtext', 'mediumblob', 'longblob', 'json'])
const bytes = new Set(['char', 'varchar', 'binary', 'varbinary', 'tinytext', 'text', 'tinyblob', 'blob'])

/**
 * SQL for one row as a number of 60 bits. Each column ends by itself (a comma, or its length in front), and no value
 * looks like NULL, so that different rows are different texts. Bytes are compared as they are stored, whatever the
 * character set of the connection.
 */
export function rowHash(columns: readonly Column[]): string {
  const text = columns.map(columnText).join(', ')
  return `cast(conv(left(md5(concat(${text})), 15), 16, 10) as unsigned)`
}

function columnText({ name, type }: Column): string {
  const column = quoteName(name)
  return `ifnull(${present(column, type)}, 'N,')`
}

function present(column: string, type: string): string {
  if (plain.has(type)) return `concat(${column}, ',')`
  if (type === 'timestamp') return `concat(unix_timestamp(${column}), ',')`
  if (large.has(type)) return `concat(length(${column}), ':', md5(${column}))`
  if (bytes.has(type)) return `concat(length(${column}), ':', cast(${column} as binary))`
  if (type === 'bit') return `concat(hex(${column}), ',')`
  const value = ['enum', 'set', 'uuid', 'inet4', 'inet6'].includes(type)
    ? `cast(${column} as char character set utf8mb4)`
    : `hex(${column})`
  return `concat(length(${value}), ':', cast(${value} as binary))`
}
