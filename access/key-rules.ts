import { type ApiKey, type Permission, permissionsOf, type Role } from '../entities/api-key.ts'
import type { Row } from '../entities/row.ts'
import { type InputIssue, InvalidInputError } from '../ledger/errors.ts'
import { PermissionExceededError } from './errors.ts'

/** What may be said of a key, and by whom. */

export type KeyRow = Row<ApiKey>
export type KeyState = 'ACTIVE' | 'EXPIRED' | 'REVOKED'

/** The workspace of a key. */
export interface KeyPlace {
  workspaceId: string
  /** Only keys of the default workspace have permissions for the whole installation. */
  isDefault: boolean
}

export interface KeyWish {
  name: string
  role: Role
  /** Narrows the role; null: everything the role may do. */
  scopes?: readonly Permission[] | null | undefined
  /** Null: it does not expire. */
  expiresAt: Date | null
}

/** Whether a key opens anything at a time. */
export function stateOf(
  { revokedAt, expiresAt }: Pick<KeyRow, 'revokedAt' | 'expiresAt'>,
  now: Date,
): KeyState {
  if (revokedAt) return 'REVOKED'
  return expiresAt && expiresAt <= now ? 'EXPIRED' : 'ACTIVE'
}

/** Whether a key looks after its workspace: whoever has one can make others. */
export const administers = ({ role, scopes }: Pick<KeyRow, 'role' | 'scopes'>): boolean =>
  permissionsOf({ role, scopes }).has('workspace:admin')

/** @throws InvalidInputError */
export function checkWish(
  { name, role, scopes, expiresAt }: KeyWish,
  { isDefault }: KeyPlace,
  now: Date,
): void {
  const issues: InputIssue[] = []
  if (!isName(name)) issues.push({ path: 'name', message: nameRule })
  const allowed = permissionsOf({ role }, isDefault)
  scopes?.forEach((scope, index) => {
    if (!allowed.has(scope))
      issues.push({
        path: `scopes.${index}`,
        message: `${role} of this workspace does not have this permission`,
      })
  })
  if (scopes?.length === 0)
    issues.push({ path: 'scopes', message: 'would leave nothing that the key may do' })
  if (expiresAt && expiresAt <= now) issues.push({ path: 'expiresAt', message: 'has passed' })
  if (issues.length > 0) throw new InvalidInputError(issues)
}

/** What names of keys and workspaces look like: one line, not empty. */
export const isName = (name: string): boolean =>
  /^[^\p{Cc}\p{Zl}\p{Zp}]{1,120}$/u.test(name) && name.trim() === name
export const nameRule = 'must be 1 to 120 characters on one line, without spaces around them'

/**
 * Nobody hands out more than they may do themselves.
 * @throws PermissionExceededError
 */
export function checkCovers(
  held: ReadonlySet<Permission>,
  { role, scopes }: Pick<KeyWish, 'role' | 'scopes'>,
  { isDefault }: KeyPlace,
): void {
  const given = permissionsOf({ role, scopes }, isDefault)
  const missing = [...given].filter((permission) => !held.has(permission))
  if (missing.length > 0) throw new PermissionExceededError(missing)
}
