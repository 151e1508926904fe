import type { Em } from '../entities/index.ts'
import type { JobContext } from '../ledger/definition.ts'
import { recordSync } from '../marketing/contacts/record-sync.ts'
import { contactSyncJob } from '../marketing/contacts/request-sync.ts'
import { type ContactRole, syncContact } from '../marketing/contacts/sync-contact.ts'
import { appendLeadEvents } from '../marketing/lead-events.ts'
import type { Services } from '../runtime/services.ts'
import { isConnected } from './connected.ts'
import { defineJob } from './define-job.ts'
import { throwWorst } from './worst-error.ts'

type Context = JobContext<never, Services>
type Result = Record<ContactRole, string> | { leadGone: true }

const roles = ['mailchimp', 'crm'] as const

/**
 * Brings the audience and the CRM up to date with a lead that has changed, side by side, so that one that is down does not
 * hold up the other. What a vendor holds already is not written again, so a repeat is cheap and harmless.
 */
export const contactSync = defineJob<{ leadId: string }, never, Result>({
  ...contactSyncJob,
  async run({ leadId }, context) {
    const ends = await Promise.allSettled(roles.map((role) => bring(context, leadId, role)))
    throwWorst(ends)
    const outcomes = ends.map((end) => (end as PromiseFulfilledResult<string | undefined>).value)
    if (outcomes.some((outcome) => outcome === undefined)) return { leadGone: true }
    return Object.fromEntries(roles.map((role, index) => [role, outcomes[index]])) as Result
  },
  async onDead(em, { id, input: { leadId }, correlationId, errorClass, errorCode, errorMessage }) {
    const [vendor] = /^(mailchimp|hubspot|twenty)(?= )/.exec(errorMessage) ?? []
    const step = vendor === 'mailchimp' ? vendor : 'crm'
    const detail = { reason: errorCode ?? errorClass, ...(vendor && { vendor, step }) }
    const about = { leadId, at: new Date(), jobId: id, correlationId }
    await appendLeadEvents(em, [{ ...about, type: 'STEP_FAILED', detail }])
  },
})

async function bring(context: Context, leadId: string, role: ContactRole): Promise<string | undefined> {
  const { em, job, transaction } = context
  if (!(await isConnected(context, role))) return 'NOT_CONNECTED'
  if (await isCreationAhead(em, leadId, role)) return 'CREATION_AHEAD'
  const cause = { jobId: job.id, correlationId: job.correlationId }
  const synced = await syncContact(context, leadId, role)
  if (synced) await transaction((within) => recordSync(within, synced, cause))
  return synced?.outcome
}

/** The lead's own `lead.created` puts it in yet, as it is then. It does not begin while we have the contact in hand. */
async function isCreationAhead(em: Em, leadId: string, role: ContactRole): Promise<boolean> {
  const rows = await em.execute<unknown[]>(
    `select 1 from job j where j.lead_id = ? and j.name = 'lead.created'
       and j.state not in ('COMPLETED', 'DEAD', 'CANCELLED')
       and not exists (select 1 from job_step s where s.job_id = j.id and s.name = ?)
       and not exists (select 1 from contact c where c.lead_id = j.lead_id and c.external_id is not null
         and if(c.vendor = 'mailchimp', 'mailchimp', 'crm') = ?) limit 1`,
    [leadId, role, role],
  )
  return rows.length > 0
}
