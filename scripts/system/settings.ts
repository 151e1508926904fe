import { join } from 'node:path'
import type { Services } from '../services/index.ts'
import { dataDir } from './paths.ts'

/** Where the parts of a development system listen on 127.0.0.1. */
export interface Ports {
  api: number
  sandbox: number
}

/** The port that `PORT` asks for; undefined: any free one. */
export function wantedPort({ PORT = '' }: NodeJS.ProcessEnv): number | undefined {
  if (!PORT) return undefined
  const port = Number(PORT)
  if (Number.isInteger(port) && port > 0 && port < 65_400) return port
  throw new Error(`PORT is "${PORT}"; expected was a number from 1 to 65399, or none for a free port.`)
}

export const apiUrl = ({ api }: Ports) => `http://127.0.0.1:${api}`
export const sandboxUrl = ({ sandbox }: Ports) => `http://127.0.0.1:${sandbox}`

// The sandbox takes any key of the vendor's form; these are no secrets.
const webhookSecret = 'sandbox-webhook-secret'

/**
 * The settings of a system on this machine whose vendors are the sandbox. They beat the environment's, so that
 * `npm start` never writes to real people, whatever keys a shell has loaded.
 */
export function developmentSettings(services: Pick<Services, 'databaseUrl' | 'redisUrl'>, ports: Ports) {
  return {
    NODE_ENV: 'development',
    // A settings file of this machine is that of an installation with real vendors.
    SOLARIA_SETTINGS: 'none',
    DATABASE_URL: services.databaseUrl,
    REDIS_URL: services.redisUrl,
    HOST: '127.0.0.1',
    PORT: String(ports.api),
    PUBLIC_URL: apiUrl(ports),
    ...vendors(sandboxUrl(ports)),
    ...backups,
    ...sandbox(ports),
  }
}

// What is in there are made-up people; the password is no secret.
const backups = { BACKUP_REPOSITORY: join(dataDir, 'backups'), BACKUP_PASSWORD: 'development-backups' }

function vendors(url: string) {
  return {
    MAILCHIMP_BASE_URL: `${url}/mc/3.0`,
    MAILCHIMP_API_KEY: '0123456789abcdef0123456789abcdef-us19',
    MAILCHIMP_LIST_ID: 'a6b5da1054',
    // Nobody wants to watch a demo for the two minutes a lost creation is waited for.
    MAILCHIMP_SETTLE_SECONDS: '1',
    MANDRILL_BASE_URL: `${url}/mandrill/api/1.0`,
    MANDRILL_API_KEY: 'md-sandbox-key',
    MANDRILL_FROM_EMAIL: 'hello@solaria.example',
    MANDRILL_FROM_NAME: 'Solaria',
    MAILCHIMP_WEBHOOK_SECRETS: webhookSecret,
    MANDRILL_WEBHOOK_KEYS: webhookSecret,
    // The sandbox finds a sent mail after 2 s; nobody wants to watch a demo for the minute Mandrill takes.
    MANDRILL_SEARCH_AFTER_SECONDS: '3',
    WHATSAPP_BASE_URL: `${url}/wa/v25.0`,
    WHATSAPP_TOKEN: 'sandbox-whatsapp',
    WHATSAPP_PHONE_NUMBER_ID: '106540352242922',
    WHATSAPP_WELCOME_LANGUAGES: 'en,es,de',
    WHATSAPP_APP_SECRETS: webhookSecret,
    WHATSAPP_VERIFY_TOKEN: 'sandbox-verify-token',
    HUBSPOT_BASE_URL: `${url}/hs`,
    HUBSPOT_TOKEN: 'pat-sandbox-hubspot',
    HUBSPOT_CLIENT_SECRET: webhookSecret,
    HUBSPOT_PORTAL_ID: '62515',
  }
}

function sandbox(ports: Ports) {
  const api = apiUrl(ports)
  return {
    SANDBOX: '1',
    SANDBOX_PORT: String(ports.sandbox),
    SANDBOX_MAILCHIMP_WEBHOOK_URL: `${api}/webhooks/mailchimp`,
    SANDBOX_MAILCHIMP_WEBHOOK_SECRET: webhookSecret,
    SANDBOX_HUBSPOT_WEBHOOK_URL: `${api}/webhooks/hubspot`,
    SANDBOX_HUBSPOT_CLIENT_SECRET: webhookSecret,
    SANDBOX_MANDRILL_WEBHOOK_URL: `${api}/webhooks/mandrill`,
    SANDBOX_MANDRILL_WEBHOOK_KEY: webhookSecret,
    SANDBOX_WHATSAPP_WEBHOOK_URL: `${api}/webhooks/whatsapp`,
    SANDBOX_WHATSAPP_APP_SECRET: webhookSecret,
  }
}
