import type { Vendor } from '../entities/integration.ts'
import type { Actor } from '../ledger/ledger.ts'

/** What resolvers know of a workspace's vendor accounts; runtime/integrations/operations.ts does it. */
export interface Integrations {
  list(workspaceId: string): Promise<IntegrationView[]>
  /** @throws InvalidInputError */
  connect(
    actor: Actor,
    account: { vendor: Vendor; settings: unknown; credentials: unknown },
  ): Promise<IntegrationView>
  /** @throws NotFoundError */
  disconnect(actor: Actor, vendor: Vendor): Promise<void>
  /** @throws NotFoundError */
  force(actor: Actor, vendor: Vendor, state: ForcedWord, reason?: string | null): Promise<IntegrationView>
  /** Makes one harmless call. @throws NotFoundError */
  test(actor: Actor, vendor: Vendor): Promise<TestOutcome>
  /** All accounts once, then each one whenever something about it has changed, at most once a second. */
  watch(workspaceId: string): AsyncIterableIterator<IntegrationView>
}

type ForcedWord = 'OPEN' | 'CLOSED' | 'NONE'

/** Why calls wait. */
export type WaitReason = 'STOPPED_BY_OPERATOR' | 'ACCOUNT_LOCKED' | 'BREAKER_OPEN' | 'PAUSED' | 'UNANSWERED'

export interface IntegrationView {
  vendor: Vendor
  from: 'ENVIRONMENT' | 'WORKSPACE'
  settings: Record<string, string>
  /** Where the vendor's webhooks are to come, below our public address; undefined: it has none. */
  webhookPath: string | undefined
  breaker: 'CLOSED' | 'OPEN' | 'AUTH' | 'HALF_OPEN'
  forced: ForcedWord
  changedAt: Date | undefined
  retryAt: Date | undefined
  waitReason: WaitReason | undefined
  lastSuccessAt: Date | undefined
  lastErrorAt: Date | undefined
  lastError: string | undefined
  callsUnderWay: number
  /** 0: no limit. */
  connections: number
  quotas: { requests: number; ms: number; used: number }[]
}

export interface TestOutcome {
  vendor: Vendor
  ok: boolean
  /** The vendor's code, and what it means. */
  code: string | undefined
  problem: string | undefined
  ms: number
}
