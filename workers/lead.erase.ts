import { z } from 'zod'
import { Lead } from '../entities/lead.ts'
import type { CallContext } from '../integrations/client.ts'
import type { JobContext } from '../ledger/definition.ts'
import { NotFoundError } from '../ledger/errors.ts'
import { eraseLeadRows } from '../marketing/erasure.ts'
import type { Services } from '../runtime/services.ts'
import { storeErasures } from './backup/erasures.ts'
import { defineJob } from './define-job.ts'

type Context = JobContext<never, Services>
type Outcome = 'ERASED' | 'SKIPPED' | 'REFUSED'

/** Another job of the lead runs: what it does would come after the erasure. */
class StillInHand extends Error {
  readonly errorClass = 'TRANSIENT'
  readonly code = 'LEAD_IN_HAND'
}

/** The mutation marks the lead, and keeps who asked for it. Without the mark this is a mistake. */
class NotMarked extends Error {
  readonly errorClass = 'PERMANENT'
  readonly code = 'NOT_MARKED'
}

/**
 * Erases a person. 1. Wait for jobs that have the lead in hand; new ones find it erased. 2. Erase at Mailchimp, as long as we
 * know the address. 3. Erase here, in one transaction with the tombstone. 4. Keep the tombstones
 * beside the backups, so that one which is restored later forgets the person again. A vendor that does not answer leaves the job to
 * be tried again and at last dead, for an operator to retry: nothing is forgotten half way.
 */
export const leadErase = defineJob<{ leadId: string }, never, { mailchimp: Outcome; crm: Outcome }>({
  name: 'lead.erase',
  description: 'Erases a lead, here and at Mailchimp, for good.',
  input: z.strictObject({ leadId: z.string().describe('Id of the lead') }),
  app: 'stats.rollup',
  attempts: 10,
  backoff: { type: 'exponential', delay: 2_000, jitter: 0.5 },
  timeoutMs: 300_000,
  concurrency: 2,
  subject: ({ leadId }) => ({ leadId }),
  async run({ leadId }, context) {
    const { job, em, signal, transaction, step, say } = context
    const lead = await em.findOne(
      Lead,
      { id: leadId, workspaceId: job.workspaceId },
      { disableIdentityMap: true },
    )
    if (!lead) throw new NotFoundError(leadId)
    if (!lead.erasedAt) throw new NotMarked('Nobody asked for this lead to be erased; use eraseLead')
    await waitForOthers(context, leadId)
    const mailchimp = await step('mailchimp', () => eraseAtMailchimp(context, lead.email))
    if (Object.keys(lead.externalIds).some((vendor) => vendor === 'hubspot' || vendor === 'twenty'))
      say('The CRM offers us no erasure: delete the contact there by hand')
    signal.throwIfAborted()
    const cause = { at: lead.erasedAt, correlationId: job.correlationId, jobId: job.id }
    await transaction((within) => eraseLeadRows(within, leadId, cause))
    await storeErasures(context).catch(unlessNoBackups)
    return { mailchimp, crm: 'SKIPPED' }
  },
})

/** Where no backups are made, none can bring the person back. */
function unlessNoBackups(error: { code?: string }): void {
  if (error.code !== 'NOT_CONFIGURED') throw error
}

/** One that is about to run may have read the lead before it was marked as erased; one for later will find the mark. */
async function waitForOthers({ em, job }: Context, leadId: string): Promise<void> {
  const running = await em.execute<unknown[]>(
    "select 1 from job where lead_id = ? and name <> ? and state in ('PENDING', 'WAITING', 'ACTIVE') limit 1",
    [leadId, job.name],
  )
  if (running.length > 0) throw new StillInHand('Another job of the lead is running')
}

async function eraseAtMailchimp(
  { services, job, signal, say }: Context,
  email: string | null | undefined,
): Promise<Outcome> {
  if (!email) return 'SKIPPED'
  const call: CallContext = { signal, correlationId: job.correlationId }
  try {
    const { mailchimp } = await services.accounts(job.workspaceId)
    await mailchimp.deleteMemberForever(email, call)
    return 'ERASED'
  } catch (error) {
    const { code, recipientRefused } = error as { code?: string; recipientRefused?: boolean }
    if (code !== 'NOT_CONNECTED' && !recipientRefused) throw error
    say(
      recipientRefused
        ? `Mailchimp refused it: ${code}`
        : 'Mailchimp is not connected: nothing to erase there',
    )
    return recipientRefused ? 'REFUSED' : 'SKIPPED'
  }
}
