import { z } from 'zod'
import type { JobContext } from '../ledger/definition.ts'
import type { Services } from '../runtime/services.ts'
import { readErasures } from './backup/erasures.ts'
import { BackupNotRestorableError } from './backup/errors.ts'
import { findBackup } from './backup/find-backup.ts'
import { makeUsable } from './backup/make-usable.ts'
import { type RestoreProgress, restoreAndCompare, restoreProgress } from './backup/restoring.ts'
import { checkRoom } from './backup/room.ts'
import { checkTargetName, claimTarget, dropIfOwn, releaseTarget, targetName } from './backup/target.ts'
import { defineJob } from './define-job.ts'

interface Result {
  /** Point DATABASE_URL at it to use it. */
  database: string
  tables: number
  rows: number
  /** Leads that were in the backup and had been erased since; they are erased again. */
  erasuresReplayed: number
}

interface Input {
  backupId: string
  database?: string | undefined
  confirm: string
}

type Context = JobContext<RestoreProgress, Services>

const input = z
  .strictObject({
    backupId: z.string().max(40).describe('Id of the backup'),
    database: z.string().max(64).optional().describe('A new or an empty one; by default a new one'),
    confirm: z.string().max(60).describe('`restore` and the backup’s id'),
  })
  .refine(({ backupId, confirm }) => confirm === `restore ${backupId}`, {
    path: ['confirm'],
    error: 'must be the word restore and the id of the backup, with a space between',
  })

/**
 * Restores a backup into a new database; the one in use is only read.
 * 1. Claim the database: it must be new or empty. 2. Load, and compare with what was dumped. 3. Bring it to the version
 * of this code. 4. Erase again who was erased since. A restore that does not come to its end leaves no database.
 */
export const backupRestore = defineJob<Input, RestoreProgress, Result>({
  name: 'backup.restore',
  description: 'Restores a backup into a new database, without whoever was erased since.',
  input,
  progress: restoreProgress,
  app: 'backup.daily',
  scope: 'INSTALLATION',
  attempts: 4,
  backoff: { type: 'exponential', delay: 30_000 },
  timeoutMs: 12 * 3_600_000,
  concurrency: 1,
  mutation: { permission: 'installation:admin' },
  async run({ backupId, database }, context) {
    const { services, job, step, transaction, say } = context
    const name = database ?? (await step('name', async () => targetName(services.restores.database, job.id)))
    checkTargetName(name, services.restores.database)
    const result = await step('restore', () => restoreInto(context, backupId, name))
    await transaction((em) => releaseTarget(em, name))
    say(`Restored into ${name}`)
    return result
  },
})

async function restoreInto(context: Context, backupId: string, database: string): Promise<Result> {
  const { em, job, transaction, log } = context
  const backup = await findBackup(em, backupId)
  await checkRoom(context)
  await claimTarget(em, database, job.id)
  try {
    const { findings, tables, rows } = await restoreAndCompare(context, backup, database)
    if (findings.length > 0) throw new BackupNotRestorableError(backup.id, findings)
    const erasuresReplayed = await makeUsable(context, backup, database, await readErasures(context))
    return { database, tables, rows, erasuresReplayed }
  } catch (error) {
    await transaction((tx) => dropIfOwn(tx, database, job.id)).catch((err: Error) =>
      log.warn({ err, database }, 'The unfinished database could not be dropped'),
    )
    throw error
  }
}
