import { defineEntity, p } from '@mikro-orm/core'
import { code, id, time } from './columns.ts'
import { type ConsentState, Lead } from './lead.ts'
import type { Channel } from './message.ts'
import { Workspace } from './workspace.ts'

/** Where a statement comes from: a caller of the API, who may have it from elsewhere, or the system itself. */
export type ConsentSource = 'API' | 'FORM' | 'IMPORT' | 'OPERATOR' | 'VENDOR' | 'ERASURE' | 'BEFORE_HISTORY'

/** One line of a lead's consent history: what a person said about being written to, when and where. Append-only. */
const ConsentEventSchema = defineEntity({
  name: 'ConsentEvent',
  tableName: 'consent_event',
  indexes: [{ name: 'consent_event_lead', properties: ['leadId', 'id'] }],
  properties: {
    id: id().primary(),
    workspaceId: () => p.manyToOne(Workspace).mapToPk().fieldName('workspace_id'),
    leadId: () => p.manyToOne(Lead).mapToPk().fieldName('lead_id').index(false).deleteRule('cascade'),
    channel: code(16).$type<Channel>(),
    fromState: code(16).$type<ConsentState>(),
    /** The same as `fromState` when the person said it again. */
    toState: code(16).$type<ConsentState>(),
    /** When the person said it, by the clock of who reported it. */
    at: time(),
    /** When it was written down here. */
    recordedAt: time(),
    source: code(16).$type<ConsentSource>(),
    /** The vendor that reported it; only with source VENDOR. */
    vendor: code(16).nullable(),
    /** The key that said so; null when no key did. */
    apiKeyId: id().nullable(),
    /** The text the person was shown and agreed to, or refused. */
    wording: p.string().length(1_000).nullable(),
    jobId: id().nullable(),
    correlationId: code(64),
  },
})

export class ConsentEvent extends ConsentEventSchema.class {}
ConsentEventSchema.setClass(ConsentEvent)
