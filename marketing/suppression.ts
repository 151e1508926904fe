import { newId } from '../entities/ids.ts'
import type { Em } from '../entities/index.ts'
import type { LeadEventType } from '../entities/lead-event.ts'
import type { Channel } from '../entities/message.ts'
import type { Row } from '../entities/row.ts'
import { fromSql } from '../entities/sql.ts'
import type { Suppression, SuppressionReason } from '../entities/suppression.ts'
import { changeConsent } from './consent/change-consent.ts'
import { newestYes } from './consent/newest-yes.ts'
import { type ConsentChange, endOfSecond } from './consent/statement.ts'
import { leadsKnownAs } from './contacts/contact-row.ts'
import { requestContactSync } from './contacts/request-sync.ts'
import { appendLeadEvents } from './lead-events.ts'
import { hashedAddress, spellings } from './suppressed-address.ts'

/** Addresses nothing is sent to. What was said later holds, in whatever order it arrives. */

/** A suppression as plain data. */
export type SuppressionRow = Row<Suppression>

/** Something that was said about an address. */
export interface Statement {
  workspaceId: string
  channel: Channel
  /** In the spelling of marketing/identity.ts. */
  address: string
  /** When it was said. */
  at: Date
  /** The vendor that reported it, or `operator`. */
  source: string
  correlationId: string
  jobId?: string | undefined
}

/** What a person said themselves. It is their consent, too. */
export const ownWords: readonly SuppressionReason[] = ['UNSUBSCRIBED', 'STOP_WORD', 'COMPLAINT']

const told: Record<SuppressionReason, LeadEventType> = {
  UNSUBSCRIBED: 'UNSUBSCRIBED',
  STOP_WORD: 'UNSUBSCRIBED',
  COMPLAINT: 'COMPLAINED',
  HARD_BOUNCE: 'BOUNCED',
  UNREACHABLE: 'SUPPRESSED',
  OPERATOR: 'SUPPRESSED',
  ERASED: 'SUPPRESSED',
}

/** Whether nothing may be sent to an address. */
export async function isSuppressed(
  em: Em,
  workspaceId: string,
  channel: Channel,
  address: string | null | undefined,
): Promise<boolean> {
  if (!address) return false
  const rows = await em.execute<unknown[]>(
    'select 1 from suppression where workspace_id = ? and channel = ? and address in (?, ?) and lifted_at is null limit 1',
    [workspaceId, channel, ...spellings({ workspaceId, channel, address })],
  )
  return rows.length > 0
}

/** Why nothing may be sent to an address, and since when. */
export async function activeSuppressions(
  em: Em,
  workspaceId: string,
  channel: Channel,
  address: string,
): Promise<Pick<SuppressionRow, 'reason' | 'at'>[]> {
  const rows = await em.execute<Record<string, unknown>[]>(
    'select reason, at from suppression where workspace_id = ? and channel = ? and address in (?, ?) and lifted_at is null',
    [workspaceId, channel, ...spellings({ workspaceId, channel, address })],
  )
  return rows.map((row) => fromSql(row))
}

/**
 * Suppresses an address and says so on the timelines of the leads who have it; when the person said it themselves, their
 * consent is denied as well.
 * @returns whether it was not suppressed for this reason before
 */
export async function suppress(
  em: Em,
  statement: Statement,
  reason: SuppressionReason,
): Promise<{ started: boolean; row: SuppressionRow }> {
  const leadIds = await leadsWith(em, statement, ownWords.includes(reason))
  await outdateBy(em, statement, reason, leadIds)
  const row = await lockRow(em, statement, reason, null)
  const started = row.isNew || Boolean(row.liftedAt && endOfSecond(statement.at) >= row.liftedAt)
  if (started || (!row.liftedAt && statement.at > row.at)) {
    const { at, source } = statement
    await em.execute('update suppression set at = ?, source = ?, lifted_at = null where id = ?', [
      at,
      source,
      row.id,
    ])
    Object.assign(row, { at, source, liftedAt: null })
  }
  const concerned: string[] = []
  for (const leadId of leadIds) {
    const denied = ownWords.includes(reason) ? await stateConsent(em, leadId, 'DENIED', statement) : undefined
    if (!started && !isNew(denied)) continue
    await tell(em, leadId, told[reason], statement, reason)
    concerned.push(leadId)
  }
  await requestContactSync(em, { ...statement, leadIds: concerned })
  return { started, row }
}

/** A yes of the person that is newer than what is reported now has taken it back already. */
async function outdateBy(
  em: Em,
  statement: Statement,
  reason: SuppressionReason,
  leadIds: readonly string[],
): Promise<void> {
  if (!takenBack[statement.channel].includes(reason) || leadIds.length === 0) return
  const at = await newestYes(em, statement.channel, leadIds)
  if (at && at > endOfSecond(statement.at)) await lift(em, { ...statement, at }, [reason])
}

/**
 * Takes back suppressions for the given reasons that were said before. That it was taken back is kept even where there is
 * nothing to take back: a report that is older may still come.
 * @returns the rows that held until now
 */
export async function lift(
  em: Em,
  statement: Statement,
  reasons: readonly SuppressionReason[],
): Promise<SuppressionRow[]> {
  const lifted: SuppressionRow[] = []
  for (const reason of reasons) {
    const row = await lockRow(em, statement, reason, statement.at)
    if (row.isNew || statement.at <= (row.liftedAt ?? row.at)) continue
    await em.execute('update suppression set lifted_at = ? where id = ?', [statement.at, row.id])
    if (!row.liftedAt) lifted.push({ ...row, liftedAt: statement.at })
  }
  if (lifted.length > 0)
    await requestContactSync(em, { ...statement, leadIds: await leadsWith(em, statement, true) })
  return lifted
}

/** What the person takes back by saying yes. */
const takenBack: Record<Channel, readonly SuppressionReason[]> = {
  EMAIL: ['UNSUBSCRIBED'],
  WHATSAPP: ['STOP_WORD', 'UNSUBSCRIBED'],
}

/** A yes of the person takes back their own earlier no. @returns whether there was one */
export async function liftOwnNo(em: Em, statement: Statement): Promise<boolean> {
  return (await lift(em, statement, takenBack[statement.channel])).length > 0
}

/** The person wants messages again: their own earlier no is taken back and consent is given, if they said nothing later. */
export async function resubscribe(em: Em, statement: Statement): Promise<boolean> {
  const lifted = await liftOwnNo(em, statement)
  let changed = lifted
  for (const leadId of await leadsWith(em, statement, true)) {
    const granted = isNew(await stateConsent(em, leadId, 'GRANTED', statement))
    if (granted) await requestContactSync(em, { ...statement, leadIds: [leadId] })
    if (granted || lifted) await tell(em, leadId, 'RESUBSCRIBED', statement)
    changed ||= granted
  }
  return changed
}

function stateConsent(em: Em, leadId: string, consent: 'GRANTED' | 'DENIED', statement: Statement) {
  const { channel, at, jobId, correlationId, source } = statement
  const origin =
    source === 'operator' ? { source: 'OPERATOR' as const } : { source: 'VENDOR' as const, vendor: source }
  return changeConsent(em, leadId, { ...origin, channel, consent, at, jobId, correlationId }, new Date())
}

const isNew = (change: ConsentChange | undefined) => change !== undefined && change.from !== change.to

/** An operator lets an address be written to again, whatever spoke against it. Consent stays as it is: it is the person's. */
export async function unsuppress(em: Em, statement: Statement): Promise<SuppressionRow[]> {
  const { workspaceId, channel } = statement
  const raws = await em.execute<Record<string, unknown>[]>(
    'select * from suppression where workspace_id = ? and channel = ? and address in (?, ?) and lifted_at is null for update',
    [workspaceId, channel, ...spellings(statement)],
  )
  const rows = raws.map((raw) => fromSql<SuppressionRow>(raw))
  // A vendor's clock may be ahead of ours; an operator's word holds all the same.
  const at = new Date(Math.max(statement.at.getTime(), ...rows.map((row) => row.at.getTime() + 1)))
  const reasons = rows.map(({ reason }) => reason)
  const lifted = await lift(em, { ...statement, at }, reasons)
  if (lifted.length > 0)
    for (const leadId of await leadsWith(em, statement, false))
      await tell(em, leadId, 'UNSUPPRESSED', statement)
  return lifted
}

type LockedRow = SuppressionRow & { isNew: boolean }

/** The row of an address and a reason, locked; made if it is not there. */
async function lockRow(
  em: Em,
  statement: Statement,
  reason: SuppressionReason,
  liftedAt: Date | null,
): Promise<LockedRow> {
  const { workspaceId, channel, at, source } = statement
  const address = await keptAs(em, statement)
  const id = newId('suppression')
  await em.execute(
    `insert into suppression (id, workspace_id, channel, address, reason, source, at, lifted_at)
     values (?, ?, ?, ?, ?, ?, ?, ?) on duplicate key update id = id`,
    [id, workspaceId, channel, address, reason, source, at, liftedAt],
  )
  const [raw] = await em.execute<Record<string, unknown>[]>(
    'select * from suppression where workspace_id = ? and channel = ? and address = ? and reason = ? for update',
    [workspaceId, channel, address, reason],
  )
  const row = fromSql<SuppressionRow>(raw!)
  return { ...row, isNew: row.id === id }
}

/** How an address is kept: what was erased is not written down again. */
async function keptAs(em: Em, statement: Statement): Promise<string> {
  const hashed = hashedAddress(statement)
  const rows = await em.execute<unknown[]>(
    'select 1 from suppression where workspace_id = ? and channel = ? and address = ? limit 1',
    [statement.workspaceId, statement.channel, hashed],
  )
  return rows.length > 0 ? hashed : statement.address
}

/**
 * The leads of a workspace who have an address; several may share a phone number.
 * @param knownAs also those whose address this was, and whom the audience still knows under it: what a person says there is
 * theirs, whatever the address
 */
async function leadsWith(
  em: Em,
  { workspaceId, channel, address }: Statement,
  knownAs: boolean,
): Promise<string[]> {
  const column = channel === 'EMAIL' ? 'email' : 'phone'
  const rows = await em.execute<{ id: string }[]>(
    `select id from \`lead\` where workspace_id = ? and ${column} = ? order by id`,
    [workspaceId, address],
  )
  const known =
    knownAs && channel === 'EMAIL' ? await leadsKnownAs(em, workspaceId, 'mailchimp', address) : []
  return [...new Set([...rows.map(({ id }) => id), ...known])].sort()
}

function tell(
  em: Em,
  leadId: string,
  type: LeadEventType,
  { channel, source, at, correlationId, jobId }: Statement,
  reason?: SuppressionReason,
): Promise<void> {
  const detail = { channel, vendor: source, ...(reason !== undefined && { reason }) }
  return appendLeadEvents(em, [{ leadId, type, at, jobId, correlationId, detail }])
}
