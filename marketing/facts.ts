import { createHash } from 'node:crypto'
import type { Fact, FactMetric } from '../entities/fact.ts'
import type { Em } from '../entities/index.ts'
import { insertRows } from '../entities/sql.ts'
import type { LeadRow } from './lead-row.ts'

/** What happened, for statistics. */
export interface NewFact {
  workspaceId: string
  metric: FactMetric
  channel: Fact['channel']
  /** When it happened, by the vendor's clock. */
  occurredAt: Date
  /** Made by `sourceEvent`. */
  sourceEvent: string
  /** How many it stands for. Default 1. */
  count?: number
  leadId?: string | null
  messageId?: string | null
  campaignId?: string | null
  source?: string | null
  template?: string | null
  /** A machine did it, not a person. Default false. */
  bot?: boolean
}

const columns = [
  'workspace_id',
  'metric',
  'channel',
  'occurred_at',
  'arrived_at',
  'source_event',
  'count',
  'lead_id',
  'message_id',
  'campaign_id',
  'source',
  'template',
  'bot',
]

/**
 * Appends facts in the caller's transaction. One whose source event is known already changes nothing. The gate is held
 * shared until the commit: stats/horizon.ts tells why. Whoever appends last in a transaction holds it shortest.
 * @throws when there is no transaction
 */
export async function appendFacts(em: Em, facts: readonly NewFact[]): Promise<void> {
  if (facts.length === 0) return
  if (!em.isInTransaction()) throw new Error('Facts are appended in a transaction, which holds the gate')
  await em.execute("select 1 from stat_position where name = 'GATE' lock in share mode")
  const arrivedAt = new Date()
  const rows = facts.map((fact) => [
    fact.workspaceId,
    fact.metric,
    fact.channel,
    fact.occurredAt,
    arrivedAt,
    fact.sourceEvent,
    fact.count ?? 1,
    fact.leadId ?? null,
    fact.messageId ?? null,
    fact.campaignId ?? null,
    fact.source ?? null,
    fact.template ?? null,
    fact.bot ?? false,
  ])
  await insertRows(em, 'fact', columns, rows, 'on duplicate key update id = id')
}

const longest = 160

/**
 * Names an event at its source, e.g. `mandrill:a92c…:delivered`. Parts are ids and codes, never personal data; what
 * would not fit into the column is named by its SHA-256.
 */
export function sourceEvent(vendor: string, ...parts: string[]): string {
  const name = [vendor, ...parts].join(':')
  if (name.length <= longest && /^[\x21-\x7e]+$/.test(name)) return name
  return `${vendor}:${createHash('sha256').update(name).digest('hex')}`
}

/** What facts about a lead are counted under besides their own. */
export function attribution({ id, campaignId, source }: Pick<LeadRow, 'id' | 'campaignId' | 'source'>) {
  return { leadId: id, campaignId: campaignId ?? null, source: source ?? null }
}
