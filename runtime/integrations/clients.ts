import type { Em } from '../../entities/index.ts'
import type { CallContext, CallSettings } from '../../integrations/client.ts'
import { type Crm, parseCrmMapping } from '../../integrations/crm.ts'
import type { EmailSender } from '../../integrations/email.ts'
import type { Vendor } from '../../integrations/errors.ts'
import type { Gate } from '../../integrations/gate.ts'
import { createHubspot } from '../../integrations/hubspot/hubspot.ts'
import { HUBSPOT_MAPPING } from '../../integrations/hubspot/portal.ts'
import { createHubspotTokens } from '../../integrations/hubspot/tokens.ts'
import { createMailchimp } from '../../integrations/mailchimp/mailchimp.ts'
import { mappingProblems } from '../../integrations/mailchimp/merge.ts'
import { parseMergeMapping } from '../../integrations/mailchimp/merge-mapping.ts'
import type { Mailchimp } from '../../integrations/mailchimp/verbs.ts'
import { createMandrill } from '../../integrations/mandrill/mandrill.ts'
import { createTwenty } from '../../integrations/twenty/twenty.ts'
import { TWENTY_MAPPING } from '../../integrations/twenty/workspace.ts'
import type { Whatsapp } from '../../integrations/whatsapp/verbs.ts'
import { createWhatsapp } from '../../integrations/whatsapp/whatsapp.ts'
import { type Config, listOf } from '../config.ts'
import type { Vault } from '../secrets.ts'
import type { AccountSource } from './sources.ts'
import { tokenStore } from './tokens.ts'

/** What a client is made from, beside its account. */
export interface ClientParts {
  config: Config
  vault: Vault
  fork: () => Em
  onCall?: CallSettings['onCall']
}

/** One account, ready to be called. */
export type VendorClient =
  | { role: 'mailchimp'; client: Mailchimp; check: Check; problems: Problems }
  | { role: 'email'; client: EmailSender; check: Check }
  | { role: 'whatsapp'; client: Whatsapp; check: Check }
  | { role: 'crm'; client: Crm; check: Check }

/** Reaches the vendor and is let in. @throws VendorError */
type Check = (context: CallContext) => Promise<void>

/** What is wrong with the account's settings, in sentences. @throws VendorError */
type Problems = (context: CallContext) => Promise<string[]>

type Build = (
  parts: ClientParts,
  source: AccountSource,
  common: CallSettings,
) => VendorClient | Promise<VendorClient>

const builders: Record<Vendor, Build> = {
  mailchimp({ config }, { settings, credentials }, common) {
    const apiKey = credentials.apiKey ?? ''
    const baseUrl = mailchimpUrl(config.MAILCHIMP_BASE_URL, apiKey)
    const { audienceId: listId = '' } = settings
    const mergeMapping = parseMergeMapping(settings.mergeFields ?? '') ?? {}
    const client = createMailchimp({ ...common, baseUrl, apiKey, listId, mergeMapping })
    return {
      role: 'mailchimp',
      client,
      check: (context) => client.ping(context),
      problems: (context) => mappingProblems(mergeMapping, client.mergeFields, context),
    }
  },
  mandrill({ config }, { settings, credentials }, common) {
    const { fromEmail = '', fromName = '' } = settings
    const client = createMandrill({
      ...common,
      baseUrl: config.MANDRILL_BASE_URL,
      apiKey: credentials.apiKey ?? '',
      fromEmail,
      fromName,
    })
    return { role: 'email', client, check: (context) => client.check(context) }
  },
  async smtp({ config }, { settings, credentials }, common) {
    // Its libraries take as much memory as all the rest, in every process; few installations send by SMTP.
    const { createSmtp } = await import('../../integrations/smtp/smtp.ts')
    const { readTemplates } = await import('../../integrations/smtp/templates.ts')
    const { fromEmail = '', fromName = '' } = settings
    const templates = readTemplates(config.EMAIL_TEMPLATES)
    const client = createSmtp({
      ...common,
      url: credentials.url ?? '',
      fromEmail,
      fromName,
      templates: (slug) => templates.get(slug),
    })
    return { role: 'email', client, check: (context) => client.check(context) }
  },
  whatsapp({ config }, { settings, credentials }, common) {
    const client = createWhatsapp({
      ...common,
      baseUrl: config.WHATSAPP_BASE_URL,
      token: credentials.token ?? '',
      phoneNumberId: settings.phoneNumberId ?? '',
      wabaId: settings.wabaId || undefined,
      appSecret: listOf(credentials.webhookSecrets ?? '')[0],
    })
    return {
      role: 'whatsapp',
      client,
      async check(context) {
        await client.check(context)
      },
    }
  },
  hubspot(parts, source, common) {
    const { HUBSPOT_BASE_URL: baseUrl, HUBSPOT_API_VERSION: apiVersion } = parts.config
    const { token, clientId = '', clientSecret = '', refreshToken = '' } = source.credentials
    const oauth = { ...common, baseUrl, apiVersion, clientId, clientSecret, refreshToken }
    const client = createHubspot({
      ...common,
      baseUrl,
      apiVersion,
      mapping: { ...HUBSPOT_MAPPING, ...parseCrmMapping(source.settings.fields ?? '') },
      token: token ?? createHubspotTokens({ ...oauth, ...tokenStore(parts.fork, parts.vault, source) }),
    })
    return { role: 'crm', client, check: (context) => client.check(context) }
  },
  twenty(_, { settings, credentials }, common) {
    const client = createTwenty({
      ...common,
      baseUrl: settings.baseUrl ?? '',
      apiKey: credentials.apiKey ?? '',
      mapping: { ...TWENTY_MAPPING, ...parseCrmMapping(settings.fields ?? '') },
    })
    return { role: 'crm', client, check: (context) => client.check(context) }
  },
}

/** Makes the client of an account. Nothing is called yet. */
export async function createClient(
  parts: ClientParts,
  source: AccountSource,
  gate: Gate,
): Promise<VendorClient> {
  return builders[source.vendor](parts, source, { gate, onCall: parts.onCall })
}

/** Mailchimp's address depends on the key's data centre; one that is not Mailchimp's own (a proxy, a test) stays. */
function mailchimpUrl(configured: string, apiKey: string): string {
  const centre = apiKey.slice(apiKey.lastIndexOf('-') + 1)
  return configured.replace(
    /^https:\/\/[a-z]{2}\d+\.api\.mailchimp\.com/,
    `https://${centre}.api.mailchimp.com`,
  )
}
