import { LockMode } from '@mikro-orm/core'
import type { Em } from '../../entities/index.ts'
import { Lead } from '../../entities/lead.ts'
import { channels } from '../../entities/message.ts'
import { recordConsents } from './history.ts'
import { type ConsentChange, type ConsentStatement, consentColumns, timeOfNewest } from './statement.ts'

/**
 * The only place where a lead's consent changes: the column and its line in the history are written in the caller's
 * transaction, under the lead's lock. The newest statement wins (see `timeOfNewest`). The version of the lead
 * rises when its consent is another one now.
 * @returns what changed; undefined when something newer is known, or the same
 */
export async function changeConsent(
  em: Em,
  leadId: string,
  statement: ConsentStatement,
  now: Date,
): Promise<ConsentChange | undefined> {
  const lead = await em.findOne(
    Lead,
    { id: leadId },
    { lockMode: LockMode.PESSIMISTIC_WRITE, disableIdentityMap: true },
  )
  const at = lead && timeOfNewest(lead, statement, now)
  if (!lead || !at) return undefined
  const columns = consentColumns[statement.channel]
  const change = { from: lead[columns.state], to: statement.consent, at }
  const version = lead.version + (change.from === change.to ? 0 : 1)
  await em.nativeUpdate(Lead, { id: leadId }, { [columns.state]: change.to, [columns.at]: at, version })
  await recordConsents(em, [{ ...statement, ...change, leadId, workspaceId: lead.workspaceId }], now)
  return change
}

/** A person who is erased is never written to again, whatever was said before. Repeatable. */
export async function denyForErasure(
  em: Em,
  leadId: string,
  { at, jobId, correlationId }: { at: Date; jobId?: string | undefined; correlationId: string },
): Promise<void> {
  for (const channel of channels)
    await changeConsent(
      em,
      leadId,
      { source: 'ERASURE', channel, consent: 'DENIED', jobId, correlationId },
      at,
    )
}
