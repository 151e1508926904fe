import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { backupSettings } from './backup-settings.ts'
import { edgeSettings } from './edge-settings.ts'
import { nearest } from './nearest.ts'
import { retentionSettings } from './retention-settings.ts'
import { count, encryptionKeys, url } from './setting.ts'
import { readSettingsFile } from './settings-file.ts'
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
  DATABASE_READ_POOL: count(10, 2, 200).describe(
    'Largest number of further MariaDB connections of an API process, which only read',
  ),

  HOST: z.string().default('127.0.0.1').describe('Address the API listens on'),
  PORT: count(4000, 0, 65_535).describe('Port the API listens on'),
  API_INSTANCES: count(2, 1, 64).describe('Processes of the API that PM2 runs'),
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
  MAX_QUERY_COST: count(30_000, 100, 1_000_000).describe(
    'Largest cost of a GraphQL document, about the number of objects in its answer; docs/using-the-api.md has the weights',
  ),
  MAX_ANSWER_BYTES: count(10_000_000, 1_000, 100_000_000).describe(
    'Largest answer to a GraphQL operation, and largest event of a subscription, in bytes',
  ),
  MAX_STATEMENT_SECONDS: count(10, 1, 600).describe(
    'MariaDB ends a statement with which the API reads after this time',
  ),
  MAX_READS_PER_KEY: count(4, 1, 200).describe(
    'Statements with which one API key reads at once, per process; more wait. Keep it below DATABASE_READ_POOL',
  ),
  MAX_SOCKETS_PER_KEY: count(50, 1, 10_000).describe(
    'WebSocket connections one API key may hold per process',
  ),
  MAX_SUBSCRIPTIONS_PER_SOCKET: count(50, 1, 10_000).describe(
    'Subscriptions one WebSocket connection may hold',
  ),
  MAX_SUBSCRIPTIONS_PER_KEY: count(500, 1, 100_000).describe(
    'Subscriptions one API key may hold per process, over WebSocket and SSE',
  ),
  ...edgeSettings,

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
  WORKER_HEALTH_PORT: count(0, 0, 65_500).describe(
    'First port of /healthz, /readyz and /metrics of the apps besides the API: the dispatcher has it, each worker app one of the next (docs/deployment.md); 0 picks free ones',
  ),
  SHUTDOWN_SECONDS: count(20, 1, 600).describe(
    'How long a process may take to stop; PM2 kills it 5 seconds later',
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
  LOG_FILE_BYTES: count(50_000_000, 0, 10_000_000_000).describe(
    'A log file that PM2 writes is begun anew at this size, and the one before it kept as .1; 0: logrotate sees to it',
  ),

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

/** Where a process has its settings from; names only. */
export interface ConfigSource {
  /** The file that was read; undefined when the environment was. */
  file: string | undefined
  /** Settings that `OVERRIDE_<NAME>` replaced. */
  overridden: string[]
  /** Settings of the environment that do not count, because there is a file that says otherwise. */
  ignored: string[]
}

/** Everything that may be set: each setting, or a file that holds its value. */
const known = Object.keys(settings).flatMap((name) => [name, `${name}_FILE`])
const override = 'OVERRIDE_'

/**
 * Reads and checks all settings of this process. A settings file, when there is one, is the only source: PM2 starts processes
 * with the environment of their first start for ever. Only `OVERRIDE_<NAME>` of the environment beats it.
 * @throws ConfigError naming everything that is wrong; it never repeats a value
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): { config: Config; source: ConfigSource } {
  const file = readSettingsFile(env, known)
  const overrides = overridesOf(env)
  const values = { ...(file?.values ?? env), ...overrides }
  const source = {
    file: file?.path,
    overridden: Object.keys(overrides),
    ignored: file ? known.filter((name) => env[name] && env[name] !== values[name]) : [],
  }
  return { config: check(values, file?.problems ?? []), source }
}

/**
 * Checks settings.
 * @param env where they are; by default where the process has its own, see `readConfig`
 * @throws ConfigError naming every setting that is missing or wrong; it never repeats a value
 */
export function loadConfig(env?: NodeJS.ProcessEnv): Config {
  return env ? check(env, []) : readConfig().config
}

/** Whether this installation has a settings file. */
export const hasSettingsFile = (env: NodeJS.ProcessEnv = process.env): boolean =>
  readSettingsFile(env, known) !== undefined

function overridesOf(env: NodeJS.ProcessEnv): Record<string, string> {
  const names = known.filter((name) => env[override + name] !== undefined)
  return Object.fromEntries(names.map((name) => [name, env[override + name]!]))
}

/** @param problems what is wrong already; of a file that could not be read there is nothing else to say */
function check(env: NodeJS.ProcessEnv, problems: readonly string[]): Config {
  if (problems.length > 0 && Object.keys(env).length === 0) throw new ConfigError([...problems])
  const { values, unreadable } = withFiles(env)
  const result = table.safeParse(values)
  const issues = (result.error?.issues ?? []).filter(({ path }) => !unreadable.has(String(path[0])))
  const found = [...problems, ...unreadable.values(), ...issues.map((issue) => problemOf(issue, env))]
  if (!result.success || found.length > 0) throw new ConfigError(found)
  return result.data
}

/** Values of the files that `NAME_FILE` names stand in for the settings themselves. */
function withFiles(env: NodeJS.ProcessEnv) {
  const values: Record<string, string> = {}
  const unreadable = new Map<string, string>()
  for (const name of Object.keys(settings)) {
    const file = env[`${name}_FILE`]
    try {
      const value = env[name] || (file ? readFileSync(file, 'utf8').trim() : undefined)
      if (value) values[name] = value
    } catch (error) {
      unreadable.set(name, `${name}_FILE: cannot be read (${(error as NodeJS.ErrnoException).code})`)
    }
  }
  return { values, unreadable }
}

function problemOf({ path, message }: z.core.$ZodIssue, env: NodeJS.ProcessEnv): string {
  const name = String(path[0])
  const given = env[name] ? undefined : nearest(name, misspelt(env))
  const hint = given ? ` ${given} is set, which is no setting.` : ''
  return `${path.join('.')}: ${message}.${hint} ${settings[name as keyof typeof settings]?.description ?? ''}`
}

/** Names of the environment that could be meant as settings. */
const misspelt = (env: NodeJS.ProcessEnv) =>
  Object.keys(env).filter((name) => name.length > 6 && env[name] && !known.includes(name))

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

/** The log files that PM2 keeps for this app. */
export function pm2LogFiles(env: NodeJS.ProcessEnv = process.env): string[] {
  const { pm_out_log_path, pm_err_log_path } = env
  return [...new Set([pm_out_log_path, pm_err_log_path])].filter((file) => file !== undefined)
}

/** What programs that are started get of the environment: where to find others, and where to keep their caches and keys. */
export function programEnv(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'XDG_CACHE_HOME', 'SSH_AUTH_SOCK', 'LANG']
  return Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name]]] : [])))
}
