import type { GraphQLResolveInfo } from 'graphql'
import type { Em } from '../entities/index.ts'
import { IdempotencyConflictError, InvalidInputError, NotFoundError } from '../ledger/errors.ts'
import {
  CampaignIncompleteError,
  type CampaignTarget,
  type ChangedCampaign,
  editCampaign,
  insertCampaign,
  NotADraftError,
  noContent,
  scheduleCampaign,
  scheduleProblem,
  withdrawCampaign,
} from '../marketing/campaigns/changes.ts'
import { InvalidTransitionError } from '../marketing/campaigns/transitions.ts'
import type { Api } from '../schema/api.ts'
import type { InputFields } from '../schema/builder.ts'
import type { Context } from '../schema/context.ts'
import { enqueueFields } from '../schema/enqueue-fields.ts'
import { CampaignVersionConflictError } from './campaign-errors.ts'
import { type CampaignInput, campaignInputFields, readCampaign } from './campaign-input.ts'
import { afterChange, type Written, writeCampaign } from './campaign-writes.ts'
import { enqueueOptions } from './enqueue-options.ts'
import { found } from './errors.ts'

const authScopes = { permission: 'campaigns:send' } as const
const common = [InvalidInputError, IdempotencyConflictError]
const ofChanges = [...common, NotFoundError, CampaignVersionConflictError]

/** Creating, editing, scheduling and cancelling campaigns. Each tells Mailchimp by its own `campaign.sync`. */
export function campaignChanges(api: Api): void {
  const { builder } = api
  const CampaignPayload = payload(api)
  const keyField = (t: InputFields) => ({ idempotencyKey: enqueueFields(t).idempotencyKey })
  const target = (t: InputFields) => ({
    id: t.id({ required: true }),
    expectedVersion: t.int({ description: 'The version that is to be changed; another one is a conflict.' }),
    reason: t.string({ description: 'Why; kept with the action.' }),
    ...keyField(t),
  })
  const CreateCampaignInput = builder.inputType('CreateCampaignInput', {
    fields: (t) => ({
      name: t.string({ description: 'Its name, for us.', required: true }),
      ...campaignInputFields(t),
      ...keyField(t),
    }),
  })
  const UpdateCampaignInput = builder.inputType('UpdateCampaignInput', {
    description: 'A change of a campaign. What is left out stays as it is; null clears it.',
    fields: (t) => ({
      ...target(t),
      name: t.string({ description: 'Its name, for us.' }),
      ...campaignInputFields(t),
    }),
  })
  const ScheduleCampaignInput = builder.inputType('ScheduleCampaignInput', {
    fields: (t) => ({
      ...target(t),
      at: t.field({ type: 'DateTime', required: true, description: 'A full quarter hour in the future.' }),
    }),
  })
  const UnscheduleCampaignInput = builder.inputType('UnscheduleCampaignInput', { fields: target })
  const CancelCampaignInput = builder.inputType('CancelCampaignInput', { fields: target })
  builder.mutationFields((t) => ({
    createCampaign: t.field({
      type: CampaignPayload,
      description: 'Creates a draft, here and at Mailchimp.',
      authScopes,
      args: { input: t.arg({ type: CreateCampaignInput, required: true }) },
      errors: { types: common },
      resolve: (_, { input }, context, info) => createCampaign(context, input, info),
    }),
    updateCampaign: t.field({
      type: CampaignPayload,
      description: 'Edits a draft. With `expectedVersion`, only if nobody has changed it since.',
      authScopes,
      args: { input: t.arg({ type: UpdateCampaignInput, required: true }) },
      errors: { types: [...ofChanges, NotADraftError] },
      resolve: (_, { input }, context, info) => {
        const { id: _id, expectedVersion: _version, reason: _reason, idempotencyKey: _key, ...given } = input
        const fields = checked(given)
        return change('updateCampaign', context, input, info, (em, target) =>
          editCampaign(em, context.workspaceId, target, fields),
        )
      },
    }),
    scheduleCampaign: t.field({
      type: CampaignPayload,
      description: 'Lets Mailchimp send a campaign at a time, or at another time than before.',
      authScopes,
      args: { input: t.arg({ type: ScheduleCampaignInput, required: true }) },
      errors: { types: [...ofChanges, InvalidTransitionError, CampaignIncompleteError] },
      resolve: (_, { input }, context, info) => {
        const message = scheduleProblem(input.at, new Date())
        if (message) throw new InvalidInputError([{ path: 'at', message }])
        return change('scheduleCampaign', context, input, info, (em, target) =>
          scheduleCampaign(em, context.workspaceId, target, input.at),
        )
      },
    }),
    unscheduleCampaign: t.field({
      type: CampaignPayload,
      description: 'Takes a scheduled campaign back to a draft, so that it can be edited.',
      authScopes,
      args: { input: t.arg({ type: UnscheduleCampaignInput, required: true }) },
      errors: { types: [...ofChanges, InvalidTransitionError] },
      resolve: (_, { input }, context, info) =>
        change('unscheduleCampaign', context, input, info, (em, target) =>
          withdrawCampaign(em, context.workspaceId, target, 'DRAFT'),
        ),
    }),
    cancelCampaign: t.field({
      type: CampaignPayload,
      description:
        'Cancels a campaign for good. One that is being sent is stopped if Mailchimp still can; what has been sent is sent.',
      authScopes,
      args: { input: t.arg({ type: CancelCampaignInput, required: true }) },
      errors: { types: [...ofChanges, InvalidTransitionError] },
      resolve: (_, { input }, context, info) =>
        change('cancelCampaign', context, input, info, (em, target) =>
          withdrawCampaign(em, context.workspaceId, target, 'CANCELLED'),
        ),
    }),
  }))
}

function payload({ builder, Campaign, Job }: Api) {
  return builder.objectRef<Written>('CampaignPayload').implement({
    fields: (t) => ({
      campaign: t.field({
        type: Campaign,
        resolve: ({ campaign, campaignId }, _, { loaders }) =>
          campaign ?? found(loaders.campaign, campaignId),
      }),
      job: t.field({
        type: Job,
        nullable: true,
        description: 'The `campaign.sync` that tells Mailchimp; null when nothing was changed.',
        resolve: ({ job }) => job,
      }),
      changed: t.exposeBoolean('changed', { description: 'False when it was like this already.' }),
      alreadyExisted: t.exposeBoolean('alreadyExisted', {
        description: 'Whether the idempotency key brought back the first answer.',
      }),
    }),
  })
}

type CreateInput = CampaignInput & { idempotencyKey?: string | null | undefined }

function createCampaign(
  context: Context,
  { idempotencyKey: key, ...given }: CreateInput,
  info: GraphQLResolveInfo,
): Promise<Written> {
  const { actor, workspaceId } = context
  const fields = { ...noContent, ...checked(given) }
  const { idempotencyKey } = enqueueOptions({ idempotencyKey: key }, context, info)
  return writeCampaign(context, {
    action: 'createCampaign',
    asked: given,
    idempotencyKey,
    write: async (em) => ({ campaign: await insertCampaign(em, workspaceId, fields, actor), changed: true }),
  })
}

function checked(given: CampaignInput) {
  const fields = readCampaign(given)
  if (Array.isArray(fields)) throw new InvalidInputError(fields)
  return fields
}

interface TargetInput {
  id: string
  expectedVersion?: number | null | undefined
  reason?: string | null | undefined
  idempotencyKey?: string | null | undefined
}

function change(
  action: string,
  context: Context,
  input: TargetInput,
  info: GraphQLResolveInfo,
  work: (em: Em, target: CampaignTarget) => Promise<ChangedCampaign>,
): Promise<Written> {
  const { idempotencyKey: key, reason, ...asked } = input
  const { idempotencyKey } = enqueueOptions({ idempotencyKey: key }, context, info)
  const cause = { correlationId: context.actor.correlationId }
  const target = { campaignId: input.id, expectedVersion: input.expectedVersion ?? undefined, cause }
  return writeCampaign(context, {
    action,
    asked,
    idempotencyKey,
    reason,
    write: async (em) => afterChange(input.id, await work(em, target)),
  })
}
