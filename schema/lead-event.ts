import type { Api } from './api.ts'

/** A line of a lead's timeline. */
export function leadEventType({ LeadEvent, LeadEventType, Job }: Api): void {
  LeadEvent.implement({
    description: 'Something that happened to a lead.',
    fields: (t) => ({
      id: t.exposeID('id'),
      cursor: t.string({ description: 'For `after` of `leadTimeline`.', resolve: ({ seq }) => String(seq) }),
      seq: t.exposeInt('seq', { description: 'Counts from 1 within the lead, without holes.' }),
      type: t.expose('type', { description: 'What happened.', type: LeadEventType }),
      at: t.expose('at', { type: 'DateTime' }),
      channel: t.string({ nullable: true, resolve: ({ detail }) => detail.channel }),
      purpose: t.string({
        description: 'What the message was sent for, e.g. welcome.',
        nullable: true,
        resolve: ({ detail }) => detail.purpose,
      }),
      vendor: t.string({ nullable: true, resolve: ({ detail }) => detail.vendor }),
      step: t.string({
        description: 'The step of the job it is about.',
        nullable: true,
        resolve: ({ detail }) => detail.step,
      }),
      reason: t.string({
        nullable: true,
        description: 'Why, e.g. why nothing was sent.',
        resolve: ({ detail }) => detail.reason,
      }),
      changed: t.stringList({
        nullable: true,
        description: 'Names of the fields that were changed.',
        resolve: ({ detail }) => detail.changed,
      }),
      unfit: t.stringList({
        nullable: true,
        description: 'Names of the fields that were left out, because the vendor does not take their values.',
        resolve: ({ detail }) => detail.unfit,
      }),
      otherLeadId: t.id({
        nullable: true,
        description: 'The lead that has the e-mail address or phone number already, of a conflict.',
        resolve: ({ detail }) => detail.otherLeadId,
      }),
      messageId: t.exposeID('messageId', { description: 'Id of the message it is about.', nullable: true }),
      correlationId: t.exposeString('correlationId'),
      job: t.field({
        type: Job,
        nullable: true,
        authScopes: { permission: 'jobs:read' },
        resolve: ({ jobId }, _, { loaders }) => (jobId ? loaders.job.load(jobId) : null),
      }),
    }),
  })
}
