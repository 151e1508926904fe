import type { ContactVendor } from '../../entities/contact.ts'
import type { Em } from '../../entities/index.ts'
import { Lead } from '../../entities/lead.ts'
import type { Channel } from '../../entities/message.ts'
import type { JobContext } from '../../ledger/definition.ts'
import type { Services } from '../../runtime/services.ts'
import type { LeadRow } from '../lead-row.ts'
import { activeSuppressions } from '../suppression.ts'
import { asksToConfirm } from './asks-to-confirm.ts'
import { type ContactRow, isHeldByAnother, releaseContact, takeContact } from './contact-row.ts'
import { ContactInHand, type Outcome } from './outcome.ts'
import { syncAudience } from './sync-audience.ts'
import { syncCrm } from './sync-crm.ts'
import { type Wish, wishOf } from './wish.ts'

/** The vendors that keep contacts, by what they are for. */
export type ContactRole = 'mailchimp' | 'crm'

export type SyncContext = Pick<
  JobContext<unknown, Services>,
  'em' | 'job' | 'signal' | 'transaction' | 'services'
>

/** What bringing a vendor up to date came to, to be written by `recordSync`. */
export interface Synced extends Outcome {
  role: ContactRole
  vendor: ContactVendor
  lead: LeadRow
  /** The contact as it was when we began. */
  before: ContactRow
}

/**
 * Brings one vendor up to date with a lead.
 * 1. Take the contact in hand: one job at a time writes to a vendor about a lead.
 * 2. Read the lead only then, so that whatever changed before is brought along.
 * 3. Write what differs. `recordSync` notes it and lets go; when this throws, it has let go itself.
 * @returns undefined when the lead is gone
 * @throws ContactInHand, AddressHeld, VendorError
 */
export async function syncContact(
  context: SyncContext,
  leadId: string,
  role: ContactRole,
): Promise<Synced | undefined> {
  const { job, services, transaction } = context
  const accounts = await services.accounts(job.workspaceId)
  const vendor = role === 'crm' ? accounts.crm.vendor : role
  const key = { leadId, vendor, workspaceId: job.workspaceId }
  const contact = await transaction((em) => takeContact(em, key, job.id, new Date()))
  if (!contact && (await readLead(context, leadId))) throw new ContactInHand()
  const release = () => transaction((em) => releaseContact(em, key, job.id))
  try {
    const lead = contact && (await readLead(context, leadId))
    if (!lead) return await release().then(() => undefined)
    const outcome = await refusable(() => work(context, lead, contact, role))
    return { ...outcome, role, vendor, lead, before: contact }
  } catch (error) {
    await release()
    throw error
  }
}

async function readLead({ em, job }: SyncContext, id: string): Promise<LeadRow | undefined> {
  const where = { id, workspaceId: job.workspaceId, erasedAt: null }
  return (await em.findOne(Lead, where, { disableIdentityMap: true })) ?? undefined
}

async function work(
  context: SyncContext,
  lead: LeadRow,
  contact: ContactRow,
  role: ContactRole,
): Promise<Outcome> {
  const { em, job, signal, services } = context
  const call = { signal, correlationId: job.correlationId, priority: job.priority }
  const email = await wishOn(em, lead, 'EMAIL')
  const common = { lead, contact, call }
  if (role === 'mailchimp') {
    const { mailchimp } = await services.accounts(job.workspaceId)
    return syncAudience({
      ...common,
      wish: email,
      mailchimp,
      asksToConfirm: () => asksToConfirm(mailchimp, call),
      isHeldByAnother: (address) => isHeldByAnother(em, contact, { address }),
    })
  }
  const { crm } = await services.accounts(job.workspaceId)
  const wishes = { email, whatsapp: await wishOn(em, lead, 'WHATSAPP') }
  return syncCrm({ ...common, wishes, crm, isHeldByAnother: (by) => isHeldByAnother(em, contact, by) })
}

/** What a lead wants on a channel, by consent and suppressions together. */
async function wishOn(em: Em, lead: LeadRow, channel: Channel): Promise<Wish> {
  const isEmail = channel === 'EMAIL'
  const address = isEmail ? lead.email : lead.phone
  const suppressions = address ? await activeSuppressions(em, lead.workspaceId, channel, address) : []
  const said = isEmail
    ? { consent: lead.emailConsent, consentAt: lead.emailConsentAt ?? null }
    : { consent: lead.whatsappConsent, consentAt: lead.whatsappConsentAt ?? null }
  return wishOf(said, suppressions)
}

/** A person the vendor does not take is an outcome, not a failure of the job. */
async function refusable(bring: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await bring()
  } catch (error) {
    const { recipientRefused, code } = error as { recipientRefused?: boolean; code?: string }
    if (!recipientRefused) throw error
    return { outcome: 'REFUSED', reason: code ?? 'REFUSED', changed: [] }
  }
}
