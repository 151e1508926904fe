import type { Em } from '../entities/index.ts'
import type { Backups } from './backups/backups.ts'
import { openBackups } from './backups/open.ts'
import { openRestores, type Restores } from './backups/restores.ts'
import { type Config, listOf } from './config.ts'
import {
  type Accounts,
  accountsOf,
  type Connections,
  type Senders,
  sendersOf,
} from './integrations/accounts.ts'

/** What jobs reach the outside world with. */
export interface Services {
  /** The accounts of a workspace at the vendors. What writes to people is not in them: jobs send by `sendMessage`. */
  accounts(workspaceId: string): Promise<Accounts>
  welcome: WelcomeSettings
  campaigns: CampaignSettings
  retention: RetentionSettings
  backups: Backups
  restores: Restores
}

/** What jobs are run with; they see `Services` of it. */
export interface SendingServices extends Services {
  /** A workspace's accounts with the verbs that write to people; marketing/messages/ alone uses it. */
  senders(workspaceId: string): Promise<Senders>
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

/** How long things are kept, in days. */
interface RetentionSettings {
  jobs: number
  /** Timelines of leads and campaigns. */
  events: number
  /** What vendors reported by webhook and was applied. */
  receipts: number
  facts: number
}

/** What all jobs of a process work with. */
export function createServices(config: Config, connections: Connections, fork: () => Em): SendingServices {
  return {
    accounts: (workspaceId) => accountsOf(connections, workspaceId),
    senders: (workspaceId) => sendersOf(connections, workspaceId),
    welcome: {
      emailTemplate: config.MANDRILL_WELCOME_TEMPLATE,
      whatsappTemplate: config.WHATSAPP_WELCOME_TEMPLATE,
      whatsappLanguages: listOf(config.WHATSAPP_WELCOME_LANGUAGES),
      searchAfterSeconds: config.MANDRILL_SEARCH_AFTER_SECONDS,
    },
    campaigns: { settleSeconds: config.MAILCHIMP_SETTLE_SECONDS },
    retention: {
      jobs: config.RETENTION_DAYS,
      events: config.RETENTION_EVENTS_DAYS,
      receipts: config.RETENTION_RECEIPTS_DAYS,
      facts: config.RETENTION_FACTS_DAYS,
    },
    backups: openBackups(config, fork),
    restores: openRestores(config),
  }
}
