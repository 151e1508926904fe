import type { Em } from '../entities/index.ts'
import type { WebhookVendor } from '../entities/webhook-receipt.ts'
import { type SignedRequest, verifyWebhook } from '../integrations/webhook-signatures.ts'
import { type Config, listOf } from './config.ts'

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

  async function defaultWorkspace(): Promise<string | undefined> {
    if (workspaceId) return workspaceId
    const slug = config.WORKSPACE
    const [first] = await fork().execute<{ id: string }[]>(
      "select id from workspace where slug = ? or ? = '' order by id limit 1",
      [slug, slug],
    )
    workspaceId = first?.id
    return workspaceId
  }

  return async (vendor: WebhookVendor, integrationId: string | undefined) => {
    const owner = integrationId === undefined ? await defaultWorkspace() : undefined
    if (!owner) return undefined
    const secrets = listOf(config[secretSettings[vendor]])
    return {
      workspaceId: owner,
      verify: (request: SignedRequest) => verifyWebhook(vendor, secrets, request),
      whatsappVerifyToken: config.WHATSAPP_VERIFY_TOKEN,
    }
  }
}
