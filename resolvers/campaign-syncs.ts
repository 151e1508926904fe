import DataLoader from 'dataloader'
import { CampaignSync } from '../entities/campaign-sync.ts'
import { CampaignSyncItem } from '../entities/campaign-sync-item.ts'
import type { Em } from '../entities/index.ts'
import {
  IdempotencyConflictError,
  InvalidCursorError,
  InvalidInputError,
  NotFoundError,
} from '../ledger/errors.ts'
import type { Enqueued } from '../ledger/ledger.ts'
import { countItems, type SyncCounts, type SyncItemRow } from '../marketing/campaigns/sync-report.ts'
import type { Api } from '../schema/api.ts'
import { type Page, pageSize } from '../schema/connection.ts'
import type { Context } from '../schema/context.ts'
import { enqueueFields } from '../schema/enqueue-fields.ts'
import { enqueuedPayload } from '../schema/enqueued-payload.ts'
import { campaignSyncOf } from './campaign-writes.ts'
import { type EnqueueOptions, enqueueOptions } from './enqueue-options.ts'
import { newestFirst, type PageArgs } from './newest-first.ts'

/** Reports of runs of `campaign.sync`. */
export function campaignSyncQueries(api: Api): void {
  const { builder, CampaignSync: Sync, CampaignSyncConnection, CampaignSyncItemConnection, SyncOutcome } = api
  builder.queryFields((t) => ({
    campaignSync: t.field({
      description: 'One run of `campaign.sync`; null when there is none.',
      type: Sync,
      nullable: true,
      authScopes: { permission: 'leads:read' },
      args: { id: t.arg.id({ required: true }) },
      resolve: (_, { id }, { em, workspaceId }) =>
        em.findOne(CampaignSync, { id, workspaceId }, { disableIdentityMap: true }),
    }),
    campaignSyncs: t.field({
      type: CampaignSyncConnection,
      description: 'Runs of `campaign.sync`, newest first.',
      authScopes: { permission: 'leads:read' },
      args: { first: t.arg.int(), after: t.arg.string() },
      resolve: (_, page, context) => newestFirst(context, [CampaignSync, 'campaignSync'], [], page),
    }),
  }))
  const Counts = builder.objectRef<SyncCounts>('CampaignSyncCounts').implement({
    description: 'How many campaigns came to which outcome.',
    fields: (t) => ({
      created: t.exposeInt('CREATED', { description: 'Campaigns that are new on one side.' }),
      updated: t.exposeInt('UPDATED', { description: 'Campaigns that were changed on one side.' }),
      unchanged: t.exposeInt('UNCHANGED', { description: 'Campaigns that were equal.' }),
      conflicted: t.exposeInt('CONFLICTED', { description: 'Campaigns changed on both sides.' }),
      failed: t.exposeInt('FAILED', { description: 'Campaigns that could not be brought in step.' }),
    }),
  })
  builder.objectFields(Sync, (t) => ({
    counts: t.field({
      type: Counts,
      description: 'How many campaigns came to what.',
      resolve: ({ id }, _, { em }) => countsOf(em, id),
    }),
    items: t.field({
      type: CampaignSyncItemConnection,
      description: 'What was done with each campaign.',
      args: {
        outcomes: t.arg({ type: [SyncOutcome], description: 'Only with one of these outcomes.' }),
        first: t.arg.int(),
        after: t.arg.string(),
      },
      resolve: ({ id }, { outcomes, ...page }, { em }) => itemPage(em, id, outcomes, page),
    }),
  }))
}

const counters = new WeakMap<Em, DataLoader<string, SyncCounts>>()

/** Counts the runs of a page with one query. */
function countsOf(em: Em, id: string): Promise<SyncCounts> {
  let counter = counters.get(em)
  if (!counter) {
    counter = new DataLoader((ids) => countItems(em, ids))
    counters.set(em, counter)
  }
  return counter.load(id)
}

async function itemPage(
  em: Em,
  syncId: string,
  outcomes: SyncItemRow['outcome'][] | null | undefined,
  { first, after }: PageArgs,
): Promise<Page<SyncItemRow>> {
  if (after && !/^[\x21-\x7e]{1,40}$/.test(after)) throw new InvalidCursorError()
  const size = pageSize(first)
  const matching = { syncId, done: true, ...(outcomes && { outcome: { $in: outcomes } }) }
  const rows: SyncItemRow[] = await em.find(
    CampaignSyncItem,
    { ...matching, ...(after && { subject: { $gt: after } }) },
    { orderBy: { subject: 'asc' }, limit: size + 1, disableIdentityMap: true },
  )
  return {
    rows: rows.slice(0, size),
    more: rows.length > size,
    after,
    cursorOf: ({ subject }) => subject,
    count: async (limit) => Math.min(await em.count(CampaignSyncItem, matching), limit),
  }
}

/** Starting runs. */
export function campaignSyncMutations({ builder, Job }: Api): void {
  const CampaignSyncPayload = enqueuedPayload({ builder, Job }, 'CampaignSyncPayload')
  const SyncCampaignInput = builder.inputType('SyncCampaignInput', {
    fields: (t) => ({ id: t.id({ required: true }), ...enqueueFields(t) }),
  })
  const SyncCampaignsInput = builder.inputType('SyncCampaignsInput', {
    fields: (t) => ({
      audienceOnly: t.boolean({ description: 'Compare the audience and leave the campaigns alone.' }),
      ...enqueueFields(t),
    }),
  })
  const authScopes = { permission: 'campaigns:send' } as const
  builder.mutationFields((t) => ({
    syncCampaign: t.field({
      type: CampaignSyncPayload,
      description: 'Brings one campaign and Mailchimp in step.',
      authScopes,
      args: { input: t.arg({ type: SyncCampaignInput, required: true }) },
      errors: { types: [InvalidInputError, IdempotencyConflictError, NotFoundError] },
      resolve: async (_, { input }, context, info) => {
        const { id } = input
        const options = enqueueOptions(input, context, info)
        if (!(await context.loaders.campaign.load(id))) throw new NotFoundError(id)
        return start(context, info.fieldName, { scope: 'CAMPAIGN', campaignId: id }, options)
      },
    }),
    syncCampaigns: t.field({
      type: CampaignSyncPayload,
      description:
        'Brings all campaigns and Mailchimp in step, in both directions, and compares the audience.',
      authScopes,
      args: { input: t.arg({ type: SyncCampaignsInput, required: true }) },
      errors: { types: [InvalidInputError, IdempotencyConflictError] },
      resolve: (_, { input }, context, info) => {
        const scope = input.audienceOnly ? 'AUDIENCE' : 'ALL'
        return start(context, info.fieldName, { scope }, enqueueOptions(input, context, info))
      },
    }),
  }))
}

function start(
  { ledger, actor }: Context,
  action: string,
  input: object,
  options: EnqueueOptions,
): Promise<Enqueued> {
  return ledger.enqueue({ definition: campaignSyncOf(ledger), input, actor, act: { action }, ...options })
}
