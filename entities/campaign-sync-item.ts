import { defineEntity, p } from '@mikro-orm/core'
import type { ChangedField, SyncedField } from './campaign.ts'
import type { ConflictWinner } from './campaign-event.ts'
import { CampaignSync } from './campaign-sync.ts'
import { code, id, time } from './columns.ts'

const syncDirections = ['PUSH', 'PULL'] as const
export type SyncDirection = (typeof syncDirections)[number]

export const syncOutcomes = ['CREATED', 'UPDATED', 'UNCHANGED', 'CONFLICTED', 'FAILED'] as const
export type SyncOutcome = (typeof syncOutcomes)[number]

/** A field that was changed on both sides to different values. Times are ISO 8601. */
export interface FieldConflict {
  field: SyncedField
  ours: string | null
  mailchimp: string | null
  winner: ConflictWinner
}

/** What one run of `campaign.sync` did with one campaign. */
const CampaignSyncItemSchema = defineEntity({
  name: 'CampaignSyncItem',
  tableName: 'campaign_sync_item',
  properties: {
    syncId: () =>
      p.manyToOne(CampaignSync).mapToPk().primary().fieldName('sync_id').index(false).deleteRule('cascade'),
    /** Our campaign, or Mailchimp's id where there is none of ours. */
    subject: code(40).primary(),
    campaignId: id().nullable(),
    mailchimpId: code(32).nullable(),
    /** Null when neither side had to be changed. */
    direction: code(8).$type<SyncDirection>().nullable(),
    outcome: code(16).$type<SyncOutcome>(),
    /** Fields that were written, or in conflict. */
    fields: p.json().$type<(ChangedField | 'state')[]>(),
    /** What both sides held where they differed: so a value that gave way is not lost. Kept nowhere but here. */
    conflicts: p.json().$type<FieldConflict[]>(),
    reason: p.string().length(300).nullable(),
    /** False while it is in hand, or waits for the job's next attempt. */
    done: p.boolean(),
    at: time(),
  },
})

export class CampaignSyncItem extends CampaignSyncItemSchema.class {}
CampaignSyncItemSchema.setClass(CampaignSyncItem)
