import type { Em } from '../../entities/index.ts'
import type { Backups } from '../../runtime/backups/backups.ts'
import { LowDiskError } from './low-disk.ts'
import { lastAdded } from './rows.ts'

/** Less room than this is too little for anything. */
const leastBytes = 64 * 1024 * 1024

/**
 * Makes sure that there is room for a backup before it begins. The first one may take as much as the tables do; later
 * ones add what is new, for which twice the last one's share is reserved.
 * @throws LowDiskError
 */
export async function checkRepositoryRoom(
  em: Em,
  backups: Pick<Backups, 'freeBytes' | 'dumpBytes'>,
): Promise<void> {
  const free = await backups.freeBytes()
  if (free === undefined) return
  const added = await lastAdded(em)
  const needed = Math.max(leastBytes, added === undefined ? await backups.dumpBytes(em) : 2 * added)
  if (free < needed) throw new LowDiskError('the repository', needed, free)
}
