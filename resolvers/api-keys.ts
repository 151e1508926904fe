import { ApiKey } from '../entities/api-key.ts'
import type { Api } from '../schema/api.ts'
import { newestFirst } from './newest-first.ts'

/** Reading API keys. */
export function apiKeyQueries({ builder, ApiKeyConnection }: Api): void {
  builder.queryField('apiKeys', (t) =>
    t.field({
      type: ApiKeyConnection,
      description: 'Keys of the workspace, newest first. Those that expired or were revoked are left out.',
      authScopes: { permission: 'workspace:admin' },
      args: {
        includeEnded: t.arg.boolean({ description: 'Also those that have expired or were revoked.' }),
        first: t.arg.int({ description: 'Size of the page.' }),
        after: t.arg.string({ description: 'Cursor of the key the page follows.' }),
      },
      resolve: (_, { includeEnded, ...page }, context) =>
        newestFirst<ApiKey>(context, [ApiKey, 'apiKey'], [!includeEnded && notEnded(new Date())], page),
    }),
  )
}

const notEnded = (now: Date) => ({
  revokedAt: null,
  $or: [{ expiresAt: null }, { expiresAt: { $gt: now } }],
})
