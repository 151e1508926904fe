import type { Logger } from 'pino'
import type { ApiKey, Permission } from '../entities/api-key.ts'
import type { BackupPolicy } from '../entities/backup-health.ts'
import type { Em } from '../entities/index.ts'
import { scopeTo } from '../entities/scope.ts'
import type { Actor, JobEvents, Ledger } from '../ledger/ledger.ts'
import type { StatUpdates } from '../marketing/stats/updates.ts'
import type { Timelines } from '../marketing/timeline.ts'
import { type Loaders, makeLoaders } from './loaders.ts'
import type { Integrations } from './vendor-accounts.ts'

/** The API key a request came with. */
export interface Caller {
  id: string
  name: string
  role: ApiKey['role']
  workspaceId: string
  /** Whether its workspace is the one that what concerns the whole installation belongs to. */
  inDefaultWorkspace: boolean
  permissions: ReadonlySet<Permission>
  expiresAt: Date | null
}

/** What the API is made of; the same for every request of a process. */
export interface Deps {
  log: Logger
  fork: () => Em
  /** For reading on behalf of a key; `signal` cancels what it reads. */
  read: (keyId: string, signal?: AbortSignal) => Em
  ledger: Ledger
  events: JobEvents
  integrations: Integrations
  timelines: Timelines
  statUpdates: StatUpdates
  backups: BackupPolicy
}

/** What is known of one request (HTTP) or one operation (WebSocket). */
export interface RequestInfo {
  caller: Caller
  correlationId: string
  /** The `Idempotency-Key` header; the one in a mutation's input beats it. */
  idempotencyKey?: string | undefined
  /** Ends when nobody waits for the answer any more; absent where the operation is to be finished anyway. */
  signal?: AbortSignal | undefined
}

/** What resolvers work with. All they read and write is confined to `workspaceId`. */
export interface Context extends Deps, RequestInfo {
  workspaceId: string
  actor: Actor
  /** For reading only; writes go through `ledger.transaction`. */
  readonly em: Em
  readonly loaders: Loaders
  /** Forgets everything loaded so far. A subscription calls it before each event, as its context lives as long as it does. */
  refresh(): void
}

/** Makes the context of one operation. Nothing is opened before it is used. */
export function createContext(deps: Deps, request: RequestInfo): Context {
  const { id, workspaceId } = request.caller
  let em: Em | undefined
  let loaders: Loaders | undefined
  return {
    ...deps,
    ...request,
    workspaceId,
    actor: { workspaceId, apiKeyId: id, correlationId: request.correlationId },
    get em() {
      em ??= scopeTo(deps.read(id, request.signal), workspaceId)
      return em
    },
    get loaders() {
      loaders ??= makeLoaders(this.em, deps.ledger, workspaceId)
      return loaders
    },
    refresh() {
      em = undefined
      loaders = undefined
    },
  }
}
