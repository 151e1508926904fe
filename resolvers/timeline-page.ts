import { InvalidCursorError } from '../ledger/errors.ts'
import { type Page, pageSize } from '../schema/connection.ts'
import type { PageArgs } from './newest-first.ts'

/**
 * A page of a timeline, oldest first. `seq` counts without holes from the oldest event that is kept.
 * @param read the events after a `seq`
 */
export async function timelinePage<Row extends { seq: number }>(
  read: (afterSeq: number, limit: number) => Promise<Row[]>,
  lastSeq: number,
  { first, after }: PageArgs,
): Promise<Page<Row>> {
  const size = pageSize(first)
  const rows = await read(seqOf(after), size + 1)
  return {
    rows: rows.slice(0, size),
    more: rows.length > size,
    after,
    cursorOf: ({ seq }) => String(seq),
    count: async (limit) => {
      const [oldest] = await read(0, 1)
      return oldest ? Math.min(lastSeq - oldest.seq + 1, limit) : 0
    },
  }
}

/** The `seq` a cursor stands for; 0 without one. @throws InvalidCursorError */
export function seqOf(cursor: string | null | undefined): number {
  if (!cursor) return 0
  if (!/^\d{1,9}$/.test(cursor)) throw new InvalidCursorError()
  return Number(cursor)
}
