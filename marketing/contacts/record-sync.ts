import { LockMode } from '@mikro-orm/core'
import { Contact } from '../../entities/contact.ts'
import type { Em } from '../../entities/index.ts'
import type { LeadEventDetail, LeadEventType } from '../../entities/lead-event.ts'
import { appendFacts } from '../facts.ts'
import { appendLeadEvents } from '../lead-events.ts'
import { skippedFact, syncedFact } from '../step-metrics.ts'
import { resubscribe, suppress } from '../suppression.ts'
import type { ContactRow } from './contact-row.ts'
import { requestContactSync } from './request-sync.ts'
import type { ContactRole, Synced } from './sync-contact.ts'
import { unsureOf } from './vendor-report.ts'

interface Cause {
  jobId: string
  correlationId: string
}

const channelOf = { mailchimp: 'EMAIL', crm: 'CRM' } as const
const syncedType = { mailchimp: 'MAILCHIMP_SYNCED', crm: 'CRM_SYNCED' } as const satisfies Record<
  ContactRole,
  LeadEventType
>

/**
 * Notes in the caller's transaction what `syncContact` came to: what the vendor holds now, the lead's timeline, and a wish
 * the vendor knew of before us. Lets go of the contact.
 */
export async function recordSync(em: Em, synced: Synced, cause: Cause): Promise<void> {
  const { lead, vendor, externalId, memberId } = synced
  // The lead's row comes first, as it does for whoever applies a webhook.
  await em.execute('select id from `lead` where id = ? for update', [lead.id])
  const where = { leadId: lead.id, vendor }
  const options = { lockMode: LockMode.PESSIMISTIC_WRITE, disableIdentityMap: true } as const
  const contact = await em.findOne(Contact, where, options)
  // A lead that was erased meanwhile has none any more.
  if (!contact) return
  const changes = after(synced, contact)
  if (changes.externalId !== undefined || memberId !== undefined)
    await writeExternalId(em, lead.id, vendor, memberId ?? externalId)
  await tell(em, synced, contact, cause)
  await em.nativeUpdate(Contact, where, {
    ...changes,
    ...(contact.syncingBy === cause.jobId && { syncingBy: null, syncingUntil: null }),
  })
  await adopt(em, synced, cause)
}

async function writeExternalId(
  em: Em,
  leadId: string,
  vendor: string,
  id: string | null | undefined,
): Promise<void> {
  if (id === undefined) return
  const [set, values] =
    id === null ? ['json_remove(external_ids, ?)', []] : ['json_set(external_ids, ?, ?)', [id]]
  await em.execute(`update \`lead\` set external_ids = ${set} where id = ? and erased_at is null`, [
    `$.${vendor}`,
    ...values,
    leadId,
  ])
}

function after(synced: Synced, row: ContactRow): Partial<ContactRow> {
  const { outcome, held, address, externalId, changed, reason, before } = synced
  const own = {
    ...(changed.length > 0 && { writtenAt: new Date() }),
    refusal: outcome === 'REFUSED' ? reason! : isRefusedYet(synced, row) ? row.refusal : null,
  }
  if ((row.held.reports ?? 0) === (before.held.reports ?? 0))
    return {
      ...own,
      ...(held && { held: { ...held, ...(row.held.reports && { reports: row.held.reports }) } }),
      ...(externalId !== undefined && { externalId }),
      ...(address !== undefined && { address }),
    }
  // The vendor reported something while we wrote; which came first is not known, and the next sync finds out.
  const relinked = row.externalId !== before.externalId || row.held.gone
  const now = held ? { ...held, reports: row.held.reports } : row.held
  return {
    ...own,
    ...(!relinked && externalId !== undefined && { externalId }),
    ...(!relinked && { held: unsureOf(now), address: null }),
  }
}

/** A refusal stands until the vendor takes the person, or the person wants something else. */
function isRefusedYet({ outcome, held }: Synced, row: ContactRow): boolean {
  return outcome === 'SKIPPED' || (held ?? row.held).refusedWishAt !== undefined
}

async function tell(em: Em, synced: Synced, before: ContactRow, cause: Cause): Promise<void> {
  const { lead, role, vendor, outcome, reason, changed, unfit } = synced
  if (outcome === 'SKIPPED') return appendFacts(em, [skippedFact(lead, channelOf[role], role, null)])
  const isNew = before.externalId === null
  const detail: LeadEventDetail = { step: role, vendor, ...(unfit?.length && { unfit: [...unfit] }) }
  const about = { leadId: lead.id, at: new Date(), ...cause }
  if (outcome === 'DONE' || (outcome === 'REFUSED' && changed.length > 0)) {
    const names = isNew ? {} : { changed }
    await appendLeadEvents(em, [{ ...about, type: syncedType[role], detail: { ...detail, ...names } }])
  }
  if (outcome === 'REFUSED' && before.refusal !== reason)
    await appendLeadEvents(em, [
      { ...about, type: 'STEP_FAILED', detail: { step: role, vendor, reason: reason! } },
    ])
  if (outcome === 'DONE') await appendFacts(em, [syncedFact(lead, channelOf[role], vendor)])
}

/** What the person said at the vendor is said here too, at the time they said it, and so reaches the other vendors. */
async function adopt(em: Em, { lead, vendor, adopted }: Synced, cause: Cause): Promise<void> {
  if (!adopted || !lead.email) return
  const { consent, reason, at } = adopted
  const { workspaceId, email: address } = lead
  const statement = { workspaceId, channel: 'EMAIL', address, at, source: vendor, ...cause } as const
  if (consent === 'DENIED') await suppress(em, statement, reason)
  else await resubscribe(em, statement)
  await requestContactSync(em, { workspaceId, leadIds: [lead.id], correlationId: cause.correlationId })
}
