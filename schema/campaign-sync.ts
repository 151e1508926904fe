import type { CampaignSync as Sync } from '../entities/campaign-sync.ts'
import type { FieldConflict } from '../entities/campaign-sync-item.ts'
import type { Api } from './api.ts'

/** What a run of `campaign.sync` did, and how the audience differs from our leads. */
export function campaignSyncTypes(api: Api): void {
  const { builder, CampaignSync, CampaignSyncItem, SyncScope, SyncState, SyncDirection, SyncOutcome } = api
  const { AudienceDifference: Difference, Campaign, ConflictWinner, Job, Lead } = api
  CampaignSync.implement({
    description: 'The report of one run of `campaign.sync`.',
    fields: (t) => ({
      id: t.exposeID('id'),
      scope: t.expose('scope', { description: 'What was brought in step.', type: SyncScope }),
      state: t.field({
        type: SyncState,
        resolve: async ({ state, jobId }, _, { loaders }) => stateOf(state, await loaders.job.load(jobId)),
      }),
      campaign: t.field({
        type: Campaign,
        nullable: true,
        description: 'The campaign the run was about, if it was about one.',
        resolve: ({ campaignId }, _, { loaders }) => (campaignId ? loaders.campaign.load(campaignId) : null),
      }),
      job: t.field({
        type: Job,
        nullable: true,
        authScopes: { permission: 'jobs:read' },
        resolve: ({ jobId }, _, { loaders }) => loaders.job.load(jobId),
      }),
      startedAt: t.expose('startedAt', { type: 'DateTime' }),
      finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true }),
      onlyInMailchimp: t.exposeInt('onlyInMailchimp', {
        nullable: true,
        description: 'Contacts of the audience that are no leads here; null: not compared.',
      }),
      onlyHere: t.exposeInt('onlyHere', {
        nullable: true,
        description: 'Leads with an e-mail address that are not in the audience; null: not compared.',
      }),
    }),
  })
  const Conflict = builder.objectRef<FieldConflict>('FieldConflict').implement({
    description: 'A field that was changed on both sides to different values.',
    fields: (t) => ({
      field: t.exposeString('field', { description: 'Name of the field.' }),
      ours: t.exposeString('ours', { description: 'The value here.', nullable: true }),
      mailchimp: t.exposeString('mailchimp', { description: 'The value at Mailchimp.', nullable: true }),
      winner: t.expose('winner', { description: 'Whose value stays.', type: ConflictWinner }),
    }),
  })
  CampaignSyncItem.implement({
    description: 'What a run did with one campaign.',
    fields: (t) => ({
      subject: t.exposeID('subject', {
        description: 'Our campaign, or Mailchimp’s id where there is none of ours.',
      }),
      campaign: t.field({
        type: Campaign,
        nullable: true,
        resolve: ({ campaignId }, _, { loaders }) => (campaignId ? loaders.campaign.load(campaignId) : null),
      }),
      mailchimpId: t.exposeString('mailchimpId', {
        description: 'Id of the campaign at Mailchimp.',
        nullable: true,
      }),
      direction: t.expose('direction', {
        description: 'Which side was changed; null when none was.',
        type: SyncDirection,
        nullable: true,
      }),
      outcome: t.expose('outcome', { description: 'What came of it.', type: SyncOutcome }),
      fields: t.stringList({
        description: 'Names of the fields that were written, or in conflict.',
        resolve: ({ fields }) => fields,
      }),
      conflicts: t.field({
        description: 'The fields changed on both sides, with both values.',
        type: [Conflict],
        resolve: ({ conflicts }) => conflicts,
      }),
      reason: t.exposeString('reason', { nullable: true, description: 'Why it FAILED.' }),
      at: t.expose('at', { type: 'DateTime' }),
    }),
  })
  Difference.implement({
    description: 'Somebody who is on one side only, as the last comparison saw it.',
    fields: (t) => ({
      email: t.exposeString('email', { description: 'The e-mail address.' }),
      memberId: t.exposeString('memberId', { nullable: true, description: 'Mailchimp’s id of the contact.' }),
      status: t.exposeString('status', {
        nullable: true,
        description: 'Mailchimp’s word for the contact’s status.',
      }),
      seenAt: t.expose('seenAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When the audience was read.',
      }),
      lead: t.field({
        type: Lead,
        nullable: true,
        resolve: ({ leadId }, _, { loaders }) => (leadId ? loaders.lead.load(leadId) : null),
      }),
    }),
  })
}

/** A job that was cancelled or given up while it did not run could not say so in its report. */
function stateOf(state: Sync['state'], job: { state: string } | null): Sync['state'] {
  if (state !== 'RUNNING') return state
  if (job?.state === 'CANCELLED') return 'CANCELLED'
  return job?.state === 'DEAD' ? 'FAILED' : state
}
