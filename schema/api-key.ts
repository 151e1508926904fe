import { permissionsOf } from '../entities/api-key.ts'
import type { Api } from './api.ts'

/** Keys of the API, without their secrets. */
export function apiKeyType({ ApiKey, ApiKeyState, Role }: Api): void {
  ApiKey.implement({
    description: 'A key of the API. Its secret is shown once, when it is made, and stored nowhere.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'Id of the key, e.g. of `requestedBy` of a job.' }),
      name: t.exposeString('name', { description: 'Who or what uses it.' }),
      hint: t.exposeString('hint', { description: 'First characters of its secret, to tell keys apart.' }),
      role: t.expose('role', { type: Role, description: 'What it may do at most.' }),
      scopes: t.stringList({
        nullable: true,
        description: 'The permissions its role is narrowed to; null: everything the role may do.',
        resolve: ({ scopes }) => scopes,
      }),
      permissions: t.stringList({
        description: 'What it may do: its role, narrowed by its scopes.',
        resolve: (key, _, { caller }) => [...permissionsOf(key, isInDefault(key.workspaceId, caller))],
      }),
      state: t.field({
        type: ApiKeyState,
        description: 'Whether it opens anything.',
        resolve: ({ revokedAt, expiresAt }) => {
          if (revokedAt) return 'REVOKED'
          return expiresAt && expiresAt.getTime() <= Date.now() ? 'EXPIRED' : 'ACTIVE'
        },
      }),
      createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
      expiresAt: t.expose('expiresAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When it ends, or ended, by itself; null: it does not.',
      }),
      revokedAt: t.expose('revokedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When it was ended by hand.',
      }),
      lastUsedAt: t.expose('lastUsedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When it was last used, to the minute.',
      }),
      replacedBy: t.exposeID('replacedBy', {
        nullable: true,
        description: 'Id of the key it was rotated to.',
      }),
    }),
  })
}

/** A key that looks at another workspace is one of the default workspace. */
const isInDefault = (
  workspaceId: string,
  caller: { workspaceId: string; inDefaultWorkspace: boolean },
): boolean => workspaceId === caller.workspaceId && caller.inDefaultWorkspace
