import type { Api } from '../schema/api.ts'

/** Watching jobs. */
export function jobSubscriptions({ builder, JobEventMessage, JobFilter }: Api): void {
  builder.subscriptionFields((t) => ({
    jobEvents: t.field({
      type: JobEventMessage,
      description:
        'What happens to jobs, as it happens. Without `after` it starts with a snapshot. With the last cursor seen it first brings what happened since; should that be too long ago, it says so with a gap and a snapshot.',
      authScopes: { permission: 'jobs:read' },
      args: { filter: t.arg({ type: JobFilter }), after: t.arg.string() },
      subscribe: (_, { filter, after }, { events, workspaceId, read, caller, signal }) =>
        events.subscribe(workspaceId, filter ?? {}, after ?? undefined, () => read(caller.id, signal)),
      resolve: (message, _, context) => {
        context.refresh()
        return message
      },
    }),
  }))
}
