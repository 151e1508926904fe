import type { Backup } from '../../entities/backup.ts'
import type { Em } from '../../entities/index.ts'
import { fromSql } from '../../entities/sql.ts'
import { NoBackupError } from './errors.ts'

export type BackupRow = { [K in keyof Backup as K extends symbol ? never : K]: Backup[K] }
/** A backup that is complete, and so can be restored. */
export type GoodBackup = BackupRow & { snapshotId: string; contents: NonNullable<BackupRow['contents']> }

/**
 * A complete backup by its id, or the newest one.
 * @throws NoBackupError
 */
export async function findBackup(em: Em, id: string | undefined): Promise<GoodBackup> {
  const [condition, values] = id ? ['id = ?', [id]] : ["state = 'COMPLETED' and forgotten_at is null", []]
  const [raw] = await em.execute<Record<string, unknown>[]>(
    `select * from backup where ${condition} order by started_at desc, id desc limit 1`,
    values,
  )
  if (!raw) throw new NoBackupError(id ? `There is no backup ${id}` : 'There is no complete backup yet')
  const backup = fromSql<BackupRow>(raw)
  if (backup.forgottenAt) throw new NoBackupError(`Backup ${backup.id} is no longer in the repository`)
  if (!isGood(backup))
    throw new NoBackupError(`Backup ${backup.id} is ${backup.state}; expected was COMPLETED`)
  return backup
}

const isGood = (backup: BackupRow): backup is GoodBackup =>
  backup.state === 'COMPLETED' && Boolean(backup.snapshotId && backup.contents)
