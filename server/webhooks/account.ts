import type { WebhookVendor } from '../../entities/webhook-receipt.ts'
import type { AccountIds } from '../../marketing/webhooks/account.ts'

/** A request as far as vendors' signatures cover it. */
interface SignedRequest {
  method: string
  /** The address the vendor called: our public one, with query. */
  uri: string
  /** The bytes as they came. */
  rawBody: Buffer
  header(name: string): string | undefined
  /** Our clock, in milliseconds since 1970. */
  nowMs: number
}

/** An account at a vendor that reports to us. */
export interface WebhookAccount {
  /** Whose leads the reports are about. */
  workspaceId: string
  /** What the vendor calls the account; events about another one are not applied. */
  ids: AccountIds
  /** What the vendor signed of this request with one of the account's secrets; undefined: nothing. */
  open(request: SignedRequest): string | undefined
  /** What Meta sends when the webhook is set up; absent or empty: it cannot be set up. */
  whatsappVerifyToken?: string | undefined
}

/**
 * Finds the account an address belongs to: `/webhooks/<vendor>` is the installation's own, from the environment;
 * `/webhooks/<vendor>/<integrationId>` a workspace's. Undefined when there is none. May throw: then the vendor is told to
 * come again.
 */
export type FindAccount = (
  vendor: WebhookVendor,
  integrationId: string | undefined,
) => Promise<WebhookAccount | undefined>
