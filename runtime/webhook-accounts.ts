import type { Em } from '../entities/index.ts'
import type { WebhookVendor } from '../entities/webhook-receipt.ts'
import { type SignedRequest, verifyWebhook } from '../integrations/webhook-signatures.ts'
import { type Config, listOf } from './config.ts'
import { defaultWorkspaceId } from './integrations/sources.ts'

const secretSettings = {
  mailchimp: 'MAILCHIMP_WEBHOOK_SECRETS',
  mandrill: 'MANDRILL_WEBHOOK_KEYS',
  whatsapp: 'WHATSAPP_APP_SECRETS',
  hubspot: 'HUBSPOT_CLIENT_SECRET',
  twenty: 'TWENTY_WEBHOOK_SECRETS',
} as const satisfies Record<WebhookVendor, keyof Config>

/**
 * The accounts of the environment, whose webhooks come to `/webhooks/<vendor>`. They are the default workspace's: the one
 * of the setting, else the oldest.
 */
export function environmentAccounts(config: Config, fork: () => Em) {
  let workspaceId: string | undefined

  return async (vendor: WebhookVendor, integrationId: string | undefined) => {
    if (integrationId !== undefined) return undefined
    workspaceId ??= await defaultWorkspaceId(fork(), config)
    if (!workspaceId) return undefined
    const secrets = listOf(config[secretSettings[vendor]])
    return {
      workspaceId,
      verify: (request: SignedRequest) => verifyWebhook(vendor, secrets, request),
      whatsappVerifyToken: config.WHATSAPP_VERIFY_TOKEN,
    }
  }
}
