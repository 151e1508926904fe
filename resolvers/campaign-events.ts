import { NotFoundError } from '../ledger/errors.ts'
import { readCampaignEvents } from '../marketing/campaigns/timeline.ts'
import type { Api } from '../schema/api.ts'
import { seqOf, timelinePage } from './timeline-page.ts'

/** What happened to a campaign: as pages, and live. */
export function campaignEvents({ builder, Campaign, CampaignEvent, CampaignEventConnection }: Api): void {
  builder.objectField(Campaign, 'events', (t) =>
    t.field({
      type: CampaignEventConnection,
      description: 'What happened to this campaign, oldest first.',
      args: { first: t.arg.int(), after: t.arg.string() },
      resolve: ({ id, lastEventSeq }, page, { em }) =>
        timelinePage((after, limit) => readCampaignEvents(em, id, after, limit), lastEventSeq, page),
    }),
  )
  builder.subscriptionField('campaignEvents', (t) =>
    t.field({
      type: CampaignEvent,
      description:
        'What happened to a campaign and what happens from now on, in order and without holes. `after` is the cursor of the last event seen.',
      authScopes: { permission: 'leads:read' },
      args: { campaignId: t.arg.id({ required: true }), after: t.arg.string() },
      subscribe: async (_, { campaignId, after }, { loaders, timelines, workspaceId }) => {
        if (!(await loaders.campaign.load(campaignId))) throw new NotFoundError(campaignId)
        return timelines.campaign.subscribe(workspaceId, campaignId, seqOf(after))
      },
      resolve: (event, _, context) => {
        context.refresh()
        return event
      },
    }),
  )
}
