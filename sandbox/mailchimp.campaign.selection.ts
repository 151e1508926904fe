/** Which campaigns GET /campaigns and GET /reports answer with, and in which order. */

import type { CampaignsQuery } from './mailchimp.campaign.shapes.ts'
import type { Campaign } from './mailchimp.campaign.ts'

/** The campaigns a query asks for; newest first unless ASC is asked for. */
export function selectCampaigns(campaigns: Campaign[], query: CampaignsQuery): Campaign[] {
  const byTime = query.sort_field === 'send_time'
  const sign = query.sort_dir === 'ASC' ? 1 : -1
  const keyOf = (campaign: Campaign) => (byTime ? (campaign.sendTime ?? 0) : campaign.createdAt)
  return campaigns
    .filter((campaign) => fits(campaign, query))
    .sort((a, b) => sign * (keyOf(a) - keyOf(b) || a.number - b.number))
}

function fits(campaign: Campaign, query: CampaignsQuery): boolean {
  const { type, status, list_id } = query
  if (type !== undefined && campaign.type !== type) return false
  if (status !== undefined && campaign.status !== status) return false
  if (list_id !== undefined && campaign.listId !== list_id) return false
  return (
    isWithin(campaign.createdAt, query.since_create_time, query.before_create_time) &&
    isWithin(campaign.sendTime, query.since_send_time, query.before_send_time)
  )
}

function isWithin(at: number | null, since: string | undefined, before: string | undefined): boolean {
  if (since === undefined && before === undefined) return true
  if (at === null) return false
  return at >= Date.parse(since ?? '1970-01-01') && at < Date.parse(before ?? '9999-01-01')
}
