import type { TableContent } from '../../entities/backup.ts'
import type { Em } from '../../entities/index.ts'

/**
 * In a restored database the backup it came from is still being made: its own row was dumped before it was complete. Left
 * so, its job would run again and take that very backup out of the repository as unfinished.
 */
export async function settleRestored(
  em: Em,
  backup: { id: string; snapshotId: string; contents: TableContent[] | null },
): Promise<void> {
  const now = new Date()
  await em.execute(
    `update backup set state = 'COMPLETED', finished_at = ?, snapshot_id = ?, contents = ?, problem_code = null, problem = null
     where id = ? and state <> 'COMPLETED'`,
    [now, backup.snapshotId, backup.contents && JSON.stringify(backup.contents), backup.id],
  )
  await em.execute(
    `update job j join backup b on b.job_id = j.id set j.state = 'COMPLETED', j.finished_at = ?, j.check_at = null, j.updated_at = ?
     where b.id = ? and j.state not in ('COMPLETED', 'DEAD', 'CANCELLED')`,
    [now, now, backup.id],
  )
}
