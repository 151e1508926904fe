import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { backupSettings } from './backup-settings.ts'
import { retentionSettings } from './retention-settings.ts'
import { count, encryptionKeys, url } from './setting.ts'
import { missingCredentials, vendorSettings } from './vendor-settings.ts'

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
  WORKSPACE: z
    .string()
    .default('')
    .describe('Slug of the workspace whose vendor accounts are those below; default: the oldest workspace'),
  ENCRYPTION_KEYS: encryptionKeys().meta({ secret: true }),
  ...retentionSettings,
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('Least severe log line written'),

  ...backupSettings,

  ...vendorSettings,
} as const

const table = z.object(settings).superRefine((values, context) => {
  for (const { name, message } of missingCredentials(values))
    context.addIssue({ code: 'custom', path: [name], message })
})
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

/** What programs that are started get of the environment: where to find others, and where to keep their caches and keys. */
export function programEnv(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'XDG_CACHE_HOME', 'SSH_AUTH_SOCK', 'LANG']
  return Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name]]] : [])))
}
