import { MikroORM, type Options } from '@mikro-orm/mariadb'
import { Migrator } from '@mikro-orm/migrations'
import { entities } from '../entities/index.ts'
import { scopeFilter, workspaceFilter } from '../entities/scope.ts'
import type { Config } from './config.ts'

/** Only home of the MariaDB driver. */

export type Orm = MikroORM
/** Which database, and how many connections to it. */
export type DatabaseConfig = Pick<Config, 'DATABASE_URL' | 'DATABASE_POOL'>

/** Name of the database. */
export const databaseOf = ({ DATABASE_URL }: DatabaseConfig) =>
  decodeURIComponent(new URL(DATABASE_URL).pathname.slice(1))

/** Another database on the same server, with few connections. */
export function databaseNamed({ DATABASE_URL }: DatabaseConfig, name: string): DatabaseConfig {
  const url = new URL(DATABASE_URL)
  url.pathname = `/${encodeURIComponent(name)}`
  return { DATABASE_URL: url.href, DATABASE_POOL: 2 }
}

/** Longest wait for a connection of the pool, in queued requests; beyond it a query fails instead of waiting for ever. */
const poolQueueLimit = 1_000

/** @param snapshot whether to keep what the entities are now in a file beside the migrations */
function ormOptions(config: DatabaseConfig, snapshot: boolean): Options {
  return {
    entities,
    filters: { [scopeFilter]: workspaceFilter },
    // Relations are columns here (`mapToPk`): nothing is to be joined for them.
    filtersOnRelations: false,
    clientUrl: config.DATABASE_URL.replace(/^mariadb:/, 'mysql:'),
    charset: 'utf8mb4',
    collate: 'utf8mb4_unicode_ci',
    timezone: 'Z',
    flushMode: 'commit',
    extensions: [Migrator],
    pool: { min: 0, max: config.DATABASE_POOL, idleTimeoutMillis: 600_000 },
    driverOptions: {
      queueLimit: poolQueueLimit,
      // MikroORM makes `min: 0` "keep no idle connection"; the driver closes by and by only when one is less than all.
      maxIdle: Math.max(1, config.DATABASE_POOL - 1),
      // Says goodbye when it closes one, which MariaDB would otherwise log as aborted.
      gracefulEnd: true,
    },
    migrations: {
      path: new URL('../migrations', import.meta.url).pathname,
      emit: 'ts',
      snapshot,
      snapshotName: '.snapshot',
      safe: false,
      silent: true,
    },
    debug: false,
  }
}

/** Opens the ORM. It connects with the first query; `ping` tells whether the database answers. */
export function openOrm(config: DatabaseConfig): Promise<Orm> {
  // Migrating would write the snapshot too: an installation whose files have changed takes no next version from git.
  return MikroORM.init(ormOptions(config, false))
}

/** What Kysely hands over of a new connection. */
interface RawConnection {
  executeQuery(query: { sql: string; parameters: readonly unknown[] }): Promise<unknown>
}

/** Opens the ORM with connections on which MariaDB ends every statement after so many seconds. */
export function openOrmWithin(config: DatabaseConfig, statementSeconds: number): Promise<Orm> {
  const sql = `set session max_statement_time = ${statementSeconds}`
  return MikroORM.init({
    ...ormOptions(config, false),
    onCreateConnection: async (connection) => {
      await (connection as RawConnection).executeQuery({ sql, parameters: [] })
    },
  })
}

/** Resolves when the database answers. @throws the driver's error when it does not */
export async function ping(orm: Orm): Promise<void> {
  await orm.em.fork().execute('select 1')
}

/**
 * Brings the database to the newest version; two processes doing so at once wait for each other.
 * @returns the names of the migrations that were applied
 */
export async function migrate(config: DatabaseConfig): Promise<string[]> {
  const orm = await openOrm(config)
  try {
    await takeLock(orm)
    const applied = await orm.migrator.up()
    return applied.map(({ name }) => name)
  } finally {
    await orm.close()
  }
}

/** Names of the migrations that the database has not had. @throws the driver's error when it does not answer */
export async function pendingMigrations(config: DatabaseConfig): Promise<string[]> {
  const orm = await openOrm(config)
  try {
    return (await orm.migrator.getPending()).map(({ name }) => name)
  } finally {
    await orm.close()
  }
}

/**
 * Writes a migration from the difference between the entities and the last migration's snapshot.
 * @param name what it does, e.g. `add-score`
 * @returns the name of the file, or undefined when there is no difference
 */
export async function createMigration(config: DatabaseConfig, name: string): Promise<string | undefined> {
  const orm = await MikroORM.init(ormOptions(config, true))
  try {
    const { fileName } = await orm.migrator.create(undefined, false, false, name)
    return fileName || undefined
  } finally {
    await orm.close()
  }
}

/** The lock ends with its connection, so a crash in the middle does not leave it behind. */
async function takeLock(orm: Orm): Promise<void> {
  const [row] = await orm.em
    .fork()
    .execute<{ taken: number }[]>("select get_lock(concat('solaria_migrate:', md5(database())), 60) as taken")
  if (row?.taken !== 1) throw new Error('Another process has been migrating this database for over 60 s')
}
