import { type EntityClass, type ObjectQuery, raw } from '@mikro-orm/core'
import { type IdKind, kindOfId } from '../entities/ids.ts'
import { InvalidCursorError } from '../ledger/errors.ts'
import { type Page, pageSize } from '../schema/connection.ts'
import type { Context } from '../schema/context.ts'

export interface PageArgs {
  first?: number | null | undefined
  after?: string | null | undefined
}

type Row = { id: string }
type Condition<T> = ObjectQuery<T> | '' | false | null | undefined

/** A page of a workspace's rows, newest first. Ids are made in order of time, so the id is the cursor. */
export function newestFirst<T extends Row & { workspaceId: string }>(
  { em, workspaceId }: Pick<Context, 'em' | 'workspaceId'>,
  entity: [entity: EntityClass<T>, kind: IdKind],
  conditions: Condition<T>[],
  page: PageArgs,
): Promise<Page<T>> {
  return newestOfAll({ em }, entity, [{ workspaceId } as ObjectQuery<T>, ...conditions], page)
}

/** The same of rows that belong to no workspace. */
export async function newestOfAll<T extends Row>(
  { em }: Pick<Context, 'em'>,
  [entity, kind]: [entity: EntityClass<T>, kind: IdKind],
  conditions: Condition<T>[],
  { first, after }: PageArgs,
): Promise<Page<T>> {
  if (after && kindOfId(after) !== kind) throw new InvalidCursorError()
  const size = pageSize(first)
  const matching = () => ({ $and: conditions.filter(Boolean) })
  const where = after ? { $and: [matching(), { id: { $lt: after } }] } : matching()
  const order = { orderBy: { id: 'desc' }, limit: size + 1, disableIdentityMap: true }
  const rows = (await em.find(entity, where as never, order as never)) as T[]
  return {
    rows: rows.slice(0, size),
    more: rows.length > size,
    after,
    cursorOf: ({ id }) => id,
    count: async (limit) => {
      const some = em
        .createQueryBuilder(entity)
        .select(raw('1'))
        .where(matching() as never)
        .limit(limit)
      const [row] = await em.execute<{ n: number }[]>(
        `select count(*) as n from (${some.getQuery()}) matching`,
        [...some.getParams()],
      )
      return Number(row?.n ?? 0)
    },
  }
}
