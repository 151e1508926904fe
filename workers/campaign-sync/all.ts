import { Campaign } from '../../entities/campaign.ts'
import type { RemoteCampaign } from '../../integrations/mailchimp/verbs.ts'
import { NotFoundError } from '../../ledger/errors.ts'
import type { CampaignRow } from '../../marketing/campaigns/campaign-row.ts'
import { findPartners, findUntouched } from '../../marketing/campaigns/partners.ts'
import { doneSubjects } from '../../marketing/campaigns/sync-report.ts'
import { idInTitle } from '../../marketing/campaigns/title.ts'
import { syncPair } from './one.ts'
import type { Run } from './run.ts'

/** One campaign of ours. */
export async function syncOne(run: Run, campaignId: string): Promise<void> {
  const { em, job, progress } = run.context
  const where = { id: campaignId, workspaceId: job.workspaceId }
  const campaign: CampaignRow | null = await em.findOne(Campaign, where, { disableIdentityMap: true })
  if (!campaign) throw new NotFoundError(campaignId)
  if (await isDone(run, campaign.id)) return
  await syncPair(run, { campaign, remote: undefined })
  progress({ done: 1, total: 1, phase: 'CAMPAIGNS' })
}

const isDone = async ({ context, sync }: Run, subject: string) =>
  (await doneSubjects(context.em, sync.id, [subject])).has(subject)

/** All of them: first what Mailchimp has, page by page, then those of ours that did not turn up there. */
export async function syncAll(run: Run): Promise<void> {
  await syncRemote(run)
  await syncRest(run)
}

const pageSize = 100

/** Oldest first, so that campaigns made meanwhile come at the end. What the report has is passed over. */
async function syncRemote(run: Run): Promise<void> {
  for (let offset = 0; ; ) {
    const page = await run.mailchimp.campaignPage({ offset, count: pageSize }, run.call)
    await syncPage(run, page.campaigns, (done) =>
      run.context.progress({ done: offset + done, total: page.total, phase: 'CAMPAIGNS' }),
    )
    offset += page.campaigns.length
    if (page.campaigns.length === 0 || offset >= page.total) return
  }
}

async function syncPage(run: Run, remotes: RemoteCampaign[], told: (done: number) => void): Promise<void> {
  const { context, sync } = run
  const marked = remotes.map(({ id, title }) => ({ mailchimpId: id, campaignId: idInTitle(title) }))
  const partners = await findPartners(context.em, context.job.workspaceId, marked)
  const subjectOf = ({ id }: RemoteCampaign) => partners.get(id)?.id ?? id
  const done = await doneSubjects(context.em, sync.id, remotes.map(subjectOf))
  for (const [index, remote] of remotes.entries()) {
    if (!done.has(subjectOf(remote))) await syncPair(run, { campaign: partners.get(remote.id), remote })
    told(index + 1)
  }
}

/** Ours that are not at Mailchimp, or not any more. Each page starts behind the last campaign of the one before. */
async function syncRest(run: Run): Promise<void> {
  const { context, sync } = run
  let after = ''
  for (let done = 0; ; ) {
    const rows = await findUntouched(context.em, {
      workspaceId: context.job.workspaceId,
      syncId: sync.id,
      after,
    })
    for (const campaign of rows.filter(({ id }) => !run.postponed.has(id))) {
      await syncPair(run, { campaign, remote: undefined })
      context.progress({ done: ++done, total: done, phase: 'NEW_CAMPAIGNS' })
    }
    const last = rows.at(-1)
    if (!last) return
    after = last.id
  }
}
