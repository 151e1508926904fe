import { defineEntity, p } from '@mikro-orm/core'
import { code, id, time } from './columns.ts'
import { Workspace } from './workspace.ts'

/** Who did what by hand; written in the transaction of the action itself. */
const AuditSchema = defineEntity({
  name: 'Audit',
  tableName: 'audit',
  indexes: [
    { name: 'audit_page', properties: ['workspaceId', 'id'] },
    { name: 'audit_subject', properties: ['workspaceId', 'subjectId', 'id'] },
    { name: 'audit_action', properties: ['workspaceId', 'action', 'id'] },
    { name: 'audit_key', properties: ['workspaceId', 'apiKeyId', 'id'] },
  ],
  properties: {
    id: id().primary(),
    workspaceId: () => p.manyToOne(Workspace).mapToPk().fieldName('workspace_id').index(false),
    apiKeyId: id().nullable(),
    /** Name of the mutation, e.g. retryJob. */
    action: code(64),
    subjectId: id(),
    reason: p.string().length(500).nullable(),
    correlationId: code(64),
    at: time(),
  },
})

export class Audit extends AuditSchema.class {}
AuditSchema.setClass(Audit)
