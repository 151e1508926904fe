import { LockMode } from '@mikro-orm/core'
import { ApiKey, permissions } from '../entities/api-key.ts'
import { defaultWorkspaceId } from '../entities/default-workspace.ts'
import type { Em } from '../entities/index.ts'
import { Workspace } from '../entities/workspace.ts'
import type { Actor } from '../ledger/ledger.ts'
import { AdminKeyExistsError } from './errors.ts'
import { administers, stateOf } from './key-rules.ts'
import { createKey, type IssuedKey } from './keys.ts'
import { createWorkspace, type WorkspaceRow, type WorkspaceWish } from './workspaces.ts'

export interface FirstKeyWish {
  /** Slug of the default workspace by the settings; empty: the oldest one. */
  defaultSlug: string
  /** What the default workspace is to be if there is none. */
  workspace: WorkspaceWish
  keyName: string
  /** Also when the workspace has a key that administers it. */
  another: boolean
}

/**
 * Lets somebody into an installation: makes the default workspace if there is none, and a key that may do everything.
 * @throws AdminKeyExistsError unless `another` is set, InvalidInputError
 */
export async function createFirstKey(
  em: Em,
  by: Omit<Actor, 'workspaceId'> & { reason: string },
  { defaultSlug, workspace: wanted, keyName, another }: FirstKeyWish,
  now: Date,
): Promise<IssuedKey & { workspace: WorkspaceRow; workspaceCreated: boolean }> {
  const { reason, ...actor } = by
  const id = await defaultWorkspaceId(em, defaultSlug)
  const workspace = id ? await lockWorkspace(em, id) : await createWorkspace(em, actor, wanted, now, reason)
  if (!another && (await hasAdmin(em, workspace.id, now))) throw new AdminKeyExistsError(workspace.slug)
  const issued = await createKey(
    em,
    { actor: { ...actor, workspaceId: workspace.id }, permissions: new Set(permissions), reason },
    { workspaceId: workspace.id, isDefault: true },
    { name: keyName, role: 'ADMIN', scopes: null, expiresAt: null },
    now,
  )
  return { ...issued, workspace, workspaceCreated: id === undefined }
}

/** Of two who ask at once for a first key, one gets it. */
function lockWorkspace(em: Em, id: string): Promise<WorkspaceRow> {
  const options = { lockMode: LockMode.PESSIMISTIC_WRITE, disableIdentityMap: true } as const
  return em.findOneOrFail(Workspace, { id }, options)
}

async function hasAdmin(em: Em, workspaceId: string, now: Date): Promise<boolean> {
  const where = { workspaceId, role: 'ADMIN' as const, revokedAt: null }
  const keys = await em.find(ApiKey, where, { disableIdentityMap: true })
  return keys.some((key) => administers(key) && stateOf(key, now) === 'ACTIVE')
}
