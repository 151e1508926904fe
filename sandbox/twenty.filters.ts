import type { Row } from './twenty.records.ts'

type Filter = Record<string, unknown>
type Order = Record<string, unknown>

const operators: Record<string, (has: unknown, wanted: unknown) => boolean> = {
  eq: (has, wanted) => compare(has, wanted) === 0,
  neq: (has, wanted) => compare(has, wanted) !== 0,
  gt: (has, wanted) => has !== null && compare(has, wanted) > 0,
  gte: (has, wanted) => has !== null && compare(has, wanted) >= 0,
  lt: (has, wanted) => has !== null && compare(has, wanted) < 0,
  lte: (has, wanted) => has !== null && compare(has, wanted) <= 0,
  in: (has, wanted) => (wanted as unknown[]).some((each) => compare(has, each) === 0),
  is: (has, wanted) => (has === null) === (wanted === 'NULL'),
  startsWith: (has, wanted) => String(has ?? '').startsWith(String(wanted)),
  like: (has, wanted) => isLike(String(has ?? ''), String(wanted), ''),
  ilike: (has, wanted) => isLike(String(has ?? ''), String(wanted), 'i'),
}

/** Whether a row fits: all fields of a filter must, `and`, `or` and `not` combine filters. */
export function fits(row: Row, filter: Filter): boolean {
  return Object.entries(filter).every(([name, wanted]) => {
    if (name === 'and') return (wanted as Filter[]).every((each) => fits(row, each))
    if (name === 'or') return (wanted as Filter[]).some((each) => fits(row, each))
    if (name === 'not') return !fits(row, wanted as Filter)
    return fitsField(row[name], wanted as Filter)
  })
}

/** A field is compared by operators, a field with parts part by part. */
function fitsField(has: unknown, wanted: Filter): boolean {
  return Object.entries(wanted).every(([name, value]) => {
    const operator = operators[name]
    return operator ? operator(has ?? null, value) : fitsField((has as Row | null)?.[name], value as Filter)
  })
}

/** Whether a filter names a field, anywhere. */
export function mentions(filter: Filter, field: string): boolean {
  return JSON.stringify(filter).includes(`"${field}":`)
}

/** SQL's LIKE: `%` is anything, `_` one character. */
function isLike(has: string, pattern: string, flags: string): boolean {
  const source = pattern
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('%', '.*')
    .replaceAll('_', '.')
  return new RegExp(`^${source}$`, `s${flags}`).test(has)
}

/** Times are compared as times, numbers as numbers, everything else letter by letter. */
function compare(left: unknown, right: unknown): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right
  const [a, b] = [String(left ?? ''), String(right ?? '')]
  const isTime = /^\d{4}-\d\d-\d\dT/.test(a) && /^\d{4}-\d\d-\d\d/.test(b)
  if (isTime) return Date.parse(a) - Date.parse(b)
  return a < b ? -1 : a > b ? 1 : 0
}

/** Rows in order: the first entry counts most; rows that are equal by all entries keep their places. */
export function sorted(rows: Row[], orders: Order[]): Row[] {
  const keys = orders.flatMap((order) => keysOf(order))
  return rows.toSorted((left, right) => {
    for (const { path, direction } of keys) {
      const difference = compareAt(left, right, path, direction)
      if (difference !== 0) return difference
    }
    return 0
  })
}

function keysOf(order: Order): { path: string[]; direction: string }[] {
  return Object.entries(order).flatMap(([name, value]) =>
    typeof value === 'string'
      ? [{ path: [name], direction: value }]
      : keysOf(value as Order).map(({ path, direction }) => ({ path: [name, ...path], direction })),
  )
}

function compareAt(left: Row, right: Row, path: string[], direction: string): number {
  const [a, b] = [valueAt(left, path), valueAt(right, path)]
  if (a === null || b === null) {
    const nullFirst = direction.endsWith('NullsFirst') ? -1 : 1
    return a === b ? 0 : a === null ? nullFirst : -nullFirst
  }
  return direction.startsWith('Desc') ? -compare(a, b) : compare(a, b)
}

function valueAt(row: Row, path: string[]): unknown {
  return path.reduce<unknown>((value, name) => (value as Row | null)?.[name] ?? null, row) ?? null
}
