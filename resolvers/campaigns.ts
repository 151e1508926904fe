import type { ObjectQuery } from '@mikro-orm/core'
import { Campaign } from '../entities/campaign.ts'
import type { CampaignRow } from '../marketing/campaigns/campaign-row.ts'
import type { Api } from '../schema/api.ts'
import type { Page } from '../schema/connection.ts'
import type { Context } from '../schema/context.ts'
import { newestFirst, type PageArgs } from './newest-first.ts'

/** Reading campaigns. */
export function campaignQueries({ builder, Campaign, CampaignConnection, CampaignState }: Api): void {
  const CampaignFilter = builder.inputType('CampaignFilter', {
    description: 'Which campaigns; every condition given must hold.',
    fields: (t) => ({
      states: t.field({ type: [CampaignState] }),
      scheduledFrom: t.field({ description: 'Only scheduled for this time or later.', type: 'DateTime' }),
      scheduledBefore: t.field({ description: 'Only scheduled before this time.', type: 'DateTime' }),
      search: t.string({ description: 'Part of the name or subject.' }),
    }),
  })
  builder.queryFields((t) => ({
    campaign: t.field({
      type: Campaign,
      nullable: true,
      authScopes: { permission: 'leads:read' },
      args: { id: t.arg.id({ required: true }) },
      resolve: (_, { id }, { loaders }) => loaders.campaign.load(id),
    }),
    campaigns: t.field({
      type: CampaignConnection,
      description: 'Campaigns, newest first.',
      authScopes: { permission: 'leads:read' },
      args: { filter: t.arg({ type: CampaignFilter }), first: t.arg.int(), after: t.arg.string() },
      resolve: (_, { filter, ...page }, context) => campaignPage(context, filter ?? {}, page),
    }),
  }))
}

interface CampaignFilter {
  states?: CampaignRow['state'][] | null | undefined
  scheduledFrom?: Date | null | undefined
  scheduledBefore?: Date | null | undefined
  search?: string | null | undefined
}

function campaignPage(
  context: Context,
  { states, scheduledFrom, scheduledBefore, search }: CampaignFilter,
  page: PageArgs,
): Promise<Page<CampaignRow>> {
  const part = { $like: `%${(search ?? '').trim().replace(/[\\%_]/g, '\\$&')}%` }
  const conditions = [
    states && { state: { $in: states } },
    scheduledFrom && { scheduledAt: { $gte: scheduledFrom } },
    scheduledBefore && { scheduledAt: { $lt: scheduledBefore } },
    search?.trim() ? ({ $or: [{ name: part }, { subject: part }] } as ObjectQuery<Campaign>) : null,
  ]
  return newestFirst(context, [Campaign, 'campaign'], conditions, page)
}
