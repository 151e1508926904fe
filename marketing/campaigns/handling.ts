import type { CampaignRecipients, SyncedContent, SyncedField } from '../../entities/campaign.ts'
import type { Em } from '../../entities/index.ts'
import { type CampaignRow, contentOf, lockCampaign, patchCampaign } from './campaign-row.ts'
import type { Cause, NewCampaignEvent } from './events.ts'
import { mayMove } from './transitions.ts'

/**
 * What a job notes about a campaign while it works on it at Mailchimp. Each effect there is noted before the next one, so
 * that whoever goes on after a crash knows where it was.
 */

/** Longer than any one campaign takes; after a crash the same job goes on at once, others after this time. */
const leaseMs = 300_000

/** Takes a campaign in hand for a job, so that two jobs do not work on it at once. False when another one has it. */
export async function takeCampaign(em: Em, campaignId: string, jobId: string): Promise<boolean> {
  const now = new Date()
  const { affectedRows } = await em.execute<{ affectedRows: number }>(
    `update campaign set syncing_by = ?, syncing_until = ?
     where id = ? and (syncing_by is null or syncing_by = ? or syncing_until < ?)`,
    [jobId, new Date(now.getTime() + leaseMs), campaignId, jobId, now],
    'run',
  )
  return affectedRows > 0
}

/** Lets go of it. */
export async function releaseCampaign(em: Em, campaignId: string, jobId: string): Promise<void> {
  await em.execute(
    'update campaign set syncing_by = null, syncing_until = null where id = ? and syncing_by = ?',
    [campaignId, jobId],
  )
}

/**
 * Notes that a campaign is about to be created at Mailchimp, and what with. Only for the caller who knows how the last
 * such beginning ended (`since`): of two that try at once, one gets it.
 */
export async function beginCreation(
  em: Em,
  { workspaceId, id }: CampaignRow,
  since: Date | null,
): Promise<CampaignRow | undefined> {
  const campaign = await lockCampaign(em, workspaceId, id)
  const isFree = campaign && !campaign.mailchimpId && campaign.createStartedAt?.getTime() === since?.getTime()
  if (!isFree) return undefined
  const syncedContent = { ...contentOf(campaign), html: null, scheduledAt: null }
  const noted = { createStartedAt: new Date(), syncedContent }
  await patchCampaign(em, campaign, noted, [], { correlationId: '' })
  return { ...campaign, ...noted }
}

/** Notes that nothing was created after all. */
export async function endCreation(em: Em, { id }: CampaignRow): Promise<void> {
  await em.execute('update campaign set create_started_at = null where id = ? and mailchimp_id is null', [id])
}

/** Ties a campaign to the one at Mailchimp that was created for it. */
export async function linkTwin(
  em: Em,
  { workspaceId, id }: CampaignRow,
  mailchimpId: string,
  cause: Cause,
): Promise<CampaignRow | undefined> {
  const campaign = await lockCampaign(em, workspaceId, id)
  if (!campaign || campaign.mailchimpId) return campaign
  const patch = { mailchimpId, createStartedAt: null }
  return patchCampaign(em, campaign, patch, [{ type: 'PUSHED', detail: { created: true } }], cause)
}

/** Unties it again: what was created was taken back. */
export async function unlinkTwin(em: Em, { id }: CampaignRow): Promise<void> {
  await em.execute(
    'update campaign set mailchimp_id = null, synced_content = null, synced_at = null where id = ?',
    [id],
  )
}

/**
 * Notes that Mailchimp holds these values now. `undefined` fields are those that only the base forgets: a scheduled
 * campaign that is about to be unscheduled by us must not look as if Mailchimp had done it.
 */
export async function notePushed(
  em: Em,
  { workspaceId, id }: CampaignRow,
  held: Partial<SyncedContent>,
  cause: Cause,
  tell = true,
): Promise<void> {
  const campaign = await lockCampaign(em, workspaceId, id)
  if (!campaign?.syncedContent) return
  const fields = Object.keys(held) as SyncedField[]
  const syncedContent = { ...campaign.syncedContent, ...held }
  await patchCampaign(
    em,
    campaign,
    { syncedContent },
    tell ? [{ type: 'PUSHED', detail: { fields } }] : [],
    cause,
  )
}

/** Records whom a campaign goes to at Mailchimp after we moved it to another audience. */
export async function noteRecipients(
  em: Em,
  { workspaceId, id }: CampaignRow,
  recipients: CampaignRecipients,
  cause: Cause,
): Promise<void> {
  const campaign = await lockCampaign(em, workspaceId, id)
  if (!campaign) return
  const moved: NewCampaignEvent = { type: 'PUSHED', detail: { fields: ['audienceId'] } }
  await patchCampaign(em, campaign, { recipients }, [moved], cause)
}

/** Notes that both sides are equal. */
export async function noteInStep(em: Em, { id }: CampaignRow): Promise<void> {
  await em.execute('update campaign set synced_at = ? where id = ?', [new Date(), id])
}

/**
 * Tells in a campaign's history that it could not be brought in step. One that was to be sent becomes FAILED when it
 * will not go by itself any more.
 * @param reason a code, never free text
 */
export async function noteFailure(
  em: Em,
  { workspaceId, id }: CampaignRow,
  reason: string,
  { cause, givenUp }: { cause: Cause; givenUp: boolean },
): Promise<void> {
  const campaign = await lockCampaign(em, workspaceId, id)
  if (!campaign) return
  const fails = givenUp && mayMove(campaign.state, 'FAILED', 'US')
  const patch = fails ? { state: 'FAILED' as const, scheduledAt: null, reason } : {}
  const change = { type: 'STATE_CHANGED', detail: { from: campaign.state, to: 'FAILED', reason } } as const
  const failure = { type: 'SYNC_FAILED', detail: { reason } } as const
  await patchCampaign(em, campaign, patch, fails ? [failure, change] : [failure], cause)
}

/** Takes over that somebody deleted it at Mailchimp: it is not wanted any more. */
export async function noteDeleted(em: Em, { workspaceId, id }: CampaignRow, cause: Cause): Promise<boolean> {
  const campaign = await lockCampaign(em, workspaceId, id)
  if (!campaign || !mayMove(campaign.state, 'CANCELLED', 'MAILCHIMP')) return false
  const reason = 'DELETED_AT_MAILCHIMP'
  const detail = { from: campaign.state, to: 'CANCELLED', reason } as const
  const patch = { state: 'CANCELLED', scheduledAt: null, reason } as const
  await patchCampaign(em, campaign, patch, [{ type: 'STATE_CHANGED', detail }], cause)
  return true
}
