import { NotFoundError } from '../ledger/errors.ts'
import { readTimeline } from '../marketing/timeline.ts'
import type { Api } from '../schema/api.ts'
import { seqOf, timelinePage } from './timeline-page.ts'

/** What happened to a lead: as pages, and live. */
export function leadTimeline({ builder, Lead, LeadEvent, LeadEventConnection }: Api): void {
  builder.objectField(Lead, 'timeline', (t) =>
    t.field({
      type: LeadEventConnection,
      description: 'What happened to this lead, oldest first.',
      args: { first: t.arg.int(), after: t.arg.string() },
      resolve: ({ id, lastEventSeq }, page, { em }) =>
        timelinePage((after, limit) => readTimeline(em, id, after, limit), lastEventSeq, page),
    }),
  )
  builder.subscriptionField('leadTimeline', (t) =>
    t.field({
      type: LeadEvent,
      description:
        'What happened to a lead and what happens from now on, in order and without holes. `after` is the cursor of the last event seen.',
      authScopes: { permission: 'leads:read' },
      args: { leadId: t.arg.id({ required: true }), after: t.arg.string() },
      subscribe: async (_, { leadId, after }, { loaders, timelines, workspaceId }) => {
        if (!(await loaders.lead.load(leadId))) throw new NotFoundError(leadId)
        return timelines.lead.subscribe(workspaceId, leadId, seqOf(after))
      },
      resolve: (event, _, context) => {
        context.refresh()
        return event
      },
    }),
  )
}
