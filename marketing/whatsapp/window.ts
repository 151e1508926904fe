import type { Em } from '../../entities/index.ts'
import { fromSql } from '../../entities/sql.ts'
import type { LeadRow } from '../lead-row.ts'

/**
 * The customer service window: what is not an approved template may be sent for 24 hours after the person last wrote
 * (Meta, pricing and policy of the WhatsApp Business Platform). WhatsApp's own refusal, 131047, is the fallback.
 */

const windowMs = 24 * 60 * 60 * 1_000

/**
 * WhatsApp tells in whole seconds when a person wrote and measures by its own clock, and a message that was decided on
 * may wait a moment for its turn. A minute covers all three; who misses the window by it would have missed it anyway.
 */
const marginMs = 60 * 1_000

/** Whether free text and media may be sent to somebody who last wrote at this time; null: who never wrote. */
export function freeTextAllowed(lastInboundAt: Date | null | undefined, now: Date): boolean {
  if (!lastInboundAt) return false
  return now.getTime() < lastInboundAt.getTime() + windowMs - marginMs
}

/** When a lead last wrote to the workspace by WhatsApp; undefined: never. */
export async function lastWroteAt(
  em: Em,
  { id, workspaceId, phone }: Pick<LeadRow, 'id' | 'workspaceId' | 'phone'>,
): Promise<Date | undefined> {
  const [row] = await em.execute<{ at: string | null }[]>(
    `select max(last_inbound_at) as at from conversation
     where workspace_id = ? and (lead_id = ? or (lead_id is null and wa_id = ?))`,
    [workspaceId, id, phone?.replace(/\D/g, '') ?? ''],
  )
  return row?.at ? fromSql<{ at: Date }>(row).at : undefined
}
