import { type ReceiptState, WebhookReceipt, type WebhookVendor } from '../entities/webhook-receipt.ts'
import { NotFoundError, WrongStateError } from '../ledger/errors.ts'
import type { JobRow } from '../ledger/row.ts'
import type { ReceiptRow } from '../marketing/webhooks/receipts.ts'
import type { Api } from '../schema/api.ts'
import type { Page } from '../schema/connection.ts'
import type { Context } from '../schema/context.ts'
import { newestFirst, type PageArgs } from './newest-first.ts'

/** Reading what vendors reported, and applying again what failed. */
export function webhookReceipts(api: Api): void {
  const { builder, WebhookReceiptConnection, WebhookVendor, WebhookReceiptState } = api
  const WebhookReceiptFilter = builder.inputType('WebhookReceiptFilter', {
    description: 'Which receipts; every condition given must hold.',
    fields: (t) => ({
      vendors: t.field({ description: 'Only of one of these vendors.', type: [WebhookVendor] }),
      states: t.field({ type: [WebhookReceiptState] }),
    }),
  })
  builder.queryField('webhookReceipts', (t) =>
    t.field({
      type: WebhookReceiptConnection,
      description: 'Events that vendors reported by webhook, newest first.',
      authScopes: { permission: 'jobs:read' },
      args: { filter: t.arg({ type: WebhookReceiptFilter }), first: t.arg.int(), after: t.arg.string() },
      resolve: (_, { filter, ...page }, context) => receiptPage(context, filter ?? {}, page),
    }),
  )
  reapply(api)
}

interface ReceiptFilter {
  vendors?: WebhookVendor[] | null | undefined
  states?: ReceiptState[] | null | undefined
}

function receiptPage(
  context: Context,
  { vendors, states }: ReceiptFilter,
  page: PageArgs,
): Promise<Page<ReceiptRow>> {
  const conditions = [vendors && { vendor: { $in: vendors } }, states && { state: { $in: states } }]
  return newestFirst(context, [WebhookReceipt, 'webhookReceipt'], conditions, page)
}

function reapply({ builder, WebhookReceipt, Job }: Api): void {
  const ReapplyWebhookReceiptInput = builder.inputType('ReapplyWebhookReceiptInput', {
    fields: (t) => ({
      id: t.id({ required: true }),
      reason: t.string({ description: 'Why; kept with the action.' }),
    }),
  })
  const ReapplyWebhookReceiptPayload = builder
    .objectRef<{ receipt: ReceiptRow; job: JobRow }>('ReapplyWebhookReceiptPayload')
    .implement({
      fields: (t) => ({
        receipt: t.expose('receipt', { type: WebhookReceipt }),
        job: t.expose('job', { type: Job, description: 'The job that applies it, in its next run.' }),
      }),
    })
  builder.mutationField('reapplyWebhookReceipt', (t) =>
    t.field({
      type: ReapplyWebhookReceiptPayload,
      description: 'Applies a receipt again that `FAILED`. What was applied once is never applied twice.',
      authScopes: { permission: 'jobs:write' },
      args: { input: t.arg({ type: ReapplyWebhookReceiptInput, required: true }) },
      errors: { types: [NotFoundError, WrongStateError] },
      resolve: (_, { input }, context) => applyAgain(context, input),
    }),
  )
}

/** The job that failed runs again: it keeps its attempts, and the ledger keeps who asked for it. */
async function applyAgain(
  { em, ledger, actor, workspaceId, loaders }: Context,
  { id, reason }: { id: string; reason?: string | null | undefined },
): Promise<{ receipt: ReceiptRow; job: JobRow }> {
  const receipt = await em.findOne(WebhookReceipt, { id, workspaceId }, { disableIdentityMap: true })
  const job = receipt && (await loaders.receiptJob.load(id))
  if (!job) throw new NotFoundError(id)
  const act = { action: 'reapplyWebhookReceipt', subjectId: id }
  return { receipt, job: await ledger.retry(actor, job.id, reason ?? undefined, act) }
}
