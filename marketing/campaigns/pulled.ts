import { UniqueConstraintViolationException } from '@mikro-orm/core'
import { Campaign } from '../../entities/campaign.ts'
import type { Em } from '../../entities/index.ts'
import type { CampaignRow } from './campaign-row.ts'
import { emptyCampaign } from './changes.ts'
import { appendCampaignEvents, type Cause } from './events.ts'
import type { Twin } from './twin.ts'

/** Takes in a campaign that was made at Mailchimp. Undefined when another job did so meanwhile. */
export async function insertPulled(
  em: Em,
  workspaceId: string,
  twin: Twin & { audienceId: string | null },
  cause: Cause,
): Promise<CampaignRow | undefined> {
  const now = new Date()
  const { mailchimpId, content, recipients, state, sentAt, audienceId } = twin
  const campaign: CampaignRow = {
    ...emptyCampaign(workspaceId, now),
    ...content,
    scheduledAt: content.scheduledAt ? new Date(content.scheduledAt) : null,
    state,
    sentAt,
    audienceId,
    recipients,
    mailchimpId,
    syncedContent: content,
    syncedAt: now,
  }
  try {
    await em.insert(Campaign, campaign)
  } catch (error) {
    if (error instanceof UniqueConstraintViolationException) return undefined
    throw error
  }
  await appendCampaignEvents(em, campaign.id, [{ type: 'CREATED' }, { type: 'PULLED' }], cause)
  return { ...campaign, lastEventSeq: 2 }
}
