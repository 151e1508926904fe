import type { Em } from '../../entities/index.ts'
import { Lead } from '../../entities/lead.ts'
import {
  type ConversationRow,
  continueConversation,
  keepInbound,
  type Person,
  setLead,
} from '../conversations.ts'
import { appendFacts, attribution, type NewFact, sourceEvent } from '../facts.ts'
import { appendLeadEvents } from '../lead-events.ts'
import type { LeadRow } from '../lead-row.ts'
import { spellings } from '../suppressed-address.ts'
import { lift, resubscribe, suppress } from '../suppression.ts'
import { leadByPhone, phoneOf } from './addresses.ts'
import { type Cause, statementOf } from './cause.ts'
import { wishIn } from './stop-words.ts'
import { type Inbound, readInbound } from './whatsapp-message.ts'
import { applyNewNumber } from './whatsapp-number.ts'

/** Applies what somebody wrote: the conversation goes on, the lead's timeline says so, STOP and START are heeded. */
export async function applyInbound(em: Em, body: unknown, cause: Cause): Promise<boolean> {
  const inbound = readInbound(body)
  if (!inbound) return false
  const { at, type, text, providerMessageId, newNumber } = inbound
  const person: Person = { workspaceId: cause.workspaceId, ...inbound.from }
  if (newNumber) return applyNewNumber(em, person, newNumber, at, cause)
  // What WhatsApp itself says about a person is not the person's word.
  if (type === 'system') return false
  const conversation = await continueConversation(em, person, at)
  if (!(await keepInbound(em, conversation.id, { providerMessageId, type, text, at }))) return false
  const lead = await leadOf(em, conversation)
  if (lead) await tellLead(em, lead, inbound, cause)
  await heed(em, conversation, lead, inbound, cause)
  return true
}

async function leadOf(em: Em, conversation: ConversationRow): Promise<LeadRow | undefined> {
  const { leadId, workspaceId, waId } = conversation
  if (leadId) return (await em.findOne(Lead, { id: leadId }, { disableIdentityMap: true })) ?? undefined
  const lead = waId ? await leadByPhone(em, workspaceId, waId) : undefined
  if (lead) await setLead(em, conversation.id, lead.id)
  return lead
}

async function tellLead(
  em: Em,
  lead: LeadRow,
  { at, providerMessageId, text }: Inbound,
  cause: Cause,
): Promise<void> {
  const { workspaceId, correlationId, jobId, vendor } = cause
  const detail = { channel: 'WHATSAPP', vendor }
  await appendLeadEvents(em, [
    { leadId: lead.id, type: 'MESSAGE_RECEIVED', at, jobId, correlationId, detail },
  ])
  const name = (event: string) => sourceEvent('whatsapp', providerMessageId, event)
  const common = { workspaceId, channel: 'WHATSAPP', occurredAt: at, ...attribution(lead) } as const
  const facts: NewFact[] = [{ ...common, metric: 'REPLIED', sourceEvent: name('received') }]
  if (wishIn(text) === 'STOP') facts.push({ ...common, metric: 'UNSUBSCRIBED', sourceEvent: name('stop') })
  await appendFacts(em, facts)
}

/** A person without a phone number is addressed by the user id. */
async function heed(
  em: Em,
  { waId, userId }: ConversationRow,
  lead: LeadRow | undefined,
  { at, text }: Inbound,
  cause: Cause,
): Promise<void> {
  const address = lead?.phone ?? (waId ? phoneOf(waId) : userId)
  if (!address) return
  const about = statementOf(cause, 'WHATSAPP', address, at)
  const wish = wishIn(text)
  if (wish === 'STOP') await suppress(em, about, 'STOP_WORD')
  if (wish === 'START') await resubscribe(em, about)
  await liftUnreachable(em, about)
}

/** Who writes can be reached. */
async function liftUnreachable(em: Em, about: Parameters<typeof lift>[1]): Promise<void> {
  const rows = await em.execute<unknown[]>(
    "select 1 from suppression where workspace_id = ? and channel = 'WHATSAPP' and address in (?, ?) and reason = 'UNREACHABLE' and lifted_at is null",
    [about.workspaceId, ...spellings(about)],
  )
  if (rows.length > 0) await lift(em, about, ['UNREACHABLE'])
}
