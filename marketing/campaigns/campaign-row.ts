import { LockMode } from '@mikro-orm/core'
import { Campaign, type CampaignContent, type SyncedContent } from '../../entities/campaign.ts'
import type { Em } from '../../entities/index.ts'
import type { Row } from '../../entities/row.ts'
import { appendCampaignEvents, type Cause, type NewCampaignEvent } from './events.ts'

/** A campaign as plain data. */
export type CampaignRow = Row<Campaign>

/** What a change may touch; the rest is written once or follows from the change. */
export type CampaignPatch = Partial<Omit<CampaignRow, 'id' | 'workspaceId' | 'lastEventSeq' | 'version'>>

type Comparable = Pick<CampaignRow, keyof CampaignContent | 'scheduledAt'>

/** What is compared with Mailchimp. */
export function contentOf(campaign: Comparable): SyncedContent {
  const { name, subject, previewText, fromName, replyTo, html, scheduledAt } = campaign
  return {
    name,
    subject: subject ?? null,
    previewText: previewText ?? null,
    fromName: fromName ?? null,
    replyTo: replyTo ?? null,
    html: html ?? null,
    scheduledAt: scheduledAt?.toISOString() ?? null,
  }
}

/** A campaign of a workspace, its row locked for the rest of the transaction. */
export async function lockCampaign(
  em: Em,
  workspaceId: string,
  id: string,
): Promise<CampaignRow | undefined> {
  const options = { lockMode: LockMode.PESSIMISTIC_WRITE, disableIdentityMap: true } as const
  return (await em.findOne(Campaign, { id, workspaceId }, options)) ?? undefined
}

/** A change of these is a new version, which an editor with an older one has to see first. */
const visible = [
  'name',
  'subject',
  'previewText',
  'fromName',
  'replyTo',
  'html',
  'audienceId',
  'state',
  'scheduledAt',
  'sentAt',
] as const satisfies readonly (keyof CampaignPatch)[]

/** Changes a campaign whose row is locked, and tells it in its history. @returns the row as it is then */
export async function patchCampaign(
  em: Em,
  campaign: CampaignRow,
  patch: CampaignPatch,
  events: readonly NewCampaignEvent[],
  cause: Cause,
): Promise<CampaignRow> {
  const isNewVersion = visible.some((name) => name in patch)
  const changes = {
    ...patch,
    ...(isNewVersion && { updatedAt: new Date(), version: campaign.version + 1 }),
  }
  if (Object.keys(changes).length > 0) await em.nativeUpdate(Campaign, { id: campaign.id }, changes)
  await appendCampaignEvents(em, campaign.id, events, cause)
  return { ...campaign, ...changes, lastEventSeq: campaign.lastEventSeq + events.length }
}
