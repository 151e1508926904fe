import type { JobContext } from '../../ledger/definition.ts'
import type { Services } from '../../runtime/services.ts'
import { LowDiskError } from './low-disk.ts'
import type { RestoreProgress } from './restoring.ts'

/** A restored database has its indexes built anew, and the server's log grows meanwhile. */
const factor = 1.3
/** What the server needs for itself. */
const reserveBytes = 512 * 1024 ** 2

/**
 * Makes sure before the restore that there is room for it, as far as this host can know.
 * @throws LowDiskError
 */
export async function checkRoom({
  em,
  services: { restores },
}: Pick<JobContext<RestoreProgress, Services>, 'em' | 'services'>): Promise<void> {
  const free = await restores.freeBytes(em)
  if (free === undefined) return
  const [row] = await em.execute<{ bytes: string | null }[]>(
    'select sum(data_length + index_length) as bytes from information_schema.tables where table_schema = ?',
    [restores.database],
  )
  const needed = Number(row?.bytes ?? 0) * factor + reserveBytes
  if (free < needed) throw new LowDiskError('MariaDB', needed, free)
}
