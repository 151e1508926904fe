import type { JobContext } from '../../ledger/definition.ts'
import { inTransaction } from '../../ledger/sql.ts'
import { replayErasures, type Tombstone } from '../../marketing/erasure.ts'
import type { Services } from '../../runtime/services.ts'
import type { GoodBackup } from './find-backup.ts'
import type { RestoreProgress } from './restoring.ts'
import { settleRestored } from './settle-restored.ts'

type Context = Pick<JobContext<RestoreProgress, Services>, 'services' | 'signal' | 'progress'>

/**
 * Brings a restored database to the version of this code, closes what was open only because of the backup, and erases again
 * who was erased since.
 * @returns how many leads of the backup were erased again
 */
export async function makeUsable(
  { services, signal, progress }: Context,
  backup: GoodBackup,
  database: string,
  tombstones: readonly Tombstone[],
): Promise<number> {
  progress({ phase: 'ERASURES', percent: 0 })
  const restored = await services.restores.openMigrated(database)
  try {
    await inTransaction(restored.fork, (em) => settleRestored(em, backup))
    let replayed = 0
    for (const [index, tombstone] of tombstones.entries()) {
      signal.throwIfAborted()
      replayed += await inTransaction(restored.fork, (em) => replayErasures(em, [tombstone]))
      progress({ phase: 'ERASURES', percent: Math.round(((index + 1) / tombstones.length) * 100) })
    }
    return replayed
  } finally {
    await restored.close()
  }
}
