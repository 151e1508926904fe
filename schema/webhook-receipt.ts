import type { Api } from './api.ts'

/** An event a vendor reported. What it says is personal data and not shown. */
export function webhookReceiptType({ WebhookReceipt, WebhookVendor, WebhookReceiptState, Job }: Api): void {
  WebhookReceipt.implement({
    description: 'An event that a vendor reported by webhook, kept once however often it was reported.',
    fields: (t) => ({
      id: t.exposeID('id'),
      vendor: t.expose('vendor', { type: WebhookVendor }),
      state: t.expose('state', { type: WebhookReceiptState }),
      receivedAt: t.expose('receivedAt', { description: 'When it came in.', type: 'DateTime' }),
      appliedAt: t.expose('appliedAt', {
        description: 'When its effects were committed.',
        type: 'DateTime',
        nullable: true,
      }),
      job: t.field({
        type: Job,
        nullable: true,
        description: 'The job that applies it; it tells why one has failed.',
        authScopes: { permission: 'jobs:read' },
        resolve: ({ id }, _, { loaders }) => loaders.receiptJob.load(id),
      }),
    }),
  })
}
