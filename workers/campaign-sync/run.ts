import type { SyncScope } from '../../entities/campaign-sync.ts'
import type { CallContext } from '../../integrations/client.ts'
import type { Mailchimp } from '../../integrations/mailchimp/verbs.ts'
import type { JobContext } from '../../ledger/definition.ts'
import type { Cause } from '../../marketing/campaigns/events.ts'
import type { SyncRow } from '../../marketing/campaigns/sync-report.ts'
import type { Services } from '../../runtime/services.ts'

export const phases = ['CAMPAIGNS', 'NEW_CAMPAIGNS', 'AUDIENCE', 'CONSENT'] as const

export interface SyncInput {
  scope: SyncScope
  campaignId?: string | undefined
  whenConnected?: boolean | undefined
}

export interface SyncProgress {
  done: number
  total: number
  phase: (typeof phases)[number]
}

export type SyncContext = Pick<
  JobContext<SyncProgress, Services>,
  'em' | 'signal' | 'services' | 'job' | 'transaction' | 'enqueue' | 'progress' | 'say' | 'step'
>

/** What everything in this folder works with: one attempt of one `campaign.sync`. */
export interface Run {
  context: SyncContext
  mailchimp: Mailchimp
  sync: SyncRow
  cause: Cause
  call: CallContext
  /** The audience of the workspace; asked for once. */
  ownAudience(): Promise<string>
  /** Campaigns that have to wait for the job's next attempt, by subject, and why. */
  postponed: Map<string, unknown>
}

/** What is needed to begin an attempt. */
export async function openRun(context: SyncContext, sync: SyncRow): Promise<Run> {
  const { job, signal, services } = context
  const { mailchimp } = await services.accounts(job.workspaceId)
  const call = { signal, correlationId: job.correlationId }
  let audience: Promise<string> | undefined
  return {
    context,
    mailchimp,
    sync,
    call,
    cause: { jobId: job.id, correlationId: job.correlationId },
    ownAudience() {
      audience ??= mailchimp.audience(call).then(({ id }) => id)
      return audience
    },
    postponed: new Map(),
  }
}
