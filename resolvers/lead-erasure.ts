import { audit } from '../ledger/audit.ts'
import { requireDefinition } from '../ledger/definition.ts'
import { IdempotencyConflictError, InvalidInputError, NotFoundError } from '../ledger/errors.ts'
import type { JobRow } from '../ledger/row.ts'
import { beginErasure } from '../marketing/erasure.ts'
import type { Api } from '../schema/api.ts'
import type { Context } from '../schema/context.ts'
import { type EnqueueOptions, enqueueOptions } from './enqueue-options.ts'
import { found } from './errors.ts'

interface Erasure {
  leadId: string
  job: JobRow
  alreadyExisted: boolean
}

/** Erasing a person. */
export function leadErasure({ builder, Lead, Job }: Api): void {
  const EraseLeadInput = builder.inputType('EraseLeadInput', {
    fields: (t) => ({
      id: t.id({ required: true }),
      reason: t.string({ description: 'Why; kept with the action, so no names or addresses.' }),
      idempotencyKey: t.string({
        description: 'The same key and input bring back the first job. Beats the Idempotency-Key header.',
      }),
    }),
  })
  const EraseLeadPayload = builder.objectRef<Erasure>('EraseLeadPayload').implement({
    fields: (t) => ({
      lead: t.field({ type: Lead, resolve: ({ leadId }, _, { loaders }) => found(loaders.lead, leadId) }),
      job: t.field({ type: Job, resolve: ({ job }) => job }),
      alreadyExisted: t.exposeBoolean('alreadyExisted', {
        description: 'Whether the idempotency key brought back the first answer.',
      }),
    }),
  })
  builder.mutationField('eraseLead', (t) =>
    t.field({
      type: EraseLeadPayload,
      description:
        'Erases a person for good: at once nothing is sent any more, and the job `lead.erase` takes away what is personal, here and at Mailchimp. Cannot be undone.',
      authScopes: { permission: 'workspace:admin' },
      args: { input: t.arg({ type: EraseLeadInput, required: true }) },
      errors: { types: [NotFoundError, InvalidInputError, IdempotencyConflictError] },
      resolve: (_, { input }, context, info) =>
        eraseLead(context, input.id, input.reason, enqueueOptions(input, context, info)),
    }),
  )
}

function eraseLead(
  { ledger, actor, workspaceId }: Context,
  leadId: string,
  reason: string | null | undefined,
  options: EnqueueOptions,
): Promise<Erasure> {
  return ledger.transaction(async (em) => {
    if (!(await beginErasure(em, workspaceId, leadId, new Date()))) throw new NotFoundError(leadId)
    const definition = requireDefinition(ledger.definitions, 'lead.erase')
    const [outcome] = await ledger.enqueueIn(em, [
      { definition, input: { leadId }, leadId, actor, ...options },
    ])
    if (outcome instanceof Error) throw outcome
    const { job, created } = outcome!
    if (created) await audit(em, actor, 'eraseLead', leadId, reason)
    return { leadId, job, alreadyExisted: !created }
  })
}
