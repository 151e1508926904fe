import { createHubspot, type Hubspot } from '../integrations/hubspot/hubspot.ts'
import { createMailchimp, type Mailchimp } from '../integrations/mailchimp/mailchimp.ts'
import { createMandrill, type Mandrill } from '../integrations/mandrill/mandrill.ts'
import { createWhatsapp, type Whatsapp } from '../integrations/whatsapp/whatsapp.ts'
import { type Config, listOf } from './config.ts'

/** What jobs reach the outside world with. */
export interface Services {
  /** The accounts of a workspace at the vendors. */
  accounts(workspaceId: string): Promise<Accounts>
  welcome: WelcomeSettings
  campaigns: CampaignSettings
}

/** One workspace's vendors. Making a call through an account that is not connected fails with class `AUTH`. */
export interface Accounts {
  mailchimp: Mailchimp
  email: Mandrill
  whatsapp: Whatsapp
  crm: Hubspot
}

/** How new leads are welcomed. */
interface WelcomeSettings {
  emailTemplate: string
  whatsappTemplate: string
  /** Languages the WhatsApp template is approved in; the first is the fallback. */
  whatsappLanguages: string[]
  /** Wait before a lost answer is looked up, in seconds. */
  searchAfterSeconds: number
}

/** How campaigns are kept in step with Mailchimp. */
interface CampaignSettings {
  /** Wait before a campaign whose creation was not answered, and which is not found, is created again, in seconds. */
  settleSeconds: number
}

/** Builds the clients of the outside systems from the settings. */
export function createServices(config: Config): Services {
  const accounts = environmentAccounts(config)
  return {
    accounts: async () => accounts,
    welcome: {
      emailTemplate: config.MANDRILL_WELCOME_TEMPLATE,
      whatsappTemplate: config.WHATSAPP_WELCOME_TEMPLATE,
      whatsappLanguages: listOf(config.WHATSAPP_WELCOME_LANGUAGES),
      searchAfterSeconds: config.MANDRILL_SEARCH_AFTER_SECONDS,
    },
    campaigns: { settleSeconds: config.MAILCHIMP_SETTLE_SECONDS },
  }
}

function environmentAccounts(config: Config): Accounts {
  return {
    mailchimp: createMailchimp({
      baseUrl: config.MAILCHIMP_BASE_URL,
      apiKey: config.MAILCHIMP_API_KEY,
      listId: config.MAILCHIMP_LIST_ID,
    }),
    email: createMandrill({
      baseUrl: config.MANDRILL_BASE_URL,
      apiKey: config.MANDRILL_API_KEY,
      fromEmail: config.MANDRILL_FROM_EMAIL,
      fromName: config.MANDRILL_FROM_NAME,
    }),
    whatsapp: createWhatsapp({
      baseUrl: config.WHATSAPP_BASE_URL,
      token: config.WHATSAPP_TOKEN,
      phoneNumberId: config.WHATSAPP_PHONE_NUMBER_ID,
    }),
    crm: createHubspot({
      baseUrl: config.HUBSPOT_BASE_URL,
      token: config.HUBSPOT_TOKEN,
      apiVersion: config.HUBSPOT_API_VERSION,
    }),
  }
}
