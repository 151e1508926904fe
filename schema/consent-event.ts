import type { Api } from './api.ts'

/** A line of a lead's consent history. */
export function consentEventType(api: Api): void {
  const { ConsentEvent, ConsentState, ConsentSource, Channel, Job } = api
  ConsentEvent.implement({
    description: 'What a person said about being written to: when, where, and what it changed.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'Id of the line.' }),
      channel: t.expose('channel', { type: Channel, description: 'The channel it is about.' }),
      from: t.expose('fromState', { type: ConsentState, description: 'The consent until then.' }),
      to: t.expose('toState', {
        type: ConsentState,
        description: 'The consent since then; the same as `from` when the person said it again.',
      }),
      at: t.expose('at', { type: 'DateTime', description: 'When the person said it.' }),
      recordedAt: t.expose('recordedAt', { type: 'DateTime', description: 'When it was written down here.' }),
      source: t.expose('source', { type: ConsentSource, description: 'Where the statement comes from.' }),
      vendor: t.exposeString('vendor', { nullable: true, description: 'The vendor that reported it.' }),
      wording: t.exposeString('wording', {
        nullable: true,
        description: 'The text the person was shown, as far as it was given.',
      }),
      apiKeyId: t.exposeID('apiKeyId', {
        nullable: true,
        description: 'The API key that said so; null when no key did.',
      }),
      correlationId: t.exposeString('correlationId', {
        description: 'Correlation id of the request or job that wrote it.',
      }),
      job: t.field({
        type: Job,
        nullable: true,
        description: 'The job that wrote it; null when none did, or when it is gone by now.',
        authScopes: { permission: 'jobs:read' },
        resolve: ({ jobId }, _, { loaders }) => (jobId ? loaders.job.load(jobId) : null),
      }),
    }),
  })
}
