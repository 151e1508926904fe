import type { Em } from '../../entities/index.ts'
import type { Channel } from '../../entities/message.ts'
import { fromSql } from '../../entities/sql.ts'
import type { Gauge } from '../../runtime/health.ts'
import type { MessageRow } from './send-ledger.ts'

/** Messages of which nobody knows whether they were sent. */

/**
 * A claim that is so old was left by a job that died, in milliseconds: longer than any send takes, and than a job that
 * was lost takes to come again and find it.
 */
const abandonedAfterMs = 10 * 60_000

/** Whether nobody knows what became of a message. */
export function isUnknown({ state, claimedAt }: Pick<MessageRow, 'state' | 'claimedAt'>, now: Date): boolean {
  if (state === 'CLAIMED') return claimedAt.getTime() < now.getTime() - abandonedAfterMs
  return state === 'UNKNOWN'
}

/** The same in SQL, with its value. */
export const unknownAt = (now: Date): [condition: string, value: Date] => [
  "(state = 'UNKNOWN' or (state = 'CLAIMED' and claimed_at < ?))",
  new Date(now.getTime() - abandonedAfterMs),
]

/** How many there are of one kind. */
export interface UnknownCount {
  workspaceId: string
  channel: Channel
  /** A code that says why; WORKER_LOST when the job that sent it died. */
  reason: string
  count: number
  oldestClaimedAt: Date
}

/** How many there are, by workspace, channel and reason; of one workspace when it is given. */
export async function countUnknown(em: Em, now: Date, workspaceId?: string): Promise<UnknownCount[]> {
  const [condition, value] = unknownAt(now)
  const rows = await em.execute<Record<string, unknown>[]>(
    `select workspace_id, channel, coalesce(reason, 'WORKER_LOST') as why, count(*) as n, min(claimed_at) as oldest_claimed_at
     from message where ${condition} ${workspaceId ? 'and workspace_id = ?' : ''}
     group by workspace_id, channel, why order by workspace_id, channel, why`,
    [value, ...(workspaceId ? [workspaceId] : [])],
  )
  return rows.map((row) => {
    const { why, n, ...more } = fromSql<Omit<UnknownCount, 'reason' | 'count'> & { why: string; n: number }>(
      row,
    )
    return { ...more, reason: why, count: Number(n) }
  })
}

/** What /metrics says of them. */
export async function unknownGauges(em: Em, now: Date): Promise<Gauge[]> {
  return (await countUnknown(em, now)).map(({ workspaceId: workspace, channel, reason, count: value }) => ({
    name: 'solaria_messages_unknown',
    help: 'Messages of which nobody knows whether they were sent',
    labels: { workspace, channel, reason },
    value,
  }))
}
