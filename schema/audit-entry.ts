import type { Api } from './api.ts'

/** A line of the audit log. */
export function auditEntryType({ AuditEntry, ApiKey }: Api): void {
  AuditEntry.implement({
    description: 'Something that somebody did by hand; written in the same transaction.',
    fields: (t) => ({
      id: t.exposeID('id'),
      action: t.exposeString('action', { description: 'Name of the mutation, e.g. `retryJob`.' }),
      targetId: t.exposeID('subjectId', { description: 'Id of what it was done to.' }),
      apiKeyId: t.exposeID('apiKeyId', {
        nullable: true,
        description: 'Id of the key it was done with; null when it was done on the server by a command.',
      }),
      apiKey: t.field({
        type: ApiKey,
        nullable: true,
        description: 'The key it was done with; null when it is not one of this workspace.',
        authScopes: { permission: 'workspace:admin' },
        resolve: ({ apiKeyId }, _, { loaders }) => (apiKeyId ? loaders.apiKey.load(apiKeyId) : null),
      }),
      reason: t.exposeString('reason', {
        nullable: true,
        description: 'Why, as far as it was said; and who, when a command did it.',
      }),
      correlationId: t.exposeString('correlationId'),
      at: t.expose('at', { type: 'DateTime', description: 'When it was done.' }),
    }),
  })
}
