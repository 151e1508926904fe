import type { Em } from '../../entities/index.ts'
import type { JobContext } from '../../ledger/definition.ts'
import { appendFacts } from '../facts.ts'
import { appendLeadEvents } from '../lead-events.ts'
import type { LeadRow } from '../lead-row.ts'
import { skippedFact } from '../step-metrics.ts'
import type { SkipReason } from './policy.ts'
import type { MessageKey } from './send-ledger.ts'

/** Counts that a message is not sent, and says on the lead's timeline why: once per message, however often it is asked for. */
export async function recordSkip(
  em: Em,
  { id: jobId, correlationId }: JobContext<never, never>['job'],
  lead: LeadRow,
  { channel, purpose, occurrence }: MessageKey,
  reason: SkipReason,
): Promise<void> {
  const name = [`${purpose}-${channel.toLowerCase()}`, ...(occurrence === '1' ? [] : [occurrence])].join(':')
  const fact = skippedFact(lead, channel, name, purpose)
  const known = await em.execute<unknown[]>(
    'select 1 from fact where workspace_id = ? and source_event = ?',
    [lead.workspaceId, fact.sourceEvent],
  )
  if (known.length > 0) return
  const detail = { channel, purpose, reason }
  const event = {
    leadId: lead.id,
    type: 'MESSAGE_SKIPPED',
    at: new Date(),
    jobId,
    correlationId,
    detail,
  } as const
  await appendLeadEvents(em, [event])
  await appendFacts(em, [fact])
}
