import { z } from 'zod'
import type { Finding } from '../entities/verification.ts'
import { stopReasons } from '../ledger/classify.ts'
import type { JobContext } from '../ledger/definition.ts'
import type { Services } from '../runtime/services.ts'
import { BackupNotRestorableError } from './backup/errors.ts'
import { findBackup, type GoodBackup, isForgotten } from './backup/find-backup.ts'
import {
  type Restored,
  type RestoreProgress,
  restoreAndCompare,
  restoreProgress,
} from './backup/restoring.ts'
import { checkRoom } from './backup/room.ts'
import { createScratch, dropScratch, sweepScratch } from './backup/scratch.ts'
import { beginVerification, breakOffLost, endVerification, type Verification } from './backup/verification.ts'
import { defineJob } from './define-job.ts'

/** Retention has taken the backup out of the repository before its turn: there is nothing to verify, and nothing wrong. */
interface Forgotten {
  backupId: string
  forgotten: true
}

interface Verified {
  verificationId: string
  passed: boolean
  tables: number
  rows: number
  /** Null when no table tells. */
  newestRowAgeSeconds: number | null
}

type Result = Verified | Forgotten
type Context = JobContext<RestoreProgress, Services>

/**
 * The restore drill: a backup nobody has restored is a hope.
 * 1. Drop what lost workers left, and make sure that there is room.
 * 2. Check the repository.
 * 3. Restore into a scratch database, compare each table with what was dumped, look for rows that refer to nothing.
 * 4. Write the verdict. What is wrong with a backup ends the job as DEAD; what only came between is tried again.
 * 5. Drop the scratch database, whatever happened.
 */
export const backupVerify = defineJob<{ backupId?: string | undefined }, RestoreProgress, Result>({
  name: 'backup.verify',
  description: 'Restores a backup into a scratch database and compares it with what was dumped.',
  input: z.strictObject({
    backupId: z.string().optional().describe('Id of the backup; by default the newest'),
  }),
  progress: restoreProgress,
  app: 'backup.daily',
  scope: 'INSTALLATION',
  attempts: 4,
  backoff: { type: 'exponential', delay: 30_000 },
  timeoutMs: 6 * 3_600_000,
  concurrency: 1,
  mutation: { permission: 'installation:admin' },
  async run({ backupId }, context) {
    const { em, services, job } = context
    if (backupId && (await isForgotten(em, backupId))) return { backupId, forgotten: true }
    const backup = await findBackup(em, backupId)
    const { database } = services.restores
    const verification = await context.transaction((tx) =>
      beginVerification(tx, { id: job.id, backupId: backup.id, database }),
    )
    try {
      return await verify(context, backup, verification)
    } catch (error) {
      await breakOff(context, verification, error)
      throw error
    } finally {
      await cleanUp(context, verification.scratchDatabase)
    }
  },
  onDead: (em, { id }) => breakOffLost(em, id),
})

async function verify(context: Context, backup: GoodBackup, verification: Verification): Promise<Verified> {
  const { em, services, signal, say } = context
  const { scratchDatabase } = verification
  for (const name of await sweepScratch(em, services.restores.database))
    say(`Dropped ${name}, left by a lost worker`)
  await checkRoom(context)
  context.progress({ phase: 'REPOSITORY', percent: 0 })
  const damage = await services.restores.check(signal)
  await createScratch(em, scratchDatabase)
  const restored = await restoreAndCompare(context, backup, scratchDatabase)
  return conclude(context, verification, backup, [...damage, ...restored.findings], restored)
}

async function conclude(
  { transaction }: Context,
  verification: Verification,
  backup: GoodBackup,
  findings: Finding[],
  { tables, rows, newestRowAt }: Restored,
): Promise<Verified> {
  const passed = findings.length === 0
  await transaction((em) =>
    endVerification(em, verification, {
      state: passed ? 'PASSED' : 'FAILED',
      findings,
      tableCount: tables,
      rowCount: rows,
      newestRowAt,
    }),
  )
  if (!passed) throw new BackupNotRestorableError(backup.id, findings)
  const age = newestRowAt && Math.round((Date.now() - newestRowAt.getTime()) / 1_000)
  return { verificationId: verification.id, passed, tables, rows, newestRowAgeSeconds: age }
}

/** A verdict that is written stays. */
async function breakOff(
  { transaction, signal, log }: Context,
  verification: Verification,
  error: unknown,
): Promise<void> {
  if (error instanceof BackupNotRestorableError) return
  const state = signal.reason === stopReasons.cancelled ? 'CANCELLED' : 'BROKEN_OFF'
  await transaction((em) => endVerification(em, verification, { state })).catch((err: Error) =>
    log.warn({ err }, 'The verification could not be marked as ended'),
  )
}

/** What cannot be dropped now, the next verification drops. */
async function cleanUp({ transaction, log }: Context, name: string): Promise<void> {
  await transaction((em) => dropScratch(em, name)).catch((err: Error) =>
    log.warn({ err, database: name }, 'The scratch database could not be dropped'),
  )
}
