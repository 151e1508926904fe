import { defineEntity, p } from '@mikro-orm/core'
import { code, id, time } from './columns.ts'
import { Workspace } from './workspace.ts'

/** What a key may do; see `permissionsOf`. */
export const roles = ['VIEWER', 'OPERATOR', 'MARKETER', 'ADMIN'] as const
export type Role = (typeof roles)[number]

export const permissions = [
  'leads:read',
  'leads:write',
  'messages:read',
  'jobs:read',
  'jobs:write',
  'campaigns:send',
  'audit:read',
  'workspace:admin',
  'installation:read',
  'installation:admin',
] as const
export type Permission = (typeof permissions)[number]

const byRole: Record<Role, readonly Permission[]> = {
  VIEWER: ['leads:read', 'jobs:read'],
  OPERATOR: ['leads:read', 'leads:write', 'messages:read', 'jobs:read', 'jobs:write', 'installation:read'],
  MARKETER: ['leads:read', 'leads:write', 'messages:read', 'jobs:read', 'campaigns:send'],
  ADMIN: permissions,
}

/** A key of the API. The secret itself is never stored: only its SHA-256 and its first characters. */
const ApiKeySchema = defineEntity({
  name: 'ApiKey',
  tableName: 'api_key',
  properties: {
    id: id().primary(),
    workspaceId: () => p.manyToOne(Workspace).mapToPk().fieldName('workspace_id'),
    name: p.string().length(120),
    role: code(16).$type<Role>(),
    /** Narrows the role; null means everything the role may do. */
    scopes: p.json().$type<Permission[]>().nullable(),
    hash: code(64).unique('api_key_hash'),
    hint: code(16),
    createdAt: time(),
    expiresAt: time().nullable(),
    revokedAt: time().nullable(),
    lastUsedAt: time().nullable(),
    /** Id of the key it was rotated to. */
    replacedBy: id().nullable(),
  },
})

export class ApiKey extends ApiKeySchema.class {}
ApiKeySchema.setClass(ApiKey)

/**
 * What a key may do: the permissions of its role, narrowed by its scopes. What concerns all workspaces at once
 * (`installation:…`) is left to the keys of the default workspace.
 */
export function permissionsOf(
  key: { role: Role; scopes?: readonly Permission[] | null | undefined },
  inDefaultWorkspace = true,
): ReadonlySet<Permission> {
  const allowed = byRole[key.role].filter(
    (permission) => inDefaultWorkspace || !permission.startsWith('installation:'),
  )
  return new Set(key.scopes ? allowed.filter((permission) => key.scopes?.includes(permission)) : allowed)
}
