import type { Em } from '../../entities/index.ts'
import { fromSql } from '../../entities/sql.ts'
import type { SuppressionReason } from '../../entities/suppression.ts'
import { applyContactChange } from '../contact-change.ts'
import { changeNumber, type Person } from '../conversations.ts'
import { spellings } from '../suppressed-address.ts'
import { ownWords, suppress } from '../suppression.ts'
import { leadByPhone, phoneOf } from './addresses.ts'
import { type Cause, statementOf } from './cause.ts'

/** A person has another number now: conversation and lead follow, and so does what the person said about messages. */
export async function applyNewNumber(
  em: Em,
  person: Person,
  to: Pick<Person, 'waId' | 'userId'>,
  at: Date,
  cause: Cause,
): Promise<boolean> {
  if (!person.waId || !to.waId || person.waId === to.waId) return false
  await changeNumber(em, { ...person, userId: undefined }, to)
  const lead = await leadByPhone(em, person.workspaceId, person.waId)
  const [before, after] = [lead?.phone ?? phoneOf(person.waId), phoneOf(to.waId)]
  const { workspaceId, correlationId, jobId, vendor } = cause
  // First, while no lead has the number yet: the lead's own no has been told of.
  for (const said of await ownWordsAbout(em, workspaceId, before))
    await suppress(em, statementOf(cause, 'WHATSAPP', after, said.at), said.reason)
  if (lead) {
    const about = { workspaceId, correlationId, jobId, vendor, at, leadId: lead.id }
    await applyContactChange(em, { ...about, fields: { phone: after }, type: 'PHONE_CHANGED' })
  }
  return true
}

async function ownWordsAbout(em: Em, workspaceId: string, address: string) {
  const rows = await em.execute<Record<string, unknown>[]>(
    "select reason, at from suppression where workspace_id = ? and channel = 'WHATSAPP' and address in (?, ?) and lifted_at is null",
    [workspaceId, ...spellings({ workspaceId, channel: 'WHATSAPP', address })],
  )
  return rows
    .map((row) => fromSql<{ reason: SuppressionReason; at: Date }>(row))
    .filter(({ reason }) => ownWords.includes(reason))
}
