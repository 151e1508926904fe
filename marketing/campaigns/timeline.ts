import { CampaignEvent } from '../../entities/campaign-event.ts'
import type { Em } from '../../entities/index.ts'
import type { Row } from '../../entities/row.ts'

/** A line of a campaign's history as plain data. */
export type CampaignEventRow = Row<CampaignEvent>

/** The events of a campaign after `seq`, oldest first. */
export function readCampaignEvents(
  em: Em,
  campaignId: string,
  afterSeq: number,
  limit: number,
): Promise<CampaignEventRow[]> {
  return em.find(
    CampaignEvent,
    { campaignId, seq: { $gt: afterSeq } },
    { orderBy: { seq: 'asc' }, limit, disableIdentityMap: true },
  )
}
