import { createHash } from 'node:crypto'
import type { FactMetric } from '../../entities/fact.ts'
import type { Em } from '../../entities/index.ts'
import type { SuppressionReason } from '../../entities/suppression.ts'
import { applyContactChange, type ContactFields } from '../contact-change.ts'
import { noteFields, noteMove, noteStatus } from '../contacts/vendor-report.ts'
import { appendFacts, attribution, sourceEvent } from '../facts.ts'
import { normaliseEmail } from '../identity.ts'
import type { LeadRow } from '../lead-row.ts'
import { resubscribe, suppress } from '../suppression.ts'
import { leadByEmail, leadOfMember } from './addresses.ts'
import { type Cause, NotKnownYet, statementOf } from './cause.ts'

/** Mailchimp's audience webhooks (https://mailchimp.com/developer/marketing/guides/sync-audience-data-webhooks/). */

/** One event, read from its form. */
interface Happening {
  cause: Cause
  type: string
  at: Date
  /** A field of `data`, e.g. `email` or `merges][FNAME`. */
  data(name: string): string
  address(name: string): string | undefined
}

type Apply = (em: Em, happening: Happening) => Promise<boolean>

const appliers: Record<string, Apply> = {
  subscribe: async (em, happening) => {
    const about = statement(happening, 'email')
    if (!about) return false
    const changed = await resubscribe(em, about)
    await noteStatus(em, about.address, 'subscribed', about)
    return changed
  },
  unsubscribe: applyUnsubscribe,
  cleaned: (em, happening) =>
    happening.data('reason') === 'abuse'
      ? stop(em, happening, 'COMPLAINT', 'COMPLAINED')
      : stop(em, happening, 'HARD_BOUNCE', 'BOUNCED'),
  profile: applyProfile,
  upemail: applyNewAddress,
  campaign: (em, { cause, data }) => cause.onCampaignEvent(em, data('id')),
}

/** Applies one event; whether anything follows from it. @throws NotKnownYet */
export async function applyMailchimp(em: Em, body: string, cause: Cause): Promise<boolean> {
  const form = new URLSearchParams(body)
  const type = form.get('type') ?? ''
  const apply = appliers[type]
  const at = timeOf(form.get('fired_at') ?? '')
  if (!apply || !at) return false
  const data = (name: string) => form.get(`data[${name}]`) ?? ''
  const address = (name: string) => {
    const email = normaliseEmail(data(name))
    return email.ok ? email.value : undefined
  }
  return apply(em, { cause, type, at, data, address })
}

/** `YYYY-MM-DD HH:MM:SS`, in UTC. */
function timeOf(firedAt: string): Date | undefined {
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(firedAt)) return undefined
  const at = new Date(`${firedAt.replace(' ', 'T')}Z`)
  return Number.isNaN(at.getTime()) ? undefined : at
}

function statement({ cause, at, address }: Happening, name: string) {
  const email = address(name)
  if (!email) return undefined
  return statementOf(cause, 'EMAIL', email, at)
}

/** `delete` means that somebody of the agency removed the contact: the person has said nothing. */
async function applyUnsubscribe(em: Em, happening: Happening): Promise<boolean> {
  const { cause, at, data, address } = happening
  if (data('reason') === 'abuse') return stop(em, happening, 'COMPLAINT', 'COMPLAINED')
  if (data('action') === 'delete')
    return (await noteStatus(em, address('email') ?? '', 'archived', { ...cause, at })).length > 0
  return stop(em, happening, 'UNSUBSCRIBED', 'UNSUBSCRIBED')
}

async function stop(
  em: Em,
  happening: Happening,
  reason: SuppressionReason,
  metric: FactMetric,
): Promise<boolean> {
  const about = statement(happening, 'email')
  if (!about) return false
  await suppress(em, about, reason)
  await noteStatus(em, about.address, happening.type === 'cleaned' ? 'cleaned' : 'unsubscribed', about)
  const lead = await leadOfMember(em, about.workspaceId, about.address)
  // What came of a campaign is counted by the campaign's report.
  if (lead && !happening.data('campaign_id')) await count(em, happening, lead, metric)
  return true
}

async function count(
  em: Em,
  { cause: { workspaceId }, at, data }: Happening,
  lead: LeadRow,
  metric: FactMetric,
): Promise<void> {
  const source = sourceEvent('mailchimp', data('list_id'), data('id'), metric, String(at.getTime()))
  const common = { workspaceId, metric, channel: 'EMAIL', occurredAt: at, sourceEvent: source } as const
  await appendFacts(em, [{ ...common, ...attribution(lead) }])
}

/** Mailchimp reports the whole profile; an empty field there says nothing about ours. */
async function applyProfile(em: Em, happening: Happening): Promise<boolean> {
  const { cause, data, address } = happening
  const lead = await leadOfMember(em, cause.workspaceId, address('email') ?? '')
  const names = { firstName: data('merges][FNAME').trim(), lastName: data('merges][LNAME').trim() }
  const fields: ContactFields = Object.fromEntries(
    Object.entries(names).flatMap(([name, value]) => (value ? [[name, value.slice(0, 100)]] : [])),
  )
  if (!lead) return false
  const changed = Object.keys(fields).length > 0 && (await change(em, happening, lead, fields))
  await noteFields(em, { leadId: lead.id, vendor: 'mailchimp' }, names, { ...cause, at: happening.at })
  return changed
}

/** A change of the change may arrive before the change itself; then it waits. */
async function applyNewAddress(em: Em, happening: Happening): Promise<boolean> {
  const { cause, address } = happening
  const [before, after] = [address('old_email'), address('new_email')]
  if (!before || !after || before === after) return false
  const lead = await leadOfMember(em, cause.workspaceId, before)
  if (lead) {
    const changed = await change(em, happening, lead, { email: after }, 'EMAIL_CHANGED')
    await noteMove(em, before, after, { ...cause, at: happening.at })
    return changed
  }
  if (cause.mayWait && !(await leadByEmail(em, cause.workspaceId, after))) throw new NotKnownYet()
  return false
}

async function change(
  em: Em,
  { cause, at }: Happening,
  lead: LeadRow,
  fields: ContactFields,
  type: 'UPDATED' | 'EMAIL_CHANGED' = 'UPDATED',
): Promise<boolean> {
  const { workspaceId, correlationId, jobId, vendor } = cause
  const about = { workspaceId, correlationId, jobId, vendor, at, type, leadId: lead.id, fields }
  const changed = await applyContactChange(em, about)
  if (changed && fields.email) await followMember(em, lead.id)
  return changed
}

/** Mailchimp's id of a member is the MD5 of the address, so it changes with it. */
async function followMember(em: Em, leadId: string): Promise<void> {
  const [lead] = await em.execute<{ email: string }[]>('select email from `lead` where id = ?', [leadId])
  const memberId = createHash('md5').update(lead!.email).digest('hex')
  await em.execute(
    "update `lead` set external_ids = json_replace(external_ids, '$.mailchimp', ?) where id = ?",
    [memberId, leadId],
  )
}
