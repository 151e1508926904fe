import { z } from 'zod'
import type { Em } from '../../entities/index.ts'
import { marks } from '../../entities/sql.ts'
import type { JobSpec } from '../../ledger/definition.ts'
import { enqueueIn } from '../../ledger/enqueue.ts'

/** What `contact.sync` is as a job; what it does is in workers/contact.sync.ts. */
export const contactSyncJob = {
  name: 'contact.sync',
  description: 'Brings the Mailchimp audience and the CRM up to date with a lead that has changed.',
  input: z.strictObject({ leadId: z.string().describe('Id of the lead') }),
  app: 'lead.created',
  attempts: 10,
  backoff: { type: 'exponential', delay: 2_000, jitter: 0.5 },
  timeoutMs: 60_000,
  concurrency: 10,
  subject: ({ leadId }: { leadId: string }) => ({ leadId }),
} as const satisfies JobSpec<{ leadId: string }>

/** Changes that follow each other so soon reach the vendors together. */
const settleMs = 1_000

interface ChangedLeads {
  workspaceId: string
  leadIds: readonly string[]
  correlationId: string
}

/**
 * Lets changes of leads reach the vendors: enqueues `contact.sync` in the transaction of the change. A job that has not
 * begun brings this change along, too, as it reads the lead when it runs; its row is locked until the commit, so that it
 * cannot begin before. Whoever changes what vendors hold of a lead calls this, with the lead's row locked.
 */
export async function requestContactSync(
  em: Em,
  { workspaceId, leadIds, correlationId }: ChangedLeads,
): Promise<void> {
  if (leadIds.length === 0) return
  const waiting = await leadsWithWaitingJob(em, leadIds)
  const actor = { workspaceId, correlationId }
  const runAt = new Date(Date.now() + settleMs)
  const requests = [...new Set(leadIds)]
    .filter((leadId) => !waiting.has(leadId))
    .map((leadId) => ({ definition: contactSyncJob, input: { leadId }, actor, runAt }))
  await enqueueIn(em, [contactSyncJob], requests)
}

async function leadsWithWaitingJob(em: Em, leadIds: readonly string[]): Promise<Set<string>> {
  const scheduled = await em.execute<{ id: string }[]>(
    `select id from job where lead_id in ${marks(leadIds)} and name = ? and state = 'SCHEDULED' order by id`,
    [...leadIds, contactSyncJob.name],
  )
  if (scheduled.length === 0) return new Set()
  const ids = scheduled.map(({ id }) => id)
  const locked = await em.execute<{ leadId: string }[]>(
    `select lead_id as leadId from job where id in ${marks(ids)} and state = 'SCHEDULED' for update`,
    ids,
  )
  return new Set(locked.map(({ leadId }) => leadId))
}
