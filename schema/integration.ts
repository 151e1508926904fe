import type { Api } from './api.ts'
import type { IntegrationView } from './vendor-accounts.ts'

/** A workspace's account at a vendor. */
export function integrationType({
  builder,
  Integration,
  Vendor,
  BreakerState,
  WaitReason,
  ForcedState,
  IntegrationSource,
}: Api): void {
  const Quota = builder.objectRef<IntegrationView['quotas'][number]>('IntegrationQuota').implement({
    description: 'So many requests are allowed in a span of time.',
    fields: (t) => ({
      requests: t.exposeInt('requests', { description: 'Most requests in a window.' }),
      milliseconds: t.exposeInt('ms', { description: 'Length of the window.' }),
      used: t.exposeInt('used', { description: 'Requests of the last span, and those under way.' }),
    }),
  })
  Integration.implement({
    description:
      'An account of the workspace at a vendor: whether calls go out, and how much of its limits is used.',
    fields: (t) => ({
      vendor: t.expose('vendor', { type: Vendor }),
      source: t.field({
        type: IntegrationSource,
        description: 'Where its credentials come from.',
        resolve: ({ from }) => from,
      }),
      settings: t.field({
        type: 'JSON',
        description: 'What is no secret: audience, sender, …',
        resolve: ({ settings }) => settings,
      }),
      webhookPath: t.exposeString('webhookPath', {
        nullable: true,
        description: 'Where its webhooks are to come, below the public address of this API.',
      }),
      breaker: t.expose('breaker', { description: 'Whether calls go out.', type: BreakerState }),
      forced: t.expose('forced', { type: ForcedState, description: 'What an operator said.' }),
      changedAt: t.expose('changedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When the breaker changed.',
      }),
      retryAt: t.expose('retryAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When calls are let out again; after the breaker opened, the next one as a probe.',
      }),
      waitReason: t.expose('waitReason', {
        type: WaitReason,
        nullable: true,
        description: 'Why calls wait now, until `retryAt`; null: they go out.',
      }),
      lastSuccessAt: t.expose('lastSuccessAt', {
        description: 'When a call succeeded last.',
        type: 'DateTime',
        nullable: true,
      }),
      lastErrorAt: t.expose('lastErrorAt', {
        description: 'When a call failed last.',
        type: 'DateTime',
        nullable: true,
      }),
      lastError: t.exposeString('lastError', {
        nullable: true,
        description: "The vendor's code of the last error; docs/integrations tells what it means.",
      }),
      callsUnderWay: t.exposeInt('callsUnderWay', {
        description: 'How many calls run at this moment, in all processes.',
      }),
      connectionLimit: t.int({
        nullable: true,
        description: 'Most calls under way at once; null: no limit.',
        resolve: ({ connections }) => connections || null,
      }),
      quotas: t.expose('quotas', {
        description: 'The limits of the vendor that calls keep to.',
        type: [Quota],
      }),
    }),
  })
}
