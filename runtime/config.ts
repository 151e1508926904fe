import { readFileSync } from 'node:fs'
import { z } from 'zod'

const url = (...protocols: string[]) =>
  z.url({
    protocol: new RegExp(`^(${protocols.join('|')})$`),
    error: `expected a URL starting with ${protocols.join(':// or ')}://`,
  })
const count = (fallback: number, min = 1, max = 1_000_000) =>
  z.coerce.number().int().min(min).max(max).default(fallback)
const secret = () => z.string().min(8)

/**
 * Every setting: what it is, its unit and its default. `docs/configuration.md` is generated from this table;
 * a setting named `*_FILE` instead of `*` names a file that holds the value.
 */
export const settings = {
  NODE_ENV: z
    .enum(['development', 'test', 'production'])
    .default('production')
    .describe('What kind of installation this is'),
  DATABASE_URL: url('mysql', 'mariadb')
    .describe('MariaDB, e.g. mysql://user:password@host:3306/solaria')
    .meta({ secret: true }),
  REDIS_URL: url('redis', 'rediss')
    .describe('Redis 6.2 or newer with maxmemory-policy noeviction')
    .meta({ secret: true }),
  REDIS_PREFIX: z
    .string()
    .regex(/^[a-z0-9_-]{1,32}$/)
    .default('solaria')
    .describe('Start of every Redis key; one per installation'),
  DATABASE_POOL: count(10, 2, 200).describe('Largest number of MariaDB connections of one process'),

  HOST: z.string().default('127.0.0.1').describe('Address the API listens on'),
  PORT: count(4000, 0, 65_535).describe('Port the API listens on'),
  PUBLIC_URL: url('http', 'https')
    .optional()
    .describe('Address under which vendors and browsers reach the API; default: http://HOST:PORT'),
  CORS_ORIGINS: z
    .string()
    .default('')
    .describe('Origins of browser pages that may call the API, separated by commas'),
  GRAPHIQL: z.stringbool().default(true).describe('Serve GraphiQL under /graphql in a browser'),
  MAX_BODY_BYTES: count(1_000_000, 1_000, 25_000_000).describe('Largest request body in bytes'),
  MAX_QUERY_DEPTH: count(12, 3, 50).describe('Deepest nesting of a GraphQL document'),
  MAX_QUERY_COST: count(5_000, 100, 1_000_000).describe(
    'Largest cost of a GraphQL document; a field costs 1, a list multiplies by its page size',
  ),
  MAX_SOCKETS_PER_KEY: count(50, 1, 10_000).describe(
    'WebSocket connections one API key may hold per process',
  ),
  MAX_SUBSCRIPTIONS_PER_SOCKET: count(50, 1, 10_000).describe(
    'Subscriptions one WebSocket connection may hold',
  ),

  WORKER_JOBS: z
    .string()
    .default('')
    .describe('Names of the jobs a worker process runs, separated by commas; default: all'),
  WORKER_CONCURRENCY: count(0, 0, 500).describe(
    "Jobs a worker process runs at once per name; 0 means the job definition's own value",
  ),
  WORKER_LOCK_SECONDS: count(30, 1, 3_600).describe(
    'A worker that dies is noticed after this time and a third of it; a longer stall of its event loop costs it its jobs',
  ),
  WORKER_HEALTH_PORT: count(0, 0, 65_535).describe(
    'Port of the worker’s and the dispatcher’s /healthz, /readyz and /metrics; 0 picks a free one',
  ),
  SHUTDOWN_SECONDS: count(20, 1, 600).describe(
    'How long a process may take to stop; keep it below kill_timeout of PM2',
  ),
  RETENTION_DAYS: count(400, 1, 36_500).describe('Days a finished job stays in the ledger'),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('Least severe log line written'),

  MAILCHIMP_BASE_URL: url('http', 'https').describe('e.g. https://us19.api.mailchimp.com/3.0'),
  MAILCHIMP_API_KEY: secret().describe('Key of the Mailchimp account').meta({ secret: true }),
  MAILCHIMP_LIST_ID: z.string().min(1).describe('Audience that leads are added to'),
  MANDRILL_BASE_URL: url('http', 'https')
    .default('https://mandrillapp.com/api/1.0')
    .describe('Mailchimp Transactional API'),
  MANDRILL_API_KEY: secret().describe('Key of the Mandrill account').meta({ secret: true }),
  MANDRILL_FROM_EMAIL: z
    .email()
    .describe('Sender of the welcome e-mail; its domain must be verified at Mandrill'),
  MANDRILL_FROM_NAME: z.string().default('').describe('Name shown as the sender'),
  MANDRILL_WELCOME_TEMPLATE: z.string().default('welcome').describe('Slug of the welcome template'),
  MANDRILL_WEBHOOK_KEYS: z
    .string()
    .default('')
    .describe('Keys that sign Mandrill’s webhooks, separated by commas (several during a rotation)')
    .meta({ secret: true }),
  MANDRILL_SEARCH_AFTER_SECONDS: count(60, 0, 3_600).describe(
    'Wait before asking Mandrill whether a message whose answer was lost was sent',
  ),
  WHATSAPP_BASE_URL: url('http', 'https')
    .default('https://graph.facebook.com/v25.0')
    .describe('WhatsApp Cloud API with its version'),
  WHATSAPP_TOKEN: secret().describe('System user token').meta({ secret: true }),
  WHATSAPP_PHONE_NUMBER_ID: z.string().min(1).describe('Id of the sending phone number (not the number)'),
  WHATSAPP_WELCOME_TEMPLATE: z
    .string()
    .default('welcome_lead')
    .describe('Name of the approved welcome template'),
  WHATSAPP_WELCOME_LANGUAGES: z
    .string()
    .default('en')
    .describe('Languages the template is approved in, separated by commas; the first is the fallback'),
  WHATSAPP_APP_SECRETS: z
    .string()
    .default('')
    .describe('App secrets that sign WhatsApp’s webhooks, separated by commas')
    .meta({ secret: true }),
  WHATSAPP_VERIFY_TOKEN: z
    .string()
    .default('')
    .describe('Token Meta sends when the webhook is set up')
    .meta({ secret: true }),
  HUBSPOT_BASE_URL: url('http', 'https').default('https://api.hubapi.com').describe('HubSpot API'),
  HUBSPOT_TOKEN: secret().describe('Service key').meta({ secret: true }),
  HUBSPOT_API_VERSION: z
    .string()
    .regex(/^\d{4}-\d{2}$/)
    .default('2026-09')
    .describe('Date-versioned API release'),
} as const

const table = z.object(settings)
export type Config = z.infer<typeof table>

/** Raised with every bad setting at once. */
export class ConfigError extends Error {
  readonly problems: string[]
  constructor(problems: string[]) {
    super(`Configuration is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

function withFiles(env: NodeJS.ProcessEnv): Record<string, string> {
  const values: Record<string, string> = {}
  for (const name of Object.keys(settings)) {
    const file = env[`${name}_FILE`]
    const value = env[name] ?? (file ? readFileSync(file, 'utf8').trim() : undefined)
    if (value !== undefined && value !== '') values[name] = value
  }
  return values
}

/**
 * Reads and checks all settings.
 * @param env where to read them; defaults to the process's environment
 * @throws ConfigError naming every setting that is missing or wrong; it never repeats a value
 */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const result = table.safeParse(withFiles(env))
  if (result.success) return result.data
  throw new ConfigError(
    result.error.issues.map(
      (issue) => `${issue.path.join('.')}: ${issue.message}. ${describe(String(issue.path[0]))}`,
    ),
  )
}

function describe(name: string): string {
  return settings[name as keyof typeof settings]?.description ?? ''
}

/** Splits a comma-separated setting; empty parts are dropped. */
export function listOf(value: string): string[] {
  return value
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
}

/** Address under which this API is reached from outside. */
export function publicUrl(config: Config): string {
  return (config.PUBLIC_URL ?? `http://${config.HOST}:${config.PORT}`).replace(/\/$/, '')
}
