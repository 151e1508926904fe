import { defineEntity, p } from '@mikro-orm/core'
import { code, id, time } from './columns.ts'
import { Lead } from './lead.ts'
import { Workspace } from './workspace.ts'

/**
 * One person's WhatsApp conversation with one of our numbers. A person is known by phone number, by a business-scoped
 * user id, or both. Free text may be sent for 24 hours after `lastInboundAt`.
 */
const ConversationSchema = defineEntity({
  name: 'Conversation',
  tableName: 'conversation',
  uniques: [{ name: 'conversation_person', properties: ['workspaceId', 'phoneNumberId', 'personKey'] }],
  indexes: [{ name: 'conversation_wa_id', properties: ['workspaceId', 'phoneNumberId', 'waId'] }],
  properties: {
    id: id().primary(),
    workspaceId: () => p.manyToOne(Workspace).mapToPk().fieldName('workspace_id').index(false),
    /** Id of our sending number. */
    phoneNumberId: code(32),
    /** The business-scoped user id if there is one, else the WhatsApp id. */
    personKey: code(160),
    waId: code(20).nullable(),
    userId: code(160).nullable(),
    leadId: () => p.manyToOne(Lead).mapToPk().fieldName('lead_id').nullable().deleteRule('set null'),
    lastInboundAt: time(),
  },
})

export class Conversation extends ConversationSchema.class {}
ConversationSchema.setClass(Conversation)
