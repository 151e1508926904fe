import { Audit } from '../entities/audit.ts'
import type { Api } from '../schema/api.ts'
import { newestFirst } from './newest-first.ts'

/** Reading the audit log. */
export function auditLog({ builder, AuditEntryConnection }: Api): void {
  const AuditFilter = builder.inputType('AuditFilter', {
    description: 'Which entries; every condition given must hold.',
    fields: (t) => ({
      actions: t.stringList({ description: 'Names of mutations, e.g. `retryJob`.' }),
      apiKeyId: t.id({ description: 'Only what was done with this key.' }),
      targetId: t.id({ description: 'Only what was done to this.' }),
      from: t.field({ type: 'DateTime', description: 'Only what was done at this time or later.' }),
      before: t.field({ type: 'DateTime', description: 'Only what was done before this time.' }),
    }),
  })
  builder.queryField('auditLog', (t) =>
    t.field({
      type: AuditEntryConnection,
      description: 'What was done by hand in the workspace, newest first.',
      authScopes: { permission: 'audit:read' },
      args: { filter: t.arg({ type: AuditFilter }), first: t.arg.int(), after: t.arg.string() },
      resolve: (_, { filter, ...page }, context) => {
        const { actions, apiKeyId, targetId, from, before } = filter ?? {}
        const conditions = [
          actions && { action: { $in: actions } },
          apiKeyId ? { apiKeyId } : null,
          targetId ? { subjectId: targetId } : null,
          from && { at: { $gte: from } },
          before && { at: { $lt: before } },
        ]
        return newestFirst<Audit>(context, [Audit, 'audit'], conditions, page)
      },
    }),
  )
}
