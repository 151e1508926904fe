import { isDeepStrictEqual } from 'node:util'
import type {
  CampaignRecipients,
  CampaignState,
  ChangedField,
  SyncedContent,
} from '../../entities/campaign.ts'
import type { Em } from '../../entities/index.ts'
import {
  type CampaignPatch,
  type CampaignRow,
  contentOf,
  lockCampaign,
  patchCampaign,
} from './campaign-row.ts'
import type { Cause, NewCampaignEvent } from './events.ts'
import { type Merge, merge, type TwinStage, winnerOf } from './merge.ts'
import { checkMove } from './transitions.ts'

/** A campaign's counterpart at Mailchimp, in our terms. */
export interface Twin {
  mailchimpId: string
  content: SyncedContent
  /** Whom it goes to. */
  recipients: CampaignRecipients
  stage: TwinStage
  /** What it would be here. */
  state: CampaignState
  sentAt: Date | null
}

/** What both sides are to become, and the state that follows for ours. */
export interface Meeting extends Merge {
  state: CampaignState
  /** Which side's audience is taken over by the other; undefined when they agree. */
  audience: 'PUSH' | 'PULL' | undefined
  /** What of Mailchimp's recipients is new to us. */
  news: ChangedField[]
}

/**
 * Compares a campaign with its twin. Pure. A cancelled campaign is not merged: whatever Mailchimp holds, it is only to be
 * stopped there, unless it is too late for that.
 */
function compare(campaign: CampaignRow, twin: Twin): Meeting {
  const ours = contentOf(campaign)
  if (campaign.state === 'CANCELLED' && twin.stage !== 'SENT') {
    const push: Merge['push'] = twin.content.scheduledAt ? ['scheduledAt'] : []
    return { merged: ours, pull: [], push, conflicts: [], state: 'CANCELLED', audience: undefined, news: [] }
  }
  const merged = merge(campaign.syncedContent ?? null, ours, twin.content, twin.stage)
  const state = stateAfter(campaign, twin, merged)
  return { ...merged, state, audience: audienceAfter(campaign, twin), news: newsOf(campaign, twin) }
}

/**
 * The audience, by the rules of the merge. One that was chosen here leaves for Mailchimp only when it was changed here since
 * Mailchimp's recipients were last read: another audience drops the segment.
 */
function audienceAfter(campaign: CampaignRow, { recipients, stage }: Twin): Meeting['audience'] {
  const { audienceId: ours } = campaign
  const theirs = recipients.audienceId
  if (!ours || !theirs || ours === theirs) return undefined
  const winner = winnerOf(campaign.recipients?.audienceId ?? theirs, ours, theirs, stage)
  return winner === 'OURS' ? 'PUSH' : 'PULL'
}

function newsOf({ recipients: known }: CampaignRow, { recipients: { audienceId, segment } }: Twin) {
  const news: ChangedField[] = []
  if (known && known.audienceId !== audienceId) news.push('audienceId')
  if (!isDeepStrictEqual(known?.segment ?? null, segment)) news.push('segment')
  return news
}

/** What has happened is told by Mailchimp; until it sends, the agreed time alone tells a draft from a scheduled one. */
function stateAfter(campaign: CampaignRow, twin: Twin, { merged }: Merge): CampaignState {
  if (twin.stage === 'SENT') return twin.state
  if (merged.scheduledAt) return 'SCHEDULED'
  if (twin.state === 'PAUSED') return 'PAUSED'
  return campaign.state === 'FAILED' ? 'FAILED' : 'DRAFT'
}

/** Whether there is nothing to do on either side. */
export function isInStep(campaign: CampaignRow, twin: Twin): boolean {
  const { pull, push, conflicts, state, audience, news } = compare(campaign, twin)
  const idle = pull.length + push.length + conflicts.length + news.length === 0 && !audience
  return idle && state === campaign.state && Boolean(campaign.syncedAt) && !campaign.createStartedAt
}

/**
 * Takes over what Mailchimp holds, and notes it as the base of what we still have to tell it. Compares anew under the
 * row's lock, so that an edit made meanwhile is not lost.
 * @returns the campaign as it is then, and what is to be told to Mailchimp; undefined when the campaign is gone
 * @throws InvalidTransitionError
 */
export async function takeOver(
  em: Em,
  workspaceId: string,
  campaignId: string,
  twin: Twin,
  cause: Cause,
): Promise<{ campaign: CampaignRow; meeting: Meeting } | undefined> {
  const campaign = await lockCampaign(em, workspaceId, campaignId)
  if (!campaign) return undefined
  const meeting = compare(campaign, twin)
  if (meeting.state !== campaign.state) checkMove(campaign.state, meeting.state, 'MAILCHIMP')
  const patch: CampaignPatch = {
    ...pulled(meeting),
    ...(meeting.state !== campaign.state && { state: meeting.state, reason: null }),
    ...(twin.sentAt && campaign.sentAt?.getTime() !== twin.sentAt.getTime() && { sentAt: twin.sentAt }),
    ...(meeting.audience === 'PULL' && { audienceId: twin.recipients.audienceId }),
    recipients: twin.recipients,
    syncedContent: twin.content,
  }
  return { campaign: await patchCampaign(em, campaign, patch, eventsOf(campaign, meeting), cause), meeting }
}

function pulled({ pull, merged }: Meeting): CampaignPatch {
  const values = Object.fromEntries(pull.map((field) => [field, merged[field]]))
  const at = merged.scheduledAt
  return pull.includes('scheduledAt') ? { ...values, scheduledAt: at ? new Date(at) : null } : values
}

function eventsOf(campaign: CampaignRow, { pull, conflicts, state, news }: Meeting): NewCampaignEvent[] {
  const events: NewCampaignEvent[] = []
  for (const [winner, group] of Map.groupBy(conflicts, (conflict) => conflict.winner))
    events.push({ type: 'CONFLICT', detail: { fields: group.map(({ field }) => field), winner } })
  const fields = [...pull, ...news]
  if (fields.length > 0) events.push({ type: 'PULLED', detail: { fields } })
  if (state !== campaign.state)
    events.push({ type: 'STATE_CHANGED', detail: { from: campaign.state, to: state } })
  return events
}
