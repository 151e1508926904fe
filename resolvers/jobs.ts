import { kindOfId } from '../entities/ids.ts'
import { InvalidCursorError } from '../ledger/errors.ts'
import type { JobFilter, JobRow } from '../ledger/row.ts'
import type { Api } from '../schema/api.ts'
import { type Page, pageSize } from '../schema/connection.ts'
import type { Context } from '../schema/context.ts'
import type { PageArgs } from './newest-first.ts'

/** Reading jobs. */
export function jobQueries({
  builder,
  Job,
  JobConnection,
  JobFilter,
  JobDefinition,
  Lead,
  Schedule,
  definitions,
}: Api): void {
  builder.queryFields((t) => ({
    job: t.field({
      type: Job,
      nullable: true,
      authScopes: { permission: 'jobs:read' },
      args: { id: t.arg.id({ required: true }) },
      resolve: (_, { id }, { loaders }) => loaders.job.load(id),
    }),
    jobs: t.field({
      type: JobConnection,
      description: 'Jobs, newest first.',
      authScopes: { permission: 'jobs:read' },
      args: { filter: t.arg({ type: JobFilter }), first: t.arg.int(), after: t.arg.string() },
      resolve: (_, { filter, ...page }, context) => jobPage(context, filter ?? {}, page),
    }),
    jobDefinitions: t.field({
      type: [JobDefinition],
      description: 'The kinds of jobs there are.',
      authScopes: { permission: 'jobs:read' },
      resolve: () => [...definitions],
    }),
  }))
  builder.objectField(Lead, 'jobs', (t) =>
    t.field({
      type: JobConnection,
      description: 'Jobs about this lead, newest first.',
      authScopes: { permission: 'jobs:read' },
      args: { first: t.arg.int(), after: t.arg.string() },
      resolve: ({ id }, page, context) => jobPage(context, { leadId: id }, page),
    }),
  )
  builder.objectField(Schedule, 'jobs', (t) =>
    t.field({
      type: JobConnection,
      description: 'Jobs this schedule started, newest first.',
      args: { first: t.arg.int(), after: t.arg.string() },
      resolve: ({ id }, page, context) => jobPage(context, { scheduleId: id }, page),
    }),
  )
}

async function jobPage(
  { ledger, em, workspaceId }: Context,
  filter: JobFilter,
  { first, after }: PageArgs,
): Promise<Page<JobRow>> {
  if (after && kindOfId(after) !== 'job') throw new InvalidCursorError()
  const found = await ledger.find(em, workspaceId, filter, {
    first: pageSize(first),
    after: after ?? undefined,
  })
  return {
    ...found,
    after,
    cursorOf: ({ id }) => id,
    count: (limit) => ledger.count(em, workspaceId, filter, limit),
  }
}
