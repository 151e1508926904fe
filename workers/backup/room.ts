import type { JobContext } from '../../ledger/definition.ts'
import type { Services } from '../../runtime/services.ts'
import type { RestoreProgress } from './restoring.ts'

/** A restored database has its indexes built anew, and the server's log grows meanwhile. */
const factor = 1.3
/** What the server needs for itself. */
const reserveBytes = 512 * 1024 ** 2

/** There is no room for a second database; it says nothing about the backup, and passes when somebody makes room. */
class LowDiskError extends Error {
  readonly errorClass = 'TRANSIENT'
  readonly code = 'LOW_DISK'
  constructor(free: number, needed: number) {
    super(`MariaDB's disk has ${inMb(free)} MB free; restoring takes about ${inMb(needed)} MB`)
    this.name = new.target.name
  }
}

const inMb = (bytes: number) => Math.ceil(bytes / 1_000_000)

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
  if (free < needed) throw new LowDiskError(free, needed)
}
