import type { WebhookVendor } from '../../entities/webhook-receipt.ts'

/**
 * Vendors report to one address about every account that uses an app, so a right signature does not say whose account an
 * event is about.
 */

/** What a vendor calls an account: ours as it was set up, or the one an event names. Empty counts as absent. */
export interface AccountIds {
  /** Mailchimp's audience. */
  audienceId?: string | undefined
  /** WhatsApp's sending number and its business account. */
  phoneNumberId?: string | undefined
  wabaId?: string | undefined
  /** HubSpot's portal. */
  portalId?: string | undefined
  /** Twenty's workspace. */
  workspaceId?: string | undefined
}

/**
 * Ids an event must name, and that must be known to us: HubSpot and Meta sign with the secret of an app, which serves many
 * accounts. The others have a secret for each webhook, so theirs count only where both sides name them. Mandrill's events
 * name no account.
 */
const required: Record<WebhookVendor, (about: AccountIds) => (keyof AccountIds)[]> = {
  hubspot: () => ['portalId'],
  // What concerns the whole business account (templates, reviews) has no number.
  whatsapp: ({ phoneNumberId }) => (phoneNumberId === undefined ? ['wabaId'] : ['phoneNumberId']),
  mailchimp: () => [],
  mandrill: () => [],
  twenty: () => [],
}

/** Whether an event is about another account than ours, or does not say enough to be taken for ours. */
export function isForeign(vendor: WebhookVendor, about: AccountIds, own: AccountIds): boolean {
  const names = Object.keys(about) as (keyof AccountIds)[]
  const differs = names.some((name) => about[name] && own[name] && about[name] !== own[name])
  return differs || required[vendor](about).some((name) => !about[name] || !own[name])
}
