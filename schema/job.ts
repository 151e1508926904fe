import type { Api } from './api.ts'
import { maxChildren } from './loaders.ts'

/** One piece of work. */
export function jobType(api: Api): void {
  const {
    Job,
    Node,
    JobState,
    JobPriority,
    Lead,
    Campaign,
    JobError,
    JobAttempt,
    JobLogLine,
    JobDefinition,
    definitions,
  } = api
  Job.implement({
    description: 'One piece of work: a row of the ledger that can be watched, retried and cancelled.',
    interfaces: [Node],
    fields: (t) => ({
      name: t.exposeString('name', { description: 'Name of its definition, e.g. lead.created.' }),
      definition: t.field({
        type: JobDefinition,
        nullable: true,
        description: 'Null when the kind of job no longer exists.',
        resolve: ({ name }) => definitions.find((definition) => definition.name === name),
      }),
      state: t.expose('state', { type: JobState }),
      input: t.field({
        description: 'What it works on: ids and settings, never personal data.',
        type: 'JSON',
        resolve: ({ input }) => input,
      }),
      inputVersion: t.exposeInt('inputVersion', { description: 'Version of the shape of `input`.' }),
      priority: t.expose('priority', {
        type: JobPriority,
        description: 'How soon it starts among the jobs of its name.',
      }),
      runAt: t.expose('runAt', { description: 'When it is to start at the earliest.', type: 'DateTime' }),
      run: t.exposeInt('run', { description: '1, and one more for each retry by an operator.' }),
      attempts: t.exposeInt('attempts', { description: 'Tries in total, the first included.' }),
      attemptsMade: t.exposeInt('attemptsMade', { description: 'Tries used in this run.' }),
      progress: t.field({
        description: 'What it reported last; its shape is in `jobDefinitions`.',
        type: 'JSON',
        nullable: true,
        resolve: ({ progress }) => progress,
      }),
      result: t.field({
        description: 'What it came to.',
        type: 'JSON',
        nullable: true,
        resolve: ({ result }) => result,
      }),
      error: t.field({
        description: 'Why its last attempt failed; null when it did not.',
        type: JobError,
        nullable: true,
        resolve: (job) => (job.errorClass ? job : null),
      }),
      worker: t.exposeString('worker', { nullable: true }),
      idempotencyKey: t.exposeString('idempotencyKey', {
        description: 'The key it was enqueued under.',
        nullable: true,
      }),
      correlationId: t.exposeString('correlationId'),
      requestedBy: t.exposeID('requestedBy', { nullable: true, description: 'Id of the API key.' }),
      cancelRequestedAt: t.expose('cancelRequestedAt', {
        description: 'When an operator asked to cancel it.',
        type: 'DateTime',
        nullable: true,
      }),
      createdAt: t.expose('createdAt', { type: 'DateTime' }),
      startedAt: t.expose('startedAt', { type: 'DateTime', nullable: true }),
      finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true }),
      updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
      attemptHistory: t.field({
        type: [JobAttempt],
        description: `Every attempt of every run, oldest first; the newest ${maxChildren}.`,
        resolve: ({ id }, _, { loaders }) => loaders.attempts.load(id),
      }),
      logs: t.field({
        type: [JobLogLine],
        description: `Lines its workers wrote; the newest ${maxChildren}.`,
        resolve: ({ id }, _, { loaders }) => loaders.logs.load(id),
      }),
      lead: t.field({
        type: Lead,
        nullable: true,
        authScopes: { permission: 'leads:read' },
        resolve: ({ leadId }, _, { loaders }) => (leadId ? loaders.lead.load(leadId) : null),
      }),
      leadId: t.exposeID('leadId', { nullable: true }),
      campaign: t.field({
        type: Campaign,
        nullable: true,
        authScopes: { permission: 'leads:read' },
        resolve: ({ campaignId }, _, { loaders }) => (campaignId ? loaders.campaign.load(campaignId) : null),
      }),
      retryOf: t.field({
        type: Job,
        nullable: true,
        description: 'The job this one runs again with other input.',
        resolve: ({ retryOf }, _, { loaders }) => (retryOf ? loaders.job.load(retryOf) : null),
      }),
    }),
  })
}
