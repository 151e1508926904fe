import type { Permission } from '../entities/api-key.ts'
import { LedgerError } from '../ledger/errors.ts'

/** Failures that people who look after keys and workspaces must expect. */

/** Nobody gives to a key what they may not do themselves. */
export class PermissionExceededError extends LedgerError {
  readonly missing: readonly Permission[]
  constructor(missing: readonly Permission[]) {
    super('PERMISSION_EXCEEDED', `Your own key lacks ${missing.join(', ')}, so it cannot hand that out`)
    this.missing = missing
  }
}

/** Without this key nobody could look after the workspace's keys any more. */
export class LastAdminKeyError extends LedgerError {
  readonly id: string
  constructor(id: string) {
    super(
      'LAST_ADMIN_KEY',
      `Key ${id} is the last one that administers its workspace; create another first, or say that you mean it`,
    )
    this.id = id
  }
}

/** A key that has expired or was revoked stays so. */
export class ApiKeyEndedError extends LedgerError {
  readonly id: string
  constructor(id: string) {
    super('API_KEY_ENDED', `Key ${id} has expired or was revoked, which is final; create a new one`)
    this.id = id
  }
}

/** The key was rotated already. */
export class ApiKeyReplacedError extends LedgerError {
  readonly replacedBy: string
  constructor(id: string, replacedBy: string) {
    super(
      'API_KEY_REPLACED',
      `Key ${id} was rotated to ${replacedBy}; if the secret of that one was lost, revoke it first`,
    )
    this.replacedBy = replacedBy
  }
}

/** The installation has an administrator; a second first key is asked for explicitly. */
export class AdminKeyExistsError extends LedgerError {
  constructor(slug: string) {
    super('ADMIN_KEY_EXISTS', `The workspace ${slug} has a key that administers it already`)
  }
}

export class WorkspaceExistsError extends LedgerError {
  readonly slug: string
  constructor(slug: string) {
    super('WORKSPACE_EXISTS', `There is a workspace with the slug ${slug} already`)
    this.slug = slug
  }
}
