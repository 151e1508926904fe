import { kindOfId } from '../entities/ids.ts'
import type { Em } from '../entities/index.ts'
import { fromSql } from '../entities/sql.ts'
import { InvalidCursorError } from '../ledger/errors.ts'
import { onlyHere, onlyInMailchimp } from '../marketing/campaigns/audience.ts'
import type { Api, AudienceDifference } from '../schema/api.ts'
import { type Page, pageSize } from '../schema/connection.ts'
import type { PageArgs } from './newest-first.ts'

/** Who is in the audience and not here, and the reverse. */
export function audienceDifferences({ builder, AudienceDifferenceConnection, AudienceSide }: Api): void {
  builder.queryField('audienceDifferences', (t) =>
    t.field({
      type: AudienceDifferenceConnection,
      description:
        'Who is in the Mailchimp audience and no lead here, or the reverse, as the last comparison (`syncCampaigns`) saw it.',
      authScopes: { permission: 'leads:read' },
      args: {
        side: t.arg({ type: AudienceSide, required: true, description: 'On which side they are alone.' }),
        first: t.arg.int(),
        after: t.arg.string(),
      },
      resolve: (_, { side, ...page }, { em, workspaceId }) =>
        differencePage(em, sides[side], workspaceId, page),
    }),
  )
}

interface Side {
  from: string
  select: string
  /** Column that the cursor stands for. */
  key: 'm.member_id' | 'l.id'
  cursorOf(row: AudienceDifference): string
  isCursor(cursor: string): boolean
}

const sides: Record<'ONLY_IN_MAILCHIMP' | 'ONLY_HERE', Side> = {
  ONLY_IN_MAILCHIMP: {
    from: onlyInMailchimp,
    select: 'm.email, m.member_id, m.status, m.seen_at, null as lead_id',
    key: 'm.member_id',
    cursorOf: ({ memberId }) => memberId!,
    isCursor: (cursor) => /^\w{1,32}$/.test(cursor),
  },
  ONLY_HERE: {
    from: onlyHere,
    select: 'l.email, null as member_id, null as status, null as seen_at, l.id as lead_id',
    key: 'l.id',
    cursorOf: ({ leadId }) => leadId!,
    isCursor: (cursor) => kindOfId(cursor) === 'lead',
  },
}

async function differencePage(
  em: Em,
  { from, select, key, cursorOf, isCursor }: Side,
  workspaceId: string,
  { first, after }: PageArgs,
): Promise<Page<AudienceDifference>> {
  if (after && !isCursor(after)) throw new InvalidCursorError()
  const size = pageSize(first)
  const found = await em.execute<Record<string, unknown>[]>(
    `select ${select} from ${from} and ${key} > ? order by ${key} limit ${size + 1}`,
    [workspaceId, after ?? ''],
  )
  const rows = found.map((row) => fromSql<AudienceDifference>(row))
  return {
    rows: rows.slice(0, size),
    more: rows.length > size,
    after,
    cursorOf,
    count: async (limit) => {
      const [row] = await em.execute<{ n: number }[]>(
        `select count(*) as n from (select 1 from ${from} limit ?) matching`,
        [workspaceId, limit],
      )
      return Number(row?.n ?? 0)
    },
  }
}
