import { z } from 'zod'
import { Campaign } from '../entities/campaign.ts'
import type { Em } from '../entities/index.ts'
import type { JobContext } from '../ledger/definition.ts'
import { NotFoundError } from '../ledger/errors.ts'
import type { CampaignRow } from '../marketing/campaigns/campaign-row.ts'
import { takeReport } from '../marketing/campaigns/report.ts'
import { nextReportAt } from '../marketing/campaigns/report-times.ts'
import type { Services } from '../runtime/services.ts'
import { defineJob } from './define-job.ts'

type Outcome = 'GREW' | 'UNCHANGED' | 'NO_REPORT' | 'GONE'

/**
 * Reads what came of a campaign that was sent into statistics, and enqueues the next reading. The chain of readings ends
 * two weeks after the campaign was sent; where it broke, the next `campaign.sync` takes it up again.
 */
export const campaignReport = defineJob<{ campaignId: string }, never, { outcome: Outcome }>({
  name: 'campaign.report',
  description: 'Reads the report of a campaign that was sent into statistics.',
  input: z.strictObject({ campaignId: z.string().describe('Id of the campaign') }),
  app: 'campaign.sync',
  attempts: 6,
  backoff: { type: 'exponential', delay: 5_000, jitter: 0.3 },
  concurrency: 2,
  subject: ({ campaignId }) => ({ campaignId }),
  async run({ campaignId }, context) {
    const { em, job, signal } = context
    const where = { id: campaignId, workspaceId: job.workspaceId }
    const campaign: CampaignRow | null = await em.findOne(Campaign, where, { disableIdentityMap: true })
    if (!campaign) throw new NotFoundError(campaignId)
    if (!campaign.mailchimpId || !campaign.sentAt) return { outcome: 'GONE' }
    const { mailchimp } = await context.services.accounts(job.workspaceId)
    const readAt = new Date()
    const cause = { jobId: job.id, correlationId: job.correlationId }
    const totals = await mailchimp.report(campaign.mailchimpId, { signal, correlationId: job.correlationId })
    const grew = await context.transaction(async (tx) => {
      const changed = totals && (await takeReport(tx, job.workspaceId, campaignId, { totals, readAt }, cause))
      await enqueueNext(context.enqueue, tx, campaign, readAt)
      return changed
    })
    if (!totals) return { outcome: 'NO_REPORT' }
    return { outcome: grew ? 'GREW' : 'UNCHANGED' }
  },
})

type Enqueue = JobContext<never, Services>['enqueue']

/** Lets a campaign's report be read: at once if it never was, and at the next time that is due. */
export async function enqueueReport(
  enqueue: Enqueue,
  em: Em,
  campaign: CampaignRow,
  now: Date,
): Promise<void> {
  const idempotencyKey = `report:${campaign.id}:first`
  if (!campaign.report) await enqueue(em, campaignReport, { campaignId: campaign.id }, { idempotencyKey })
  await enqueueNext(enqueue, em, campaign, now)
}

/** Keyed by its time, so that it is enqueued once, whoever asks. */
async function enqueueNext(enqueue: Enqueue, em: Em, { id, sentAt }: CampaignRow, now: Date): Promise<void> {
  const runAt = sentAt && nextReportAt(sentAt, now)
  if (!runAt) return
  const idempotencyKey = `report:${id}:${runAt.toISOString()}`
  await enqueue(em, campaignReport, { campaignId: id }, { runAt, idempotencyKey })
}
