import type { CampaignState, SyncedContent } from '../../entities/campaign.ts'
import type {
  CampaignSettings,
  RemoteCampaign,
  RemoteCampaignStatus,
} from '../../integrations/mailchimp/verbs.ts'
import type { CampaignRow } from '../../marketing/campaigns/campaign-row.ts'
import { contentOf } from '../../marketing/campaigns/campaign-row.ts'
import type { TwinStage } from '../../marketing/campaigns/merge.ts'
import { nameInTitle, titleOf } from '../../marketing/campaigns/title.ts'
import type { Twin } from '../../marketing/campaigns/twin.ts'

/** Mailchimp's campaigns in our terms, and ours in Mailchimp's. */

/** Where a campaign is there, here; and whether it can still be edited there. */
const meanings: Record<RemoteCampaignStatus, { state: CampaignState; stage: TwinStage }> = {
  save: { state: 'DRAFT', stage: 'DRAFT' },
  paused: { state: 'PAUSED', stage: 'DRAFT' },
  schedule: { state: 'SCHEDULED', stage: 'SCHEDULED' },
  sending: { state: 'SENDING', stage: 'SENT' },
  sent: { state: 'SENT', stage: 'SENT' },
  canceling: { state: 'CANCELLED', stage: 'SENT' },
  canceled: { state: 'CANCELLED', stage: 'SENT' },
  archived: { state: 'SENT', stage: 'SENT' },
}

/** The lengths of our columns: what is longer there is kept, compared and shown cut off. */
const lengths = { name: 200, subject: 150, previewText: 150, fromName: 100, replyTo: 254 } as const

const text = (value: string, field: keyof typeof lengths) => value.slice(0, lengths[field]) || null

/**
 * The counterpart of a campaign of ours.
 * @param html what it holds; undefined when it was not read because it cannot have changed
 * @param ours undefined for a campaign we do not know yet
 */
export function twinOf(
  remote: RemoteCampaign,
  html: string | undefined,
  ours: CampaignRow | undefined,
): Twin {
  const { state, stage } = meanings[remote.status]
  const known = ours && contentOf(ours)
  const content: SyncedContent = {
    name: text(nameInTitle(remote.title), 'name') ?? known?.name ?? 'Without a title',
    subject: text(remote.subject, 'subject'),
    previewText: text(remote.previewText, 'previewText'),
    fromName: text(remote.fromName, 'fromName'),
    replyTo: text(remote.replyTo, 'replyTo'),
    html: html === undefined ? (known?.html ?? null) : html || null,
    scheduledAt: timeOf(remote, known?.scheduledAt ?? null, stage),
  }
  const sentAt = remote.status === 'sent' || remote.status === 'archived' ? remote.sendTime : null
  const recipients = { audienceId: remote.audienceId, segment: remote.segment }
  return { mailchimpId: remote.id, content, recipients, stage, state, sentAt }
}

/** From when it is being sent on, the time it was to be sent at is ours to remember. */
function timeOf({ sendTime, status }: RemoteCampaign, known: string | null, stage: TwinStage): string | null {
  if (stage === 'SENT') return known
  return status === 'schedule' ? (sendTime?.toISOString() ?? null) : null
}

/** What Mailchimp is told of a campaign, beside its content. */
export function settingsOf(
  campaign: CampaignRow,
  { name, subject, previewText, fromName, replyTo }: SyncedContent,
): Omit<CampaignSettings, 'audienceId'> {
  return {
    title: titleOf({ id: campaign.id, name }),
    subject: subject ?? '',
    previewText: previewText ?? '',
    fromName: fromName ?? '',
    replyTo: replyTo ?? '',
  }
}
