import { z } from 'zod'
import { Campaign } from '../entities/campaign.ts'
import type { Em } from '../entities/index.ts'
import type { JobContext } from '../ledger/definition.ts'
import { forgetErased } from '../marketing/erasure/reports.ts'
import { applyReceipt } from '../marketing/webhooks/apply.ts'
import type { Cause } from '../marketing/webhooks/cause.ts'
import { lockReceipt, markReceipt } from '../marketing/webhooks/receipts.ts'
import type { Services } from '../runtime/services.ts'
import { campaignSync } from './campaign.sync.ts'
import { defineJob } from './define-job.ts'

type Context = JobContext<never, Services>

/** What became of the receipt. */
interface Result {
  outcome: 'APPLIED' | 'IGNORED' | 'GONE'
}

/**
 * Applies what a vendor reported. The receipt's effects and its state are one transaction, so whatever happens they are
 * applied once. What is not known here yet is waited for: about five minutes over all attempts.
 */
export const webhookReceive = defineJob<{ receiptId: string }, never, Result>({
  name: 'webhook.receive',
  description: 'Applies what a vendor reported by webhook: message states, suppressions, consent, timelines.',
  input: z.strictObject({ receiptId: z.string().describe('Id of the receipt') }),
  app: 'lead.created',
  attempts: 8,
  backoff: { type: 'exponential', delay: 2_500, jitter: 0.1 },
  concurrency: 10,
  async run({ receiptId }, context) {
    return context.transaction(async (em): Promise<Result> => {
      const receipt = await lockReceipt(em, receiptId)
      if (receipt?.workspaceId !== context.job.workspaceId) return { outcome: 'GONE' }
      if (receipt.state === 'APPLIED' || receipt.state === 'IGNORED') return { outcome: receipt.state }
      const applied = await applyReceipt(em, receipt, causeOf(context, receipt.vendor))
      const outcome = applied ? 'APPLIED' : 'IGNORED'
      await markReceipt(em, receiptId, outcome)
      await forgetErased(em, receipt)
      return { outcome }
    })
  },
  async onDead(em, { input }) {
    const receipt = await lockReceipt(em, input.receiptId)
    if (receipt?.state === 'RECEIVED') await markReceipt(em, input.receiptId, 'FAILED')
  },
})

function causeOf(context: Context, vendor: Cause['vendor']): Cause {
  const { workspaceId, id: jobId, correlationId } = context.job
  return {
    workspaceId,
    vendor,
    jobId,
    correlationId,
    mayWait: !context.job.isLastAttempt,
    onCampaignEvent: (em, mailchimpId) => syncCampaign(em, context, mailchimpId),
    syncTemplates: (em) => context.enqueue(em, 'whatsapp.templates', { whenConnected: true }),
  }
}

/** What happened to the campaign is read from Mailchimp itself: the event tells only of its end. */
async function syncCampaign(em: Em, context: Context, mailchimpId: string): Promise<boolean> {
  const { workspaceId } = context.job
  const campaign = await em.findOne(Campaign, { workspaceId, mailchimpId }, { disableIdentityMap: true })
  if (!campaign) return false
  await context.enqueue(em, campaignSync, { scope: 'CAMPAIGN', campaignId: campaign.id })
  return true
}
