import { access, statfs } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Em } from '../../entities/index.ts'
import { ProgramError } from '../../integrations/programs/errors.ts'
import { createRestic, type Restic, type Snapshot } from '../../integrations/restic/restic.ts'
import { type Config, listOf, programEnv } from '../config.ts'
import { databaseOf } from '../db.ts'
import type { Backups } from './backups.ts'
import { dumpInto } from './dump.ts'

/** Tags of what is in the repository; beside them a snapshot has its backup's id. */
export const backupTags = { database: 'database', files: 'files' } as const

/** Name of the dump in its snapshot. */
export const dumpFile = 'database.sql'

const backupIdOf = ({ tags }: Snapshot) => tags.find((tag) => tag.startsWith('bak_'))

/** The repository of the settings. @throws ProgramError when there is none */
export function openRepository(config: Config): Restic {
  if (!config.BACKUP_REPOSITORY || !config.BACKUP_PASSWORD)
    throw new ProgramError('restic', {
      errorClass: 'PERMANENT',
      code: 'NOT_CONFIGURED',
      meaning: 'no repository is set; set BACKUP_REPOSITORY and BACKUP_PASSWORD',
    })
  return createRestic({
    repository: config.BACKUP_REPOSITORY,
    password: config.BACKUP_PASSWORD,
    env: repositoryEnv(programEnv(), config),
  })
}

type S3Keys = Partial<Pick<Config, 'BACKUP_S3_ACCESS_KEY_ID' | 'BACKUP_S3_SECRET_ACCESS_KEY'>>

/** What restic gets of the environment, with the keys of a repository in S3. */
export function repositoryEnv(
  env: Record<string, string>,
  { BACKUP_S3_ACCESS_KEY_ID: id, BACKUP_S3_SECRET_ACCESS_KEY: secret = '' }: S3Keys,
): Record<string, string> {
  return id ? { ...env, AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } : env
}

/** What `backup.daily` works with. */
export function openBackups(config: Config, fork: () => Em): Backups {
  const repository = () => openRepository(config)
  const database = databaseOf(config)
  const files = listOf(config.BACKUP_FILES)

  /** Everything in the repository that belongs to these backups. */
  async function forget(backupIds: readonly string[], signal: AbortSignal): Promise<void> {
    if (backupIds.length === 0) return
    const all = await repository().snapshots(signal)
    const theirs = all.filter((snapshot) => backupIds.includes(backupIdOf(snapshot) ?? ''))
    await repository().forget(
      theirs.map(({ id }) => id),
      signal,
    )
  }

  return {
    files,
    open: async (signal) => {
      await checkThere(files)
      await repository().open(signal)
      await repository().unlock(signal)
    },
    dump: (backupId, signal, onBytes) =>
      dumpInto(
        { restic: repository(), server: { url: config.DATABASE_URL, env: programEnv() }, fork },
        { database, filename: dumpFile, tags: [backupTags.database, backupId] },
        signal,
        onBytes,
      ),
    backupFiles: (backupId, signal, onBytes) =>
      repository().backupPaths({ paths: files, tags: [backupTags.files, backupId] }, signal, (progress) =>
        onBytes(progress.bytesDone, progress.bytesTotal),
      ),
    backupsIn: async (signal) => {
      const ids = (await repository().snapshots(signal)).map(backupIdOf)
      return [...new Set(ids)].filter((id) => id !== undefined)
    },
    forget,
    surplus: async (signal) => {
      const keep = {
        daily: config.BACKUP_KEEP_DAILY,
        weekly: config.BACKUP_KEEP_WEEKLY,
        monthly: config.BACKUP_KEEP_MONTHLY,
      }
      const surplus = await repository().surplus(backupTags.database, keep, signal)
      return surplus.map(backupIdOf).filter((id) => id !== undefined)
    },
    prune: (signal) => repository().prune(signal),
    freeBytes: () => freeBytesOf(config.BACKUP_REPOSITORY),
    dumpBytes: async (em) => {
      const [row] = await em.execute<{ bytes: number | string | null }[]>(
        'select sum(data_length) as bytes from information_schema.tables where table_schema = ?',
        [database],
      )
      return Number(row?.bytes ?? 0)
    },
  }
}

/** restic 0.16 and older leaves out what is not there and ends well. */
async function checkThere(files: readonly string[]): Promise<void> {
  for (const [index, file] of files.entries())
    await access(file).catch((error: NodeJS.ErrnoException) => {
      throw new ProgramError('restic', {
        errorClass: 'PERMANENT',
        code: 'FILES_UNREADABLE',
        meaning: `entry ${index + 1} of BACKUP_FILES cannot be read (${error.code})`,
      })
    })
}

/** Of a path; restic's other kinds of repositories have a scheme. */
async function freeBytesOf(repository: string): Promise<number | undefined> {
  if (/^[a-z0-9]+:/i.test(repository)) return undefined
  for (let path = resolve(repository); ; path = dirname(path)) {
    const found = await statfs(path).catch(() => undefined)
    if (found) return found.bavail * found.bsize
    if (path === dirname(path)) return undefined
  }
}
