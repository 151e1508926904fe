import { defineEntity, p } from '@mikro-orm/core'
import { code, id, time } from './columns.ts'
import { Workspace } from './workspace.ts'

export const syncStates = ['RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED'] as const
export type SyncState = (typeof syncStates)[number]

export const syncScopes = ['CAMPAIGN', 'ALL', 'AUDIENCE'] as const
export type SyncScope = (typeof syncScopes)[number]

/** The report of one run of `campaign.sync`. One per job: a repeated attempt goes on with it. */
const CampaignSyncSchema = defineEntity({
  name: 'CampaignSync',
  tableName: 'campaign_sync',
  indexes: [{ name: 'campaign_sync_page', properties: ['workspaceId', 'id'] }],
  properties: {
    id: id().primary(),
    workspaceId: () => p.manyToOne(Workspace).mapToPk().fieldName('workspace_id').index(false),
    jobId: id().unique('campaign_sync_job'),
    /** CAMPAIGN: one of them. ALL: the workspace's campaigns and its audience. AUDIENCE: that alone. */
    scope: code(16).$type<SyncScope>(),
    campaignId: id().nullable(),
    state: code(16).$type<SyncState>(),
    startedAt: time(),
    finishedAt: time().nullable(),
    /** People of the audience that are no leads here, and leads that are not in the audience; null: not compared. */
    onlyInMailchimp: p.integer().nullable(),
    onlyHere: p.integer().nullable(),
  },
})

export class CampaignSync extends CampaignSyncSchema.class {}
CampaignSyncSchema.setClass(CampaignSync)
