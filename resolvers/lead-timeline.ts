import { InvalidCursorError, NotFoundError } from '../ledger/errors.ts'
import { type LeadEventRow, readTimeline } from '../marketing/timeline.ts'
import type { Api } from '../schema/api.ts'
import { type Page, pageSize } from '../schema/connection.ts'
import type { Context } from '../schema/context.ts'

/** What happened to a lead: as pages, and live. */
export function leadTimeline({ builder, Lead, LeadEvent, LeadEventConnection }: Api): void {
  builder.objectField(Lead, 'timeline', (t) =>
    t.field({
      type: LeadEventConnection,
      description: 'What happened to this lead, oldest first.',
      args: { first: t.arg.int(), after: t.arg.string() },
      resolve: ({ id, lastEventSeq }, { first, after }, context) =>
        timelinePage(context, id, lastEventSeq, first, after),
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

async function timelinePage(
  { em }: Context,
  leadId: string,
  lastSeq: number,
  first: number | null | undefined,
  after: string | null | undefined,
): Promise<Page<LeadEventRow>> {
  const size = pageSize(first)
  const rows = await readTimeline(em, leadId, seqOf(after), size + 1)
  return {
    rows: rows.slice(0, size),
    more: rows.length > size,
    after,
    cursorOf: ({ seq }) => String(seq),
    count: async (limit) => Math.min(lastSeq, limit),
  }
}

function seqOf(cursor: string | null | undefined): number {
  if (!cursor) return 0
  if (!/^\d{1,9}$/.test(cursor)) throw new InvalidCursorError()
  return Number(cursor)
}
