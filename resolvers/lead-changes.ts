import { audit } from '../ledger/audit.ts'
import { type InputIssue, InvalidInputError, NotFoundError } from '../ledger/errors.ts'
import { type ChangedLead, type LeadChange, updateLead } from '../marketing/lead-change.ts'
import type { LeadRow } from '../marketing/lead-row.ts'
import type { Api } from '../schema/api.ts'
import type { Context } from '../schema/context.ts'
import { LeadExistsError, VersionConflictError } from './errors.ts'
import { type LeadInputFields, readConsentOrigin, readLeadPatch } from './lead-input.ts'

/** Changing a lead. */
export function leadChanges({ builder, Lead, LeadStatus }: Api, fields: LeadInputFields): void {
  const UpdateLeadInput = builder.inputType('UpdateLeadInput', {
    description: 'A change of a lead. What is left out stays as it is; null clears it.',
    fields: (t) => ({
      id: t.id({ required: true }),
      ...fields(t),
      status: t.field({ description: 'How far the person is.', type: LeadStatus }),
      expectedVersion: t.int({
        description: 'The version that is to be changed; another one is a conflict.',
      }),
      reason: t.string({ description: 'Why; kept with the action.' }),
    }),
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
      description: 'Changes a lead. With `expectedVersion`, only if nobody has changed it since.',
      authScopes: { permission: 'leads:write' },
      args: { input: t.arg({ type: UpdateLeadInput, required: true }) },
      errors: { types: [InvalidInputError, NotFoundError, VersionConflictError, LeadExistsError] },
      resolve: async (_, { input: { id, status, expectedVersion, reason, ...fields } }, context) => {
        const patch = valid(readLeadPatch(fields))
        const origin = valid(readConsentOrigin(fields, new Date()))
        const change = {
          leadId: id,
          version: expectedVersion ?? undefined,
          patch: { ...patch, ...(status && { status }) },
          consent: { source: 'API' as const, ...origin, apiKeyId: context.actor.apiKeyId },
        }
        return result(id, await applyChange(context, change, reason))
      },
    }),
  )
}

/** @throws InvalidInputError */
function valid<T>(read: T | InputIssue[]): T {
  if (Array.isArray(read)) throw new InvalidInputError(read)
  return read
}

function applyChange(
  { ledger, workspaceId, actor }: Context,
  change: Omit<LeadChange, 'correlationId'>,
  reason: string | null | undefined,
): Promise<ChangedLead> {
  return ledger.transaction(async (em) => {
    const now = new Date()
    const outcome = await updateLead(em, workspaceId, { ...change, correlationId: actor.correlationId }, now)
    if (outcome.kind === 'changed') await audit(em, actor, 'updateLead', change.leadId, reason)
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
