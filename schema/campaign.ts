import type { CampaignReadings, CampaignRecipients, CampaignSegment } from '../entities/campaign.ts'
import type { Api } from './api.ts'

/** A campaign, and a line of its history. */
export function campaignTypes(api: Api): void {
  const { builder, Campaign, CampaignState, CampaignEvent, CampaignEventType, ConflictWinner, Job } = api
  const CampaignReport = builder.objectRef<CampaignReadings>('CampaignReport').implement({
    description: 'Mailchimp’s totals for a campaign that was sent.',
    fields: (t) => ({
      sent: t.exposeInt('sent', { description: 'How many people it was sent to.' }),
      hardBounces: t.exposeInt('hardBounces', { description: 'Addresses that do not exist.' }),
      softBounces: t.exposeInt('softBounces', { description: 'Addresses that did not take it this time.' }),
      opens: t.exposeInt('opens', { description: 'How often it was opened, machines included.' }),
      uniqueOpens: t.exposeInt('uniqueOpens', { description: 'How many people opened it.' }),
      clicks: t.exposeInt('clicks', { description: 'How often a link in it was clicked.' }),
      uniqueClicks: t.exposeInt('uniqueClicks', { description: 'How many people clicked.' }),
      unsubscribed: t.exposeInt('unsubscribed', { description: 'How many people unsubscribed.' }),
      complaints: t.exposeInt('complaints', { description: 'How many people reported it as spam.' }),
    }),
  })
  const CampaignSegment = builder.objectRef<CampaignSegment>('CampaignSegment').implement({
    description:
      'The part of an audience a campaign goes to. It is chosen at Mailchimp and kept by every change made here.',
    fields: (t) => ({
      description: t.exposeString('description', {
        nullable: true,
        description: 'The conditions in words, as Mailchimp puts them.',
      }),
      savedSegmentId: t.exposeInt('savedSegmentId', {
        nullable: true,
        description:
          'Id of the saved segment or tag; null when the conditions belong to this campaign alone.',
      }),
    }),
  })
  const CampaignRecipients = builder.objectRef<CampaignRecipients>('CampaignRecipients').implement({
    description: 'Whom a campaign goes to at Mailchimp, as last read.',
    fields: (t) => ({
      audienceId: t.exposeString('audienceId', { description: 'Id of the audience.' }),
      segment: t.expose('segment', {
        type: CampaignSegment,
        nullable: true,
        description: 'The part of the audience; null: everybody in it.',
      }),
    }),
  })
  Campaign.implement({
    description: 'An e-mail to an audience, kept in step with Mailchimp.',
    fields: (t) => ({
      id: t.exposeID('id'),
      name: t.exposeString('name', { description: 'Its name, for us.' }),
      state: t.expose('state', { type: CampaignState }),
      reason: t.exposeString('reason', {
        nullable: true,
        description: 'Why it is FAILED or CANCELLED: a code.',
      }),
      subject: t.exposeString('subject', { description: 'The subject line.', nullable: true }),
      previewText: t.exposeString('previewText', {
        description: 'What mail programs show beside the subject.',
        nullable: true,
      }),
      fromName: t.exposeString('fromName', { description: 'Name of the sender.', nullable: true }),
      replyTo: t.exposeString('replyTo', {
        description: 'Address of the sender, who gets the answers.',
        nullable: true,
      }),
      html: t.exposeString('html', { description: 'The content.', nullable: true }),
      audienceId: t.exposeString('audienceId', {
        nullable: true,
        description: 'The Mailchimp audience it goes to; null: the workspace’s own.',
      }),
      recipients: t.expose('recipients', {
        type: CampaignRecipients,
        nullable: true,
        description: 'Whom it goes to at Mailchimp, as last read; null before it is there.',
      }),
      scheduledAt: t.expose('scheduledAt', {
        description: 'When Mailchimp is to send it; null for a draft.',
        type: 'DateTime',
        nullable: true,
      }),
      sentAt: t.expose('sentAt', { description: 'When it was sent.', type: 'DateTime', nullable: true }),
      mailchimpId: t.exposeString('mailchimpId', {
        description: 'Its id at Mailchimp; null before it is there.',
        nullable: true,
      }),
      syncedAt: t.expose('syncedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When both sides were last brought in step.',
      }),
      report: t.expose('report', {
        description: 'Mailchimp’s totals; null before it was sent.',
        type: CampaignReport,
        nullable: true,
      }),
      reportedAt: t.expose('reportedAt', {
        description: 'When the totals were read last.',
        type: 'DateTime',
        nullable: true,
      }),
      version: t.exposeInt('version', {
        description:
          'Rises with each change; give it as `expectedVersion` to not overwrite a change of others.',
      }),
      createdAt: t.expose('createdAt', { type: 'DateTime' }),
      updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
    }),
  })
  CampaignEvent.implement({
    description: 'Something that happened to a campaign.',
    fields: (t) => ({
      id: t.exposeID('id'),
      cursor: t.string({
        description: 'For `after` of `campaignEvents`.',
        resolve: ({ seq }) => String(seq),
      }),
      seq: t.exposeInt('seq', { description: 'Counts from 1 within the campaign, without holes.' }),
      type: t.expose('type', { description: 'What happened.', type: CampaignEventType }),
      at: t.expose('at', { type: 'DateTime' }),
      from: t.field({
        description: 'The state it had.',
        type: CampaignState,
        nullable: true,
        resolve: ({ detail }) => detail.from,
      }),
      to: t.field({
        description: 'The state it has.',
        type: CampaignState,
        nullable: true,
        resolve: ({ detail }) => detail.to,
      }),
      changed: t.stringList({
        nullable: true,
        description: 'Names of the fields that were changed, told, taken over or in conflict.',
        resolve: ({ detail }) => detail.fields,
      }),
      winner: t.field({
        type: ConflictWinner,
        nullable: true,
        description: 'Whose values stay, in a conflict.',
        resolve: ({ detail }) => detail.winner,
      }),
      reason: t.string({
        description: 'Why: a code.',
        nullable: true,
        resolve: ({ detail }) => detail.reason,
      }),
      report: t.field({
        type: 'JSON',
        nullable: true,
        description: 'How much each metric has grown.',
        resolve: ({ detail }) => detail.report,
      }),
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
