import { statfs } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import type { TableContent } from '../entities/backup.ts'
import type { Em } from '../entities/index.ts'
import { fingerprintDatabase } from '../integrations/mariadb-tools/fingerprint.ts'
import type { Restic } from '../integrations/restic/restic.ts'
import { type DatabaseConfig, databaseNamed, databaseOf, migrate, openOrm } from './db.ts'
import { damageOf, loadBackup } from './load-backup.ts'

/** What a repository or a dump turns out to be when it is read. */
export interface Damage {
  kind: 'REPOSITORY' | 'RESTORE'
  message: string
}

/** Another database on the server of the one in use. */
export interface OtherDatabase {
  fork(): Em
  close(): Promise<void>
}

/** A small text kept beside the backups. */
interface Kept {
  filename: string
  tag: string
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
  store(kept: Kept & { text: string }, signal: AbortSignal): Promise<void>
  /** The newest text with this tag; undefined when there is none. */
  readNewest(kept: Kept, signal: AbortSignal): Promise<string | undefined>
}

interface RestoresSettings {
  restic: Restic
  database: DatabaseConfig
  /** Environment of the programs. */
  env: Readonly<Record<string, string>>
  /** Name of the dump in its snapshot. */
  filename: string
  /** Share of the stored data that each check reads, e.g. `5%`; empty: none. */
  checkSubset: string
}

export function createRestores({ restic, database, env, filename, checkSubset }: RestoresSettings): Restores {
  return {
    database: databaseOf(database),
    async check(signal) {
      try {
        await restic.unlock(signal)
        await restic.check(signal, checkSubset || undefined)
        return []
      } catch (error) {
        return [damageOf(error)]
      }
    },
    load: ({ snapshotId, database: name }, signal, onBytes) => {
      const target = { url: databaseNamed(database, name).DATABASE_URL, env }
      return loadBackup({ restic, snapshotId, filename, target }, signal, onBytes)
    },
    fingerprint: (em, name, onTable) => fingerprintDatabase((sql) => em.execute(sql), name, onTable),
    freeBytes: (em) => freeBytes(em, database),
    openMigrated: (name) => openMigrated(databaseNamed(database, name)),
    async store({ filename: name, tag, text: content }, signal) {
      const backup = restic.backupStream({ filename: name, tags: [tag] }, signal)
      backup.stdin.write(content)
      await backup.finish()
    },
    async readNewest({ filename: name, tag }, signal) {
      const newest = (await restic.snapshots([tag], signal)).at(-1)
      if (!newest) return undefined
      const { stdout, ended } = restic.dump({ snapshotId: newest.id, filename: name }, signal)
      const [content] = await Promise.all([text(stdout), ended])
      return content
    },
  }
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
