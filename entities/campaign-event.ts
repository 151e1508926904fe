import { defineEntity, p } from '@mikro-orm/core'
import { Campaign, type CampaignState, type ChangedField } from './campaign.ts'
import { code, id, time } from './columns.ts'

const campaignEventTypes = [
  'CREATED',
  'UPDATED',
  'STATE_CHANGED',
  'PUSHED',
  'PULLED',
  'CONFLICT',
  'SYNC_FAILED',
  'REPORT_UPDATED',
] as const
export type CampaignEventType = (typeof campaignEventTypes)[number]

export const conflictWinners = ['OURS', 'MAILCHIMP'] as const
export type ConflictWinner = (typeof conflictWinners)[number]

/** What is known about an event beyond its type. Never personal data: names of fields, codes, counts. */
export interface CampaignEventDetail {
  from?: CampaignState
  to?: CampaignState
  fields?: ChangedField[]
  /** Whose value of a field in conflict stays. */
  winner?: ConflictWinner
  /** It was not at Mailchimp before. */
  created?: boolean
  reason?: string
  report?: Record<string, number>
}

/** One line of a campaign's history. Append-only; `seq` counts from 1 within the campaign, without holes. */
const CampaignEventSchema = defineEntity({
  name: 'CampaignEvent',
  tableName: 'campaign_event',
  uniques: [{ name: 'campaign_event_seq', properties: ['campaignId', 'seq'] }],
  properties: {
    id: id().primary(),
    campaignId: () =>
      p.manyToOne(Campaign).mapToPk().fieldName('campaign_id').index(false).deleteRule('cascade'),
    seq: p.integer(),
    type: code(32).$type<CampaignEventType>(),
    at: time(),
    jobId: id().nullable(),
    correlationId: code(64),
    detail: p.json().$type<CampaignEventDetail>(),
  },
})

export class CampaignEvent extends CampaignEventSchema.class {}
CampaignEventSchema.setClass(CampaignEvent)
