import type { Em } from '../entities/index.ts'
import { LeadEvent } from '../entities/lead-event.ts'

/** A lead's timeline, read and live. `lead_event` in SQL is the truth; `seq` is the cursor. */

/** A line of a timeline as plain data. */
export type LeadEventRow = { [K in keyof LeadEvent as K extends symbol ? never : K]: LeadEvent[K] }

/** Live timelines. */
export interface LeadTimelines {
  /**
   * Every event with a `seq` above `afterSeq`, past ones first, then new ones as they are committed, in order and without
   * holes. `return()` of the iterator frees everything at once.
   */
  subscribe(workspaceId: string, leadId: string, afterSeq: number): AsyncIterableIterator<LeadEventRow>
  close(): Promise<void>
}

/** The events of a lead after `seq`, oldest first. */
export function readTimeline(
  em: Em,
  leadId: string,
  afterSeq: number,
  limit: number,
): Promise<LeadEventRow[]> {
  return em.find(
    LeadEvent,
    { leadId, seq: { $gt: afterSeq } },
    { orderBy: { seq: 'asc' }, limit, disableIdentityMap: true },
  )
}
