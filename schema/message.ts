import type { Api } from './api.ts'

/** A line of the send ledger. */
export function messageType({ Message, MessageState, DeliveryState, Channel, Lead, Job }: Api): void {
  Message.implement({
    description: 'A message to a lead: claimed before it leaves, so that nothing is sent twice.',
    fields: (t) => ({
      id: t.exposeID('id'),
      leadId: t.exposeID('leadId'),
      lead: t.field({
        type: Lead,
        nullable: true,
        authScopes: { permission: 'leads:read' },
        resolve: ({ leadId }, _, { loaders }) => loaders.lead.load(leadId),
      }),
      job: t.field({
        type: Job,
        nullable: true,
        description: 'The job that claimed it.',
        authScopes: { permission: 'jobs:read' },
        resolve: ({ jobId }, _, { loaders }) => loaders.job.load(jobId),
      }),
      purpose: t.exposeString('purpose', { description: 'Why it was sent, e.g. welcome.' }),
      channel: t.expose('channel', { type: Channel }),
      state: t.expose('state', { type: MessageState }),
      delivery: t.expose('delivery', {
        type: DeliveryState,
        nullable: true,
        description: 'What the provider reported last.',
      }),
      reason: t.exposeString('reason', {
        description: 'Why it was refused, or failed: a code.',
        nullable: true,
      }),
      provider: t.exposeString('provider', { description: 'The vendor that sends it.' }),
      providerMessageId: t.exposeString('providerMessageId', {
        description: 'The vendor’s id of it.',
        nullable: true,
      }),
      correlationId: t.exposeString('correlationId'),
      claimedAt: t.expose('claimedAt', { description: 'When it was about to be sent.', type: 'DateTime' }),
      updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
    }),
  })
}
