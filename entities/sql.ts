import type { Em } from './index.ts'

/** Set-based SQL on the caller's transaction. The driver returns JSON and times as text; these functions know the columns. */

const jsonColumns = new Set([
  'content',
  'components',
  'contents',
  'input',
  'progress',
  'report',
  'result',
  'detail',
  'fields',
  'findings',
  'held',
  'settings',
  'synced_content',
  'variables',
])
const time = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?$/

/** Turns a row of the driver into plain data: camelCase keys, Dates, parsed JSON. */
export function fromSql<T>(raw: Record<string, unknown>): T {
  const row: Record<string, unknown> = {}
  for (const [column, value] of Object.entries(raw)) row[camel(column)] = fromColumn(column, value)
  return row as T
}

function fromColumn(column: string, value: unknown): unknown {
  if (typeof value !== 'string') return value
  if ((column === 'at' || column.endsWith('_at')) && time.test(value))
    return new Date(`${value.replace(' ', 'T')}Z`)
  return jsonColumns.has(column) ? JSON.parse(value) : value
}

const names = new Map<string, string>()

/** Remembered by column: rows are read by the thousand, and there are few columns. */
function camel(column: string): string {
  const known = names.get(column)
  if (known) return known
  const name = column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
  names.set(column, name)
  return name
}

/** Numbers of MariaDB's errors for work that others hold up: it waited too long, or had to give way. */
export const lockWaitTimeout = 1205
export const deadlock = 1213
/** The statement ran into `max_statement_time`. */
export const statementTimeout = 1969

/** Whether an error, or what it was caused by, is one of MariaDB's of these numbers. */
export function hasErrno(error: unknown, numbers: readonly number[]): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (numbers.includes((cause as Error & { errno?: number }).errno ?? 0)) return true
  return false
}

/** A name as SQL writes it. */
export const quoteName = (name: string) => `\`${name.replaceAll('`', '``')}\``

/** `(?, ?, …)` for so many values. */
export const marks = (values: readonly unknown[]) => `(${values.map(() => '?').join(', ')})`

/** Inserts rows with one statement. Values are bound in the order of `columns`; `suffix` follows the values. */
export async function insertRows(
  em: Em,
  table: string,
  columns: readonly string[],
  rows: readonly unknown[][],
  suffix = '',
): Promise<void> {
  if (rows.length === 0) return
  const values = rows.map(marks).join(', ')
  await em.execute(`insert into ${table} (${columns.join(', ')}) values ${values} ${suffix}`, rows.flat())
}
