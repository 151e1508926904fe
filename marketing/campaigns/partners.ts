import { Campaign } from '../../entities/campaign.ts'
import type { Em } from '../../entities/index.ts'
import type { CampaignRow } from './campaign-row.ts'

/** Which campaign of ours belongs to which at Mailchimp. */

interface Marked {
  mailchimpId: string
  /** The id of ours that its title carries. */
  campaignId: string | undefined
}

/**
 * Our campaigns by their ids at Mailchimp. Those that are tied to one count first; else the id in the title, as long as
 * that campaign is not tied to another one.
 */
export async function findPartners(
  em: Em,
  workspaceId: string,
  marked: readonly Marked[],
): Promise<Map<string, CampaignRow>> {
  const ids = marked.flatMap(({ campaignId }) => campaignId ?? [])
  const either = [
    { mailchimpId: { $in: marked.map(({ mailchimpId }) => mailchimpId) } },
    { id: { $in: ids }, mailchimpId: null },
  ]
  const rows: CampaignRow[] = await em.find(
    Campaign,
    { workspaceId, $or: either },
    { disableIdentityMap: true },
  )
  const partners = new Map<string, CampaignRow>()
  for (const row of rows) if (row.mailchimpId) partners.set(row.mailchimpId, row)
  const free = new Map(rows.filter((row) => !row.mailchimpId).map((row) => [row.id, row]))
  for (const { mailchimpId, campaignId } of marked) {
    const row = free.get(campaignId ?? '')
    if (!row || partners.has(mailchimpId)) continue
    partners.set(mailchimpId, row)
    free.delete(row.id)
  }
  return partners
}

interface Untouched {
  workspaceId: string
  syncId: string
  /** Id of the last campaign of the page before. */
  after: string
}

const pageSize = 50

/** Campaigns of ours that a run has nothing to say about yet, by id. */
export async function findUntouched(
  em: Em,
  { workspaceId, syncId, after }: Untouched,
): Promise<CampaignRow[]> {
  const found = await em.execute<{ id: string }[]>(
    `select c.id from campaign c
     left join campaign_sync_item i on i.sync_id = ? and i.subject = c.id and i.done
     where c.workspace_id = ? and c.id > ? and i.subject is null order by c.id limit ${pageSize}`,
    [syncId, workspaceId, after],
  )
  if (found.length === 0) return []
  const ids = found.map(({ id }) => id)
  const order = { orderBy: { id: 'asc' }, disableIdentityMap: true } as const
  return em.find(Campaign, { id: { $in: ids } }, order)
}
