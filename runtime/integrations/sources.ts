import { defaultWorkspaceId } from '../../entities/default-workspace.ts'
import type { Em } from '../../entities/index.ts'
import type { ForcedState } from '../../entities/integration.ts'
import { fromSql } from '../../entities/sql.ts'
import type { Vendor } from '../../integrations/errors.ts'
import type { Config } from '../config.ts'
import type { Vault } from '../secrets.ts'
import { configuredVendors } from '../vendor-settings.ts'
import type { Values } from './shapes.ts'

/** An account as it was entered, by the environment or by an administrator of the workspace. */
export interface AccountSource {
  workspaceId: string
  vendor: Vendor
  from: 'ENVIRONMENT' | 'WORKSPACE'
  /** The row, if there is one. */
  integrationId: string | undefined
  settings: Values
  credentials: Values
  forced: ForcedState | null
}

interface IntegrationRow {
  id: string
  workspaceId: string
  vendor: Vendor
  settings: Values
  credentials: string | null
  forced: ForcedState | null
}

/**
 * The accounts of a workspace: its own rows, and for the default workspace those of the environment, unless a row with
 * credentials takes their place. Rows sealed with an old key are sealed anew.
 */
export async function readSources(
  em: Em,
  config: Config,
  vault: Vault,
  workspaceId: string,
): Promise<AccountSource[]> {
  const rows = await em.execute<Record<string, unknown>[]>(
    'select id, workspace_id, vendor, settings, credentials, forced from integration where workspace_id = ?',
    [workspaceId],
  )
  const known = rows.map((row) => fromSql<IntegrationRow>(row))
  const own = await Promise.all(known.map((row) => ownSource(em, vault, row)))
  if ((await defaultWorkspaceId(em, config.WORKSPACE)) !== workspaceId)
    return own.flatMap((source) => source ?? [])
  const taken = new Set(own.flatMap((source) => source?.vendor ?? []))
  const fallback = environmentAccounts(config)
    .filter(({ vendor }) => !taken.has(vendor))
    .map((account) => {
      const row = known.find(({ vendor }) => vendor === account.vendor)
      return {
        ...account,
        workspaceId,
        from: 'ENVIRONMENT' as const,
        integrationId: row?.id,
        forced: row?.forced ?? null,
      }
    })
  return [...own.flatMap((source) => source ?? []), ...fallback]
}

/** A row with credentials of its own; undefined for one that only keeps what an operator decided. */
async function ownSource(em: Em, vault: Vault, row: IntegrationRow): Promise<AccountSource | undefined> {
  const { id, credentials, ...rest } = row
  if (credentials === null) return undefined
  const opened = JSON.parse(vault.open(credentials, id)) as Values
  if (vault.isOld(credentials))
    await em.execute('update integration set credentials = ? where id = ? and credentials = ?', [
      vault.seal(JSON.stringify(opened), id),
      id,
      credentials,
    ])
  return { ...rest, integrationId: id, from: 'WORKSPACE', credentials: opened }
}

type Account = Pick<AccountSource, 'vendor' | 'settings' | 'credentials'>

function environmentAccounts(config: Config): Account[] {
  const sender = { fromEmail: config.MANDRILL_FROM_EMAIL, fromName: config.MANDRILL_FROM_NAME }
  const email: Account =
    config.EMAIL_VENDOR === 'smtp'
      ? { vendor: 'smtp', settings: sender, credentials: { url: config.SMTP_URL } }
      : {
          vendor: 'mandrill',
          settings: sender,
          credentials: { apiKey: config.MANDRILL_API_KEY, webhookSecrets: config.MANDRILL_WEBHOOK_KEYS },
        }
  const configured = configuredVendors(config)
  const all = [mailchimpOf(config), email, whatsappOf(config), crmOf(config)]
  return all.filter(({ vendor }) => configured.includes(vendor))
}

const mailchimpOf = (config: Config): Account => ({
  vendor: 'mailchimp',
  settings: { audienceId: config.MAILCHIMP_LIST_ID, mergeFields: config.MAILCHIMP_MERGE_FIELDS },
  credentials: {
    apiKey: config.MAILCHIMP_API_KEY,
    webhookSecrets: config.MAILCHIMP_WEBHOOK_SECRETS,
  },
})

const whatsappOf = (config: Config): Account => ({
  vendor: 'whatsapp',
  settings: { phoneNumberId: config.WHATSAPP_PHONE_NUMBER_ID, wabaId: config.WHATSAPP_WABA_ID },
  credentials: {
    token: config.WHATSAPP_TOKEN,
    webhookSecrets: config.WHATSAPP_APP_SECRETS,
    verifyToken: config.WHATSAPP_VERIFY_TOKEN,
  },
})

function crmOf(config: Config): Account {
  if (config.CRM_VENDOR === 'twenty')
    return {
      vendor: 'twenty',
      settings: {
        baseUrl: config.TWENTY_BASE_URL,
        workspaceId: config.TWENTY_WORKSPACE_ID,
        fields: config.CRM_FIELDS,
      },
      credentials: { apiKey: config.TWENTY_API_KEY, webhookSecrets: config.TWENTY_WEBHOOK_SECRETS },
    }
  const { HUBSPOT_TOKEN: token, HUBSPOT_CLIENT_SECRET: clientSecret } = config
  return {
    vendor: 'hubspot',
    settings: { portalId: config.HUBSPOT_PORTAL_ID, fields: config.CRM_FIELDS },
    credentials: token
      ? { token, webhookSecrets: clientSecret }
      : {
          clientId: config.HUBSPOT_CLIENT_ID,
          clientSecret,
          refreshToken: config.HUBSPOT_REFRESH_TOKEN,
        },
  }
}
