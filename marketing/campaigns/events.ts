import type { CampaignEventDetail, CampaignEventType } from '../../entities/campaign-event.ts'
import { newId } from '../../entities/ids.ts'
import type { Em } from '../../entities/index.ts'
import { insertRows } from '../../entities/sql.ts'
import { takeSeqs } from '../timeline.ts'

/** Writing a campaign's history, always in the caller's transaction. */

export interface NewCampaignEvent {
  type: CampaignEventType
  detail?: CampaignEventDetail
}

/** Who or what causes events. */
export interface Cause {
  correlationId: string
  /** The job that does it; absent when a person does. */
  jobId?: string | undefined
}

const columns = ['id', 'campaign_id', 'seq', 'type', 'at', 'job_id', 'correlation_id', 'detail']

/** Appends events to a campaign's history, numbered in the order of commits. */
export async function appendCampaignEvents(
  em: Em,
  campaignId: string,
  events: readonly NewCampaignEvent[],
  { correlationId, jobId = undefined }: Cause,
): Promise<void> {
  if (events.length === 0) return
  const last = await takeSeqs(em, 'campaign', campaignId, events.length)
  if (last === undefined) return
  const at = new Date()
  const rows = events.map(({ type, detail = {} }, index) => [
    newId('campaignEvent'),
    campaignId,
    last - events.length + index + 1,
    type,
    at,
    jobId ?? null,
    correlationId,
    JSON.stringify(detail),
  ])
  await insertRows(em, 'campaign_event', columns, rows)
}
