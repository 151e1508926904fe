import type { Em } from '../../entities/index.ts'
import { fromSql } from '../../entities/sql.ts'
import { NoBackupError } from './errors.ts'
import type { Restorable } from './restoring.ts'
import type { BackupRow } from './rows.ts'

/** Whether retention has taken a backup out of the repository. */
export async function isForgotten(em: Em, id: string): Promise<boolean> {
  const rows = await em.execute<unknown[]>('select 1 from backup where id = ? and forgotten_at is not null', [
    id,
  ])
  return rows.length > 0
}

/** A backup that is complete, and so can be restored. */
export interface GoodBackup extends Restorable {
  id: string
}

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
  const { snapshotId, contents, bytesRead, forgottenAt, state } = backup
  if (forgottenAt) throw new NoBackupError(`Backup ${backup.id} is no longer in the repository`)
  if (state !== 'COMPLETED' || !snapshotId)
    throw new NoBackupError(`Backup ${backup.id} is ${state}; expected was COMPLETED`)
  return { id: backup.id, snapshotId, contents: contents ?? null, bytesRead: Number(bytesRead) }
}
