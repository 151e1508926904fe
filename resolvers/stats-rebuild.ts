import { requireDefinition } from '../ledger/definition.ts'
import { IdempotencyConflictError, InvalidInputError } from '../ledger/errors.ts'
import type { Enqueued } from '../ledger/ledger.ts'
import { prunedBefore } from '../marketing/stats/position.ts'
import type { Api } from '../schema/api.ts'
import type { Context } from '../schema/context.ts'
import { enqueueFields } from '../schema/enqueue-fields.ts'
import { enqueuedPayload } from '../schema/enqueued-payload.ts'
import { type EnqueueOptions, enqueueOptions } from './enqueue-options.ts'

/** Counting statistics anew. */
export function statsRebuildMutations({ builder, Job }: Api): void {
  const RebuildStatsPayload = enqueuedPayload({ builder, Job }, 'RebuildStatsPayload')
  const RebuildStatsInput = builder.inputType('RebuildStatsInput', {
    fields: (t) => ({
      from: t.field({ type: 'DateTime', required: true, description: 'The first hour, in UTC.' }),
      to: t.field({ type: 'DateTime', required: true, description: 'The hour after the last one.' }),
      ...enqueueFields(t),
    }),
  })
  builder.mutationField('rebuildStats', (t) =>
    t.field({
      type: RebuildStatsPayload,
      description:
        'Counts hours of statistics anew from the facts, of all workspaces, and proves that both are equal.',
      authScopes: { permission: 'installation:admin' },
      args: { input: t.arg({ type: RebuildStatsInput, required: true }) },
      errors: { types: [InvalidInputError, IdempotencyConflictError] },
      resolve: async (_, { input }, context, info) => {
        const { from, to } = input
        await refusePruned(context, from)
        const range = { from: from.toISOString(), to: to.toISOString() }
        return start(context, range, enqueueOptions(input, context, info))
      },
    }),
  )
}

/** Told at once what the job would find out. */
async function refusePruned({ em }: Context, from: Date): Promise<void> {
  const before = await prunedBefore(em)
  if (from < before)
    throw new InvalidInputError([
      {
        path: 'from',
        message: `must not be before ${before.toISOString()}: facts that occurred earlier are deleted`,
      },
    ])
}

function start({ ledger, actor }: Context, input: object, options: EnqueueOptions): Promise<Enqueued> {
  const definition = requireDefinition(ledger.definitions, 'stats.rebuild')
  return ledger.enqueue({ definition, input, actor, act: { action: 'rebuildStats' }, ...options })
}
