import { statfs } from 'node:fs/promises'
import { text as readText } from 'node:stream/consumers'
import type { TableContent } from '../../entities/backup.ts'
import type { Em } from '../../entities/index.ts'
import { fingerprintDatabase } from '../../integrations/mariadb-tools/fingerprint.ts'
import type { ProgramError } from '../../integrations/programs/errors.ts'
import type { Restic } from '../../integrations/restic/restic.ts'
import { type Config, programEnv } from '../config.ts'
import { type DatabaseConfig, databaseNamed, databaseOf, migrate, openOrm } from '../db.ts'
import { damageOf, loadBackup } from './load.ts'
import { dumpFile, openRepository } from './open.ts'

/** What a repository or a dump turns out to be when it is read. */
export interface Damage {
  kind: 'REPOSITORY' | 'RESTORE'
  message: string
}

/** Another database on the server of the one in use. */
interface OtherDatabase {
  fork(): Em
  close(): Promise<void>
}

/** A small text kept beside the backups. */
interface Kept {
  filename: string
  /** What it is found by. */
  tags: readonly string[]
}

/** Taking backups out of the repository again. */
export interface Restores {
  /** Name of the database in use. */
  database: string
  /** Looks for damage in the repository. @throws when it cannot be read at all */
  check(signal: AbortSignal): Promise<Damage[]>
  /**
   * Loads a dump into a database that is there and empty. `onBytes` is told how many have been read.
   * @returns what is wrong with the backup; empty when all of it was loaded
   * @throws when it did not come so far, for a reason that says nothing about the backup
   */
  load(
    what: { snapshotId: string; database: string },
    signal: AbortSignal,
    onBytes: (bytes: number) => void,
  ): Promise<Damage[]>
  /** What the tables of a database hold, and the newest time in them. */
  fingerprint(
    em: Em,
    database: string,
    onTable?: (name: string) => void,
  ): Promise<{ tables: TableContent[]; newestRowAt: Date | null }>
  /** Free bytes where the server keeps its data; undefined when that is on another host. */
  freeBytes(em: Em): Promise<number | undefined>
  /** Brings another database to the version of this code and opens it. */
  openMigrated(database: string): Promise<OtherDatabase>
  /** Keeps a text; earlier ones with the same tags go. */
  store(kept: Kept & { text: string }, signal: AbortSignal): Promise<void>
  /** The newest text with these tags; undefined when there is none. */
  readNewest(kept: Kept, signal: AbortSignal): Promise<string | undefined>
}

interface RestoresSettings {
  /** The repository. @throws ProgramError when none is set */
  restic: () => Restic
  database: DatabaseConfig
  /** Environment of the programs. */
  env: Readonly<Record<string, string>>
  /** Share of the stored data that each check reads, e.g. `5%`; empty: none. */
  checkSubset: string
}

export function createRestores({ restic, database, env, checkSubset }: RestoresSettings): Restores {
  return {
    database: databaseOf(database),
    async check(signal) {
      try {
        await restic().unlock(signal)
        await restic().check(signal, checkSubset || undefined)
        return []
      } catch (error) {
        return [damageOf(error)]
      }
    },
    load: ({ snapshotId, database: name }, signal, onBytes) => {
      const target = { url: databaseNamed(database, name).DATABASE_URL, env }
      return loadBackup({ restic: restic(), snapshotId, filename: dumpFile, target }, signal, onBytes)
    },
    fingerprint: (em, name, onTable) => fingerprintDatabase((sql) => em.execute(sql), name, onTable),
    freeBytes: (em) => freeBytes(em, database),
    openMigrated: (name) => openMigrated(databaseNamed(database, name)),
    store: (kept, signal) => store(restic(), kept, signal),
    readNewest: (kept, signal) => readNewest(restic(), kept, signal),
  }
}

/** For the jobs of this installation. */
export function openRestores(config: Config): Restores {
  const restic = () => openRepository(config)
  return createRestores({
    restic,
    database: config,
    env: programEnv(),
    checkSubset: config.BACKUP_CHECK_SUBSET,
  })
}

async function store(restic: Restic, { filename, tags, text }: Kept & { text: string }, signal: AbortSignal) {
  const backup = restic.backupStream({ filename, tags }, signal)
  backup.stdin.write(text)
  const { snapshotId } = await backup.finish()
  const earlier = await snapshotsWith(restic, tags, signal)
  // Older restics tell the short form of an id.
  const ids = earlier.map(({ id }) => id).filter((id) => !id.startsWith(snapshotId))
  await restic.forget(ids, signal).catch((error: ProgramError) => {
    // The next one does it: what matters is kept.
    if (error.code !== 'LOCKED') throw error
  })
}

async function readNewest(restic: Restic, { filename, tags }: Kept, signal: AbortSignal) {
  const newest = (await snapshotsWith(restic, tags, signal)).at(-1)
  if (!newest) return undefined
  const { stdout, ended } = restic.dump({ snapshotId: newest.id, filename }, signal)
  const [content] = await Promise.all([readText(stdout), ended])
  return content
}

/** Oldest first. */
async function snapshotsWith(restic: Restic, tags: readonly string[], signal: AbortSignal) {
  const all = await restic.snapshots(signal)
  return all.filter((snapshot) => tags.every((tag) => snapshot.tags.includes(tag)))
}

/** MariaDB tells its folder, but only on its own host does it mean anything. */
async function freeBytes(em: Em, { DATABASE_URL }: DatabaseConfig): Promise<number | undefined> {
  if (!['127.0.0.1', 'localhost', '[::1]'].includes(new URL(DATABASE_URL).hostname)) return undefined
  const [row] = await em.execute<{ dir: string }[]>('select @@datadir as dir')
  try {
    const { bavail, bsize } = await statfs(row!.dir)
    return bavail * bsize
  } catch {
    return undefined
  }
}

async function openMigrated(config: DatabaseConfig): Promise<OtherDatabase> {
  await migrate(config)
  const orm = await openOrm(config)
  return { fork: () => orm.em.fork() as Em, close: () => orm.close() }
}
