import type { Em } from '../entities/index.ts'
import { LeadEvent } from '../entities/lead-event.ts'
import type { Row } from '../entities/row.ts'
import type { CampaignEventRow } from './campaigns/timeline.ts'

/** Timelines, read and live. `lead_event` and `campaign_event` in SQL are the truth; `seq` is the cursor. */

/** A line of a lead's timeline as plain data. */
export type LeadEventRow = Row<LeadEvent>

/** Live timelines of one kind of subject: leads, or campaigns. */
export interface Timeline<Row> {
  /**
   * Every event with a `seq` above `afterSeq`, past ones first, then new ones as they are committed, in order and without
   * holes. `return()` of the iterator frees everything at once.
   */
  subscribe(workspaceId: string, subjectId: string, afterSeq: number): AsyncIterableIterator<Row>
}

/** The live timelines of a process. */
export interface Timelines {
  lead: Timeline<LeadEventRow>
  campaign: Timeline<CampaignEventRow>
  close(): Promise<void>
}

/** Where a timeline is read: the table with `last_event_seq`, and the events of one of its rows. */
export interface TimelineSource<Row> {
  table: string
  /** Events after `afterSeq`, oldest first. */
  read(em: Em, subjectId: string, afterSeq: number, limit: number): Promise<Row[]>
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

/**
 * Takes the next `count` numbers of a subject's events. Locks the subject's row for the rest of the transaction.
 * @returns the last of them; undefined when the subject is gone
 */
export async function takeSeqs(
  em: Em,
  table: string,
  subjectId: string,
  count: number,
): Promise<number | undefined> {
  const result = await em.execute<{ affectedRows: number; insertId: number }>(
    `update ${table} set last_event_seq = last_insert_id(last_event_seq + ?) where id = ?`,
    [count, subjectId],
    'run',
  )
  return result.affectedRows === 0 ? undefined : Number(result.insertId)
}
