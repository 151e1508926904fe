import { defaultWorkspaceId } from '../entities/default-workspace.ts'
import type { Em } from '../entities/index.ts'
import type { WebhookVendor } from '../entities/webhook-receipt.ts'
import { openWebhook, type SignedRequest } from '../integrations/webhook-signatures.ts'
import { type Config, listOf } from './config.ts'
import type { Connections } from './integrations/accounts.ts'

const secretSettings = {
  mailchimp: 'MAILCHIMP_WEBHOOK_SECRETS',
  mandrill: 'MANDRILL_WEBHOOK_KEYS',
  whatsapp: 'WHATSAPP_APP_SECRETS',
  hubspot: 'HUBSPOT_CLIENT_SECRET',
  twenty: 'TWENTY_WEBHOOK_SECRETS',
} as const satisfies Record<WebhookVendor, keyof Config>

const idSettings: Record<WebhookVendor, (config: Config) => Record<string, string>> = {
  mailchimp: (config) => ({ audienceId: config.MAILCHIMP_LIST_ID }),
  mandrill: () => ({}),
  whatsapp: (config) => ({
    phoneNumberId: config.WHATSAPP_PHONE_NUMBER_ID,
    wabaId: config.WHATSAPP_WABA_ID,
  }),
  hubspot: (config) => ({ portalId: config.HUBSPOT_PORTAL_ID }),
  twenty: (config) => ({ workspaceId: config.TWENTY_WORKSPACE_ID }),
}

/**
 * Whose webhooks come to an address. `/webhooks/<vendor>` is the environment's, and so the default workspace's: the one of
 * the setting, else the oldest. `/webhooks/<vendor>/<integrationId>` is a workspace's own account.
 */
export function webhookAccounts(config: Config, fork: () => Em, connections: Connections) {
  let workspaceId: string | undefined

  return async (vendor: WebhookVendor, integrationId: string | undefined) => {
    if (integrationId !== undefined) return ownAccount(fork(), connections, vendor, integrationId)
    workspaceId ??= await defaultWorkspaceId(fork(), config.WORKSPACE)
    if (!workspaceId) return undefined
    const secrets = listOf(config[secretSettings[vendor]])
    return {
      workspaceId,
      ids: idSettings[vendor](config),
      open: (request: SignedRequest) => openWebhook(vendor, secrets, request),
      whatsappVerifyToken: config.WHATSAPP_VERIFY_TOKEN,
    }
  }
}

async function ownAccount(em: Em, connections: Connections, vendor: WebhookVendor, integrationId: string) {
  const [row] = await em.execute<{ workspace_id: string }[]>(
    'select workspace_id from integration where id = ? and vendor = ? and credentials is not null',
    [integrationId, vendor],
  )
  if (!row) return undefined
  const own = (await connections.of(row.workspace_id)).find(
    ({ source }) => source.integrationId === integrationId,
  )
  const { webhookSecrets = '', clientSecret = '', verifyToken } = own?.source.credentials ?? {}
  const secrets = [...listOf(webhookSecrets), ...listOf(clientSecret)]
  return {
    workspaceId: row.workspace_id,
    ids: own?.source.settings ?? {},
    open: (request: SignedRequest) => openWebhook(vendor, secrets, request),
    whatsappVerifyToken: verifyToken,
  }
}
