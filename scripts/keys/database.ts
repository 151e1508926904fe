import { randomUUID } from 'node:crypto'
import { userInfo } from 'node:os'
import type { Em } from '../../entities/index.ts'
import { inTransaction } from '../../ledger/sql.ts'
import { type Config, hasSettingsFile, loadConfig } from '../../runtime/config.ts'
import { openOrm } from '../../runtime/db.ts'
import { startMariadb } from '../services/index.ts'
import { dataDir } from '../system/paths.ts'
import { developmentSettings } from '../system/settings.ts'

/** The database of the settings file, else the one at DATABASE_URL, else that of `npm start`; and who works on it. */
export interface Database {
  transaction<T>(work: (em: Em) => Promise<T>): Promise<T>
  /** Slug of the default workspace; empty: the oldest. */
  defaultSlug: string
  /** For the audit log: there is no key that could be named. */
  by: { correlationId: string; reason: string }
}

export async function useDatabase<T>(work: (database: Database) => Promise<T>): Promise<T> {
  const given = hasSettingsFile() ? loadConfig() : fromEnvironment()
  const own = given ? undefined : await startMariadb(dataDir)
  try {
    return await withConfig(given ?? configFor({ DATABASE_URL: own?.url }), work)
  } finally {
    await own?.release()
  }
}

async function withConfig<T>(config: Config, work: (database: Database) => Promise<T>): Promise<T> {
  const orm = await openOrm({ ...config, DATABASE_POOL: 2 })
  const by = { correlationId: `keys_${randomUUID()}`, reason: `npm run keys, by ${userInfo().username}` }
  try {
    const fork = () => orm.em.fork() as Em
    return await work({ transaction: (tx) => inTransaction(fork, tx), defaultSlug: config.WORKSPACE, by })
  } finally {
    await orm.close()
  }
}

function fromEnvironment(): Config | undefined {
  const { DATABASE_URL, DATABASE_URL_FILE } = process.env
  return DATABASE_URL || DATABASE_URL_FILE ? configFor({ DATABASE_URL }) : undefined
}

/** Keys need the database alone, so whatever else is not set may be anything valid. */
function configFor({ DATABASE_URL }: { DATABASE_URL: string | undefined }): Config {
  const services = { databaseUrl: '', redisUrl: 'redis://127.0.0.1' }
  const defaults = developmentSettings(services, { api: 4000, sandbox: 4100 })
  return loadConfig({ ...defaults, ...process.env, DATABASE_URL })
}
