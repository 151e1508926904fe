import { defineEntity, p } from '@mikro-orm/core'
import { code, id, time } from './columns.ts'
import type { Channel } from './message.ts'
import { Workspace } from './workspace.ts'

export const factMetrics = [
  'CREATED',
  'SYNCED',
  'SENT',
  'DELIVERED',
  'OPENED',
  'UNIQUE_OPENED',
  'CLICKED',
  'UNIQUE_CLICKED',
  'REPLIED',
  'BOUNCED',
  'COMPLAINED',
  'UNSUBSCRIBED',
  'FAILED',
  'SKIPPED',
] as const
export type FactMetric = (typeof factMetrics)[number]

/**
 * What happened to leads, messages and campaigns: the ground statistics stand on. Append-only; a source event is counted
 * once however often it is reported. OPENED and CLICKED are about each time, UNIQUE_OPENED and UNIQUE_CLICKED about each
 * message that a person opened or clicked. `occurredAt` is when it happened, `arrivedAt` when we learned of it.
 */
const FactSchema = defineEntity({
  name: 'Fact',
  tableName: 'fact',
  uniques: [{ name: 'fact_source', properties: ['workspaceId', 'sourceEvent'] }],
  indexes: [
    { name: 'fact_occurred', properties: ['workspaceId', 'occurredAt'] },
    { name: 'fact_lead', properties: ['leadId'] },
  ],
  properties: {
    id: p.bigint().primary().autoincrement(),
    workspaceId: () => p.manyToOne(Workspace).mapToPk().fieldName('workspace_id').index(false),
    metric: code(16).$type<FactMetric>(),
    channel: code(16).$type<Channel | 'CRM'>().nullable(),
    occurredAt: time(),
    arrivedAt: time(),
    /** Names the event at its source, e.g. `mandrill:<id>:open:<time>`. No personal data. */
    sourceEvent: code(160),
    /** How many it stands for: 1, or the growth of a total a vendor reports. May be negative when a vendor corrects itself. */
    count: p.integer(),
    leadId: id().nullable(),
    messageId: id().nullable(),
    campaignId: id().nullable(),
    source: p.string().length(100).nullable(),
    template: code(64).nullable(),
    /** A machine opened or clicked it, as far as can be told. */
    bot: p.boolean(),
  },
})

export class Fact extends FactSchema.class {}
FactSchema.setClass(Fact)
