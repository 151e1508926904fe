import { defineEntity, p } from '@mikro-orm/core'
import { code, id, time } from './columns.ts'
import { Workspace } from './workspace.ts'

/** Life of a campaign; which step may follow which is told by marketing/campaigns/transitions.ts. */
export const campaignStates = [
  'DRAFT',
  'SCHEDULED',
  'SENDING',
  'SENT',
  'PAUSED',
  'CANCELLED',
  'FAILED',
] as const
export type CampaignState = (typeof campaignStates)[number]

/** What both sides can edit; compared field by field when a campaign is synced. */
export interface CampaignContent {
  name: string
  subject: string | null
  previewText: string | null
  fromName: string | null
  replyTo: string | null
  html: string | null
}

/** What a campaign and its twin at Mailchimp are compared by. `scheduledAt` is ISO 8601 in UTC, null for a draft. */
export type SyncedContent = CampaignContent & { scheduledAt: string | null }
export type SyncedField = keyof SyncedContent

/** A change of a campaign that a line of its history can name. */
export type ChangedField = SyncedField | 'audienceId' | 'segment'

/** The part of an audience a campaign goes to, as Mailchimp describes it. */
export interface CampaignSegment {
  /** The conditions in words, as Mailchimp shows them: HTML without its tags. */
  description: string | null
  /** Id of the saved segment or tag; null when the conditions belong to the campaign alone. */
  savedSegmentId: number | null
}

/** Whom a campaign goes to at Mailchimp, as last read. */
export interface CampaignRecipients {
  audienceId: string
  /** Null: everybody in the audience. */
  segment: CampaignSegment | null
}

/** Mailchimp's totals for a campaign as last read, and how often they have grown (or shrunk) so far. */
export interface CampaignReadings {
  sent: number
  hardBounces: number
  softBounces: number
  opens: number
  uniqueOpens: number
  clicks: number
  uniqueClicks: number
  unsubscribed: number
  complaints: number
  readings: number
}

/** A campaign a lead can come from and a job can belong to; kept in step with Mailchimp. */
const CampaignSchema = defineEntity({
  name: 'Campaign',
  tableName: 'campaign',
  uniques: [{ name: 'campaign_mailchimp', properties: ['workspaceId', 'mailchimpId'] }],
  indexes: [
    { name: 'campaign_page', properties: ['workspaceId', 'id'] },
    { name: 'campaign_state', properties: ['workspaceId', 'state', 'scheduledAt'] },
  ],
  properties: {
    id: id().primary(),
    workspaceId: () => p.manyToOne(Workspace).mapToPk().fieldName('workspace_id').index(false),
    name: p.string().length(200),
    state: code(16).$type<CampaignState>(),
    subject: p.string().length(150).nullable(),
    previewText: p.string().length(150).nullable(),
    fromName: p.string().length(100).nullable(),
    replyTo: p.string().length(254).nullable(),
    html: p.text().columnType('mediumtext').nullable(),
    /** The Mailchimp audience it goes to; null: the workspace's own. */
    audienceId: code(32).nullable(),
    recipients: p.json().$type<CampaignRecipients>().nullable(),
    scheduledAt: time().nullable(),
    sentAt: time().nullable(),
    mailchimpId: code(32).nullable(),
    /** What both sides held when they were last equal: the base to tell who changed what. */
    syncedContent: p.json().$type<SyncedContent>().nullable(),
    syncedAt: time().nullable(),
    /** When a creation at Mailchimp was begun that may have happened: it is looked for before another one. */
    createStartedAt: time().nullable(),
    /** The job that has it in hand, and until when no other one takes it up. */
    syncingBy: id().nullable(),
    syncingUntil: time().nullable(),
    report: p.json().$type<CampaignReadings>().nullable(),
    reportedAt: time().nullable(),
    /** Why it is FAILED: a code, never free text. */
    reason: p.string().length(300).nullable(),
    /** Number of the newest event; taken under the row's lock, so event order is commit order. */
    lastEventSeq: p.integer(),
    createdAt: time(),
    updatedAt: time(),
    version: p.integer(),
  },
})

export class Campaign extends CampaignSchema.class {}
CampaignSchema.setClass(Campaign)
