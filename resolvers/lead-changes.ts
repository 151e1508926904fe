import { Audit } from '../entities/audit.ts'
import { newId } from '../entities/ids.ts'
import { InvalidInputError, NotFoundError } from '../ledger/errors.ts'
import { type ChangedLead, type LeadChange, type LeadRow, updateLead } from '../marketing/leads.ts'
import type { Api } from '../schema/api.ts'
import type { Context } from '../schema/context.ts'
import { LeadExistsError, VersionConflictError } from './errors.ts'
import { type LeadInputFields, readLeadPatch } from './lead-input.ts'

/** Changing a lead. */
export function leadChanges({ builder, Lead, LeadStatus }: Api, fields: LeadInputFields): void {
  const UpdateLeadInput = builder.inputType('UpdateLeadInput', {
    description: 'A change of a lead. What is left out stays as it is; null clears it.',
    fields: (t) => ({ ...fields(t), status: t.field({ type: LeadStatus }) }),
  })
  const UpdateLeadPayload = builder
    .objectRef<{ lead: LeadRow; changed: boolean }>('UpdateLeadPayload')
    .implement({
      fields: (t) => ({
        lead: t.field({ type: Lead, resolve: ({ lead }) => lead }),
        changed: t.exposeBoolean('changed', { description: 'False when the lead was like this already.' }),
      }),
    })
  builder.mutationField('updateLead', (t) =>
    t.field({
      type: UpdateLeadPayload,
      description: 'Changes a lead. With `version`, only if nobody has changed it since.',
      authScopes: { permission: 'leads:write' },
      args: {
        id: t.arg.id({ required: true }),
        input: t.arg({ type: UpdateLeadInput, required: true }),
        version: t.arg.int(),
        reason: t.arg.string({ description: 'Why; kept with the action.' }),
      },
      errors: { types: [InvalidInputError, NotFoundError, VersionConflictError, LeadExistsError] },
      resolve: async (_, { id, input, version, reason }, context) => {
        const { status, ...rest } = input
        const patch = readLeadPatch(rest)
        if (Array.isArray(patch)) throw new InvalidInputError(patch)
        const change = {
          leadId: id,
          version: version ?? undefined,
          patch: { ...patch, ...(status && { status }) },
        }
        return result(id, await applyChange(context, change, reason))
      },
    }),
  )
}

function applyChange(
  { ledger, workspaceId, actor }: Context,
  change: Omit<LeadChange, 'correlationId'>,
  reason: string | null | undefined,
): Promise<ChangedLead> {
  return ledger.transaction(async (em) => {
    const now = new Date()
    const outcome = await updateLead(em, workspaceId, { ...change, correlationId: actor.correlationId }, now)
    if (outcome.kind === 'changed')
      await em.insert(Audit, {
        id: newId('audit'),
        workspaceId,
        apiKeyId: actor.apiKeyId ?? null,
        action: 'updateLead',
        subjectId: change.leadId,
        reason: reason?.slice(0, 500) ?? null,
        correlationId: actor.correlationId,
        at: now,
      })
    return outcome
  })
}

function result(id: string, outcome: ChangedLead): { lead: LeadRow; changed: boolean } {
  switch (outcome.kind) {
    case 'missing':
      throw new NotFoundError(id)
    case 'taken':
      throw new LeadExistsError(outcome.leadId)
    case 'stale':
      throw new VersionConflictError(id, outcome.lead.version)
    default:
      return { lead: outcome.lead, changed: outcome.kind === 'changed' }
  }
}
