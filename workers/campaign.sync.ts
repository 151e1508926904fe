import { z } from 'zod'
import { syncScopes } from '../entities/campaign-sync.ts'
import { stopReasons } from '../ledger/classify.ts'
import {
  closeSync,
  countItems,
  failSync,
  openSync,
  type SyncCounts,
} from '../marketing/campaigns/sync-report.ts'
import { syncAll, syncOne } from './campaign-sync/all.ts'
import { compareAudience } from './campaign-sync/audience.ts'
import { throwFirst } from './campaign-sync/failures.ts'
import { openRun, phases, type Run, type SyncInput, type SyncProgress } from './campaign-sync/run.ts'
import { isConnected } from './connected.ts'
import { defineJob } from './define-job.ts'

type Result = ({ syncId: string } & SyncCounts) | { skipped: 'NOT_CONNECTED' }

/**
 * Brings campaigns and Mailchimp in step, in both directions, and compares the audience with our leads.
 * docs/campaigns.md tells the rules. Each campaign is a unit of its own: what is done is in the report and is not done
 * again, what fails does not hold up the others, and between two of them the job can be cancelled.
 */
export const campaignSync = defineJob<SyncInput, SyncProgress, Result>({
  name: 'campaign.sync',
  description: 'Brings campaigns and Mailchimp in step, in both directions, and compares the audience.',
  input: z
    .strictObject({
      scope: z
        .enum(syncScopes)
        .describe('CAMPAIGN: one campaign; ALL: all of them and the audience; AUDIENCE: that alone'),
      campaignId: z.string().optional().describe('Id of the campaign, with scope CAMPAIGN'),
      whenConnected: z
        .boolean()
        .optional()
        .describe('Is done at once when the workspace has no Mailchimp account, instead of waiting for one'),
    })
    .refine(({ scope, campaignId }) => (scope === 'CAMPAIGN') === (campaignId !== undefined), {
      path: ['campaignId'],
      message: 'goes with scope CAMPAIGN and with no other',
    }),
  progress: z.object({ done: z.int(), total: z.int(), phase: z.enum(phases) }),
  attempts: 8,
  backoff: { type: 'exponential', delay: 1_000, jitter: 0.5, maxDelay: 60_000 },
  timeoutMs: 900_000,
  concurrency: 3,
  schedule: { cron: '17 * * * *', input: { scope: 'ALL', whenConnected: true } },
  mutation: { permission: 'campaigns:send' },
  subject: ({ campaignId }) => (campaignId === undefined ? {} : { campaignId }),
  async run(input, context) {
    if (input.whenConnected && !(await isConnected(context, 'mailchimp'))) return { skipped: 'NOT_CONNECTED' }
    const { id: jobId, workspaceId } = context.job
    const report = { workspaceId, jobId, scope: input.scope, campaignId: input.campaignId ?? null }
    const sync = await context.transaction((em) => openSync(em, report))
    try {
      await work(await openRun(context, sync), input)
    } catch (error) {
      const cancelled = context.signal.reason === stopReasons.cancelled
      if (cancelled) await context.transaction((em) => closeSync(em, sync.id, 'CANCELLED'))
      throw error
    }
    return context.transaction(async (em) => {
      await closeSync(em, sync.id, 'COMPLETED')
      const [counts] = await countItems(em, [sync.id])
      return { syncId: sync.id, ...counts! }
    })
  },
  onDead: (em, { id }) => failSync(em, id),
})

async function work(run: Run, { scope, campaignId }: SyncInput): Promise<void> {
  if (campaignId !== undefined) await syncOne(run, campaignId)
  if (scope === 'ALL') await syncAll(run)
  if (scope !== 'CAMPAIGN') await compareAudience(run)
  throwFirst([...run.postponed.values()])
}
