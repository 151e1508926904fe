import type { RemoteCampaign } from '../../integrations/mailchimp/verbs.ts'
import { type CampaignRow, contentOf } from '../../marketing/campaigns/campaign-row.ts'
import { beginCreation, endCreation, linkTwin } from '../../marketing/campaigns/handling.ts'
import { noteItem } from '../../marketing/campaigns/sync-report.ts'
import { idInTitle } from '../../marketing/campaigns/title.ts'
import { isUnknown, NotYet } from './failures.ts'
import type { Run } from './run.ts'
import { settingsOf } from './twin-of.ts'

/**
 * Creates a campaign at Mailchimp, once, although Mailchimp takes no idempotency key:
 * 1. If a creation was begun before, it is looked for by our id in the title. Found: it is tied to ours.
 * 2. Not found, and begun a short while ago: it may still be on its way, so the campaign waits.
 * 3. The beginning is noted before the request leaves; of two jobs that try, one gets it.
 * 4. An answer that is lost is looked for at once; the next attempt does it again.
 */
export async function createTwin(run: Run, campaign: CampaignRow): Promise<RemoteCampaign> {
  const begun = campaign.createStartedAt ?? null
  if (begun) {
    const found = await findTwin(run, campaign, begun)
    if (found) return adoptTwin(run, campaign, found)
    waitUntilSettled(run, begun)
  }
  const audienceId = campaign.audienceId ?? (await run.ownAudience())
  const noted = await run.context.transaction((em) => beginCreation(em, campaign, begun))
  if (!noted) throw new NotYet('IN_HAND', 1_000)
  return adoptTwin(run, noted, await create(run, noted, audienceId))
}

/** Longer than Mailchimp's answer usually takes; not cut off by a shutdown, as the answer would be lost. */
const createMs = 15_000

async function create(run: Run, campaign: CampaignRow, audienceId: string): Promise<RemoteCampaign> {
  const { mailchimp, context, call } = run
  const settings = { ...settingsOf(campaign, contentOf(campaign)), audienceId }
  context.signal.throwIfAborted()
  try {
    return await mailchimp.createCampaign(settings, { ...call, signal: AbortSignal.timeout(createMs) })
  } catch (error) {
    if (!isLost(error)) {
      await context.transaction((em) => endCreation(em, campaign))
      throw error
    }
    const found = await findTwin(run, campaign, campaign.createStartedAt!)
    if (found) return found
    throw Object.assign(error as Error, {
      retryAfterMs: run.context.services.campaigns.settleSeconds * 1_000,
    })
  }
}

/** Errors without a class are those of our own time limit. */
const isLost = (error: unknown) => isUnknown(error) || !('errorClass' in (error as object))

function waitUntilSettled({ context }: Run, begun: Date): void {
  const left = begun.getTime() + context.services.campaigns.settleSeconds * 1_000 - Date.now()
  if (left > 0) throw new NotYet('CREATION_UNSETTLED', left)
}

/** Clocks differ; a search looks back a little further. */
const skewMs = 600_000
const pageSize = 200

/** By the id in the title, so that a change of name, here or there, does not hide it. */
async function findTwin(run: Run, { id }: CampaignRow, begun: Date): Promise<RemoteCampaign | undefined> {
  const createdSince = new Date(begun.getTime() - skewMs)
  for (let offset = 0; ; ) {
    const page = await run.mailchimp.campaignPage({ offset, count: pageSize, createdSince }, run.call)
    const found = page.campaigns.find(({ title }) => idInTitle(title) === id)
    if (found) return found
    offset += page.campaigns.length
    if (page.campaigns.length === 0 || offset >= page.total) return undefined
  }
}

/** Ties it to ours and reports it as created, in one transaction. */
export async function adoptTwin(
  { context, sync, cause }: Run,
  campaign: CampaignRow,
  remote: RemoteCampaign,
): Promise<RemoteCampaign> {
  await context.transaction(async (em) => {
    await linkTwin(em, campaign, remote.id, cause)
    await noteItem(em, sync.id, {
      subject: campaign.id,
      campaignId: campaign.id,
      mailchimpId: remote.id,
      outcome: 'CREATED',
      direction: 'PUSH',
    })
  })
  return remote
}
