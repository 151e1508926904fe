import { newId } from '../entities/ids.ts'
import type { Em } from '../entities/index.ts'
import type { LeadEventDetail, LeadEventType } from '../entities/lead-event.ts'
import { insertRows } from '../entities/sql.ts'
import { takeSeqs } from './timeline.ts'

/** Writing timelines, always in the caller's transaction. */

export interface NewLeadEvent {
  leadId: string
  type: LeadEventType
  correlationId: string
  at: Date
  jobId?: string | null | undefined
  messageId?: string | null | undefined
  detail?: LeadEventDetail | undefined
}

export type NumberedEvent = NewLeadEvent & { seq: number }

/**
 * Appends events to timelines. Takes the lead rows' locks, so that the order of `seq` is the order of commits and a
 * reader that has seen `seq` n never misses one below it.
 */
export async function appendLeadEvents(em: Em, events: readonly NewLeadEvent[]): Promise<void> {
  const byLead = Map.groupBy(events, ({ leadId }) => leadId)
  const rows: NumberedEvent[] = []
  for (const [leadId, own] of [...byLead].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const last = await takeSeqs(em, '`lead`', leadId, own.length)
    if (last !== undefined)
      rows.push(...own.map((event, index) => ({ ...event, seq: last - own.length + index + 1 })))
  }
  await insertEvents(em, rows)
}

const eventColumns = [
  'id',
  'lead_id',
  'seq',
  'type',
  'at',
  'job_id',
  'message_id',
  'correlation_id',
  'detail',
]

/** Writes events that have their number. */
export async function insertEvents(em: Em, events: readonly NumberedEvent[]): Promise<void> {
  const values = events.map((event) => [
    newId('leadEvent'),
    event.leadId,
    event.seq,
    event.type,
    event.at,
    event.jobId ?? null,
    event.messageId ?? null,
    event.correlationId,
    JSON.stringify(event.detail ?? {}),
  ])
  await insertRows(em, 'lead_event', eventColumns, values)
}
