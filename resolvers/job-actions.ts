import { definitionOf, permissionToStart } from '../ledger/definition.ts'
import { InvalidInputError, NotFoundError, UnknownJobError, WrongStateError } from '../ledger/errors.ts'
import type { JobRow } from '../ledger/row.ts'
import type { Api } from '../schema/api.ts'
import { forbidden, type InputFields } from '../schema/builder.ts'
import type { Context } from '../schema/context.ts'

/** What operators do to jobs. The ledger writes the audit row of each in the same transaction. */
export function jobActions({ builder, Job }: Api): void {
  const JobPayload = builder.objectRef<{ job: JobRow }>('JobPayload').implement({
    fields: (t) => ({ job: t.field({ type: Job, resolve: ({ job }) => job }) }),
  })
  const JobResult = builder.errorUnion('JobResult', {
    types: [JobPayload, NotFoundError, WrongStateError],
    resolveType: () => JobPayload,
  })
  const common = { authScopes: { permission: 'jobs:write' } } as const
  const target = (t: InputFields) => ({
    id: t.id({ required: true }),
    reason: t.string({ description: 'Why; kept with the action.' }),
  })
  const RetryJobInput = builder.inputType('RetryJobInput', { fields: target })
  const CancelJobInput = builder.inputType('CancelJobInput', { fields: target })
  const RerunJobInput = builder.inputType('RerunJobInput', {
    fields: (t) => ({
      ...target(t),
      input: t.field({ type: 'JSON', required: true, description: 'What the new job runs with.' }),
    }),
  })
  builder.mutationFields((t) => ({
    retryJob: t.field({
      ...common,
      type: JobResult,
      description: 'Starts the next run of a dead or cancelled job. Its attempts so far stay.',
      args: { input: t.arg({ type: RetryJobInput, required: true }) },
      resolve: async (_, { input: { id, reason } }, { ledger, actor }) => ({
        job: await ledger.retry(actor, id, reason ?? undefined),
      }),
    }),
    rerunJob: t.field({
      ...common,
      type: JobPayload,
      description: 'Runs a final job again with other input, as a new job whose `retryOf` is the old one.',
      args: { input: t.arg({ type: RerunJobInput, required: true }) },
      errors: { types: [NotFoundError, WrongStateError, InvalidInputError, UnknownJobError] },
      resolve: async (_, { input: { id, input, reason } }, context) => {
        await checkMayStart(id, context)
        return { job: await context.ledger.rerun(context.actor, id, input, reason ?? undefined) }
      },
    }),
    cancelJob: t.field({
      ...common,
      type: JobResult,
      description: 'Cancels a job: at once when it does not run, else by asking its worker to stop.',
      args: { input: t.arg({ type: CancelJobInput, required: true }) },
      resolve: async (_, { input: { id, reason } }, { ledger, actor }) => ({
        job: await ledger.cancel(actor, id, reason ?? undefined),
      }),
    }),
  }))
}

/** Other input makes another job, so it takes the permission to start one. */
async function checkMayStart(id: string, { loaders, ledger, caller }: Context): Promise<void> {
  const job = await loaders.job.load(id)
  const definition = job && definitionOf(ledger.definitions, job.name)
  if (!definition) return
  const permission = permissionToStart(definition)
  if (!caller.permissions.has(permission))
    throw forbidden(`Starting ${job.name} takes the permission ${permission}`)
}
