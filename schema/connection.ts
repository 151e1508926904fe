import { GraphQLError } from 'graphql'
import type { Builder, ObjectRef } from './builder.ts'

/** Relay connections with keyset cursors: a page is what follows a known row, so rows never shift under the reader. */

export const defaultPage = 50
export const maxPage = 200
/** Counting stops here: nobody pages through more, and it would read the whole table. */
const countLimit = 10_000

/** A page of rows, newest first or by number. */
export interface Page<T> {
  rows: T[]
  /** Whether rows follow this page. */
  more: boolean
  /** The cursor this page was asked to follow. */
  after?: string | null | undefined
  cursorOf(row: T): string
  /** Counts all matching rows, up to `limit`; only called when the total is asked for. */
  count: (limit: number) => Promise<number>
}

/** Checks the size of a page. */
export function pageSize(first: number | null | undefined): number {
  const size = first ?? defaultPage
  if (size >= 1 && size <= maxPage) return size
  throw new GraphQLError(`first must be between 1 and ${maxPage}`, { extensions: { code: 'INVALID_INPUT' } })
}

type PageInfoRef = ReturnType<typeof pageInfoRef>

/** The type `PageInfo` of the Relay specification. */
export function pageInfoRef(builder: Builder) {
  return builder.objectRef<Page<never>>('PageInfo').implement({
    description: 'Where a page stands in its list.',
    fields: (t) => ({
      hasNextPage: t.boolean({ description: 'Whether items follow.', resolve: ({ more }) => more }),
      hasPreviousPage: t.boolean({
        description: 'Whether items go before.',
        resolve: ({ after }) => Boolean(after),
      }),
      startCursor: t.string({
        description: 'Cursor of the first item.',
        nullable: true,
        resolve: ({ rows, cursorOf }) => cursorAt(rows[0], cursorOf),
      }),
      endCursor: t.string({
        description: 'Cursor of the last item.',
        nullable: true,
        resolve: ({ rows, cursorOf }) => cursorAt(rows.at(-1), cursorOf),
      }),
    }),
  })
}

const cursorAt = <T>(row: T | undefined, cursorOf: (row: T) => string) =>
  row === undefined ? null : cursorOf(row)

/** The connection and edge types of `node`. */
export function connectionRef<T>(
  builder: Builder,
  name: string,
  node: ObjectRef<Builder['$inferSchemaTypes'], T>,
  PageInfo: PageInfoRef,
) {
  const edge = builder.objectRef<{ row: T; cursor: string }>(`${name}Edge`)
  edge.implement({
    fields: (t) => ({
      cursor: t.exposeString('cursor'),
      node: t.field({ type: node, resolve: ({ row }) => row as never }),
    }),
  })
  return builder.objectRef<Page<T>>(`${name}Connection`).implement({
    fields: (t) => ({
      edges: t.field({
        type: [edge],
        resolve: ({ rows, cursorOf }) => rows.map((row) => ({ row, cursor: cursorOf(row) })),
      }),
      nodes: t.field({ type: [node], resolve: ({ rows }) => rows as never }),
      pageInfo: t.field({ type: PageInfo, resolve: (page) => page as never }),
      totalCount: t.int({
        description: `All matching rows; counted up to ${countLimit}.`,
        resolve: async (page) => Math.min(await total(page), countLimit),
      }),
      totalCountIsCapped: t.boolean({
        description: 'Whether there are more than `totalCount` says.',
        resolve: async (page) => (await total(page)) > countLimit,
      }),
    }),
  })
}

const totals = new WeakMap<object, Promise<number>>()

/** Counts a page's total once, however often it is asked for. */
function total<T>(page: Page<T>): Promise<number> {
  let counted = totals.get(page)
  if (!counted) {
    counted = page.count(countLimit + 1)
    totals.set(page, counted)
  }
  return counted
}
