import { z } from 'zod'
import { newestVerified } from '../entities/backup-health.ts'
import { stopReasons } from '../ledger/classify.ts'
import type { DeadJob, JobContext } from '../ledger/definition.ts'
import type { Services } from '../runtime/services.ts'
import { storeErasures } from './backup/erasures.ts'
import { storeManifest } from './backup/manifest.ts'
import { checkRepositoryRoom } from './backup/repository-room.ts'
import {
  awaitingVerification,
  type BackupRow,
  backupOf,
  beginBackup,
  completeBackup,
  endAbandoned,
  failBackup,
  forgottenAmong,
  type Made,
  markForgotten,
  type Problem,
  unfinishedAmong,
} from './backup/rows.ts'
import { backupVerify } from './backup.verify.ts'
import { defineJob } from './define-job.ts'

const phases = ['PREPARING', 'DATABASE', 'FILES', 'TIDYING'] as const

const progress = z.object({
  phase: z.enum(phases),
  /** Bytes read, of about so many. */
  bytesDone: z.int().optional(),
  bytesTotal: z.int().optional(),
  percent: z.int().optional(),
})
type Progress = z.infer<typeof progress>

interface Result {
  backupId: string
  bytesRead: number
  bytesAdded: number
  /** Backups that retention took out. */
  forgotten: number
}

type Context = JobContext<Progress, Services>

/** What is left behind when a job is stopped is taken out within this time, in ms. */
const tidyMs = 60_000
const timeoutHours = 6

/**
 * 1. Open the repository, and take out of it what lost workers left there.
 * 2. Make sure there is room, dump the database, back up the files.
 * 3. Only then is the backup complete; its verification is enqueued in the same transaction.
 * 4. Take out what the settings do not keep.
 */
export const backupDaily = defineJob<Record<string, never>, Progress, Result>({
  name: 'backup.daily',
  description: 'Backs up the database and the configured files, and has the backup verified.',
  input: z.strictObject({}),
  progress,
  scope: 'INSTALLATION',
  schedule: { cron: '15 2 * * *', overlap: 'SKIP', catchUp: 'ONCE' },
  attempts: 3,
  backoff: { type: 'exponential', delay: 60_000 },
  timeoutMs: timeoutHours * 3_600_000,
  concurrency: 1,
  mutation: { permission: 'installation:admin' },
  async run(_, context) {
    const row = await context.transaction((em) => beginBackup(em, context.job.id))
    try {
      if (row.state !== 'COMPLETED') await backUp(context, row)
    } catch (error) {
      await giveUp(context, row)
      throw error
    }
    const forgotten = await tidy(context)
    return { ...(await sizesOf(context, row.id)), forgotten }
  },
  async onDead(em, job) {
    const row = await backupOf(em, job.id)
    if (row) await failBackup(em, row.id, 'FAILED', problemOf(job))
  },
})

async function backUp(context: Context, row: BackupRow): Promise<void> {
  const { em, signal, transaction, services } = context
  const { backups } = services
  context.progress({ phase: 'PREPARING' })
  await backups.open(signal)
  await sweep(context, row)
  await checkRepositoryRoom(em, backups)
  const made = await make(context, row)
  await storeManifest(context, row.id, made.dumped)
  await storeErasures(context)
  await transaction(async (tx) => {
    await completeBackup(tx, row.id, made)
    await context.enqueue(tx, backupVerify, { backupId: row.id }, { idempotencyKey: `verify:${row.id}` })
  })
}

/** What lost workers and earlier attempts of this job left in the repository. */
async function sweep({ em, signal, transaction, services, say }: Context, row: BackupRow): Promise<void> {
  await transaction(endAbandoned)
  const there = await services.backups.backupsIn(signal)
  const worthless = [...(await unfinishedAmong(em, there)), ...there.filter((id) => id === row.id)]
  await services.backups.forget(worthless, signal)
  if (worthless.length > 0) say(`Took ${worthless.length} unfinished backups out of the repository`)
}

async function make({ em, signal, services, progress }: Context, row: BackupRow): Promise<Made> {
  const { backups } = services
  const bytesTotal = await backups.dumpBytes(em)
  const tell = (phase: 'DATABASE' | 'FILES', bytesDone: number, total: number | undefined) =>
    progress({
      phase,
      bytesDone,
      ...(total && { bytesTotal: total, percent: Math.min(99, Math.floor((100 * bytesDone) / total)) }),
    })
  tell('DATABASE', 0, bytesTotal)
  const dumped = await backups.dump(row.id, signal, (bytes) => tell('DATABASE', bytes, bytesTotal))
  if (backups.files.length === 0) return { dumped, files: undefined }
  tell('FILES', 0, undefined)
  const files = await backups.backupFiles(row.id, signal, (done, total) => tell('FILES', done, total))
  return { dumped, files }
}

/** What an attempt that failed leaves in the repository is worth nothing. A worker that stops leaves it to the next one. */
async function giveUp({ transaction, services, signal, log }: Context, { id }: BackupRow): Promise<void> {
  const cancelled = signal.reason === stopReasons.cancelled
  const timedOut = (signal.reason as Error | undefined)?.name === 'TimeoutError'
  if (signal.aborted && !cancelled && !timedOut) return
  try {
    await services.backups.forget([id], AbortSignal.timeout(tidyMs))
  } catch (err) {
    log.warn({ err }, 'The unfinished backup could not be taken out; the next backup does so')
  }
  if (!cancelled) return
  const problem = { code: 'CANCELLED', message: 'It was cancelled.' }
  await transaction((em) => failBackup(em, id, 'CANCELLED', problem))
}

/** What is wrong with the backup of a job that died. */
function problemOf({ errorClass, errorCode, errorMessage }: DeadJob<unknown>): Problem {
  if (errorClass === 'STALLED') return { code: 'WORKER_LOST', message: 'The worker was lost.' }
  if (errorClass === 'TIMEOUT')
    return { code: 'TIMEOUT', message: `It took longer than ${timeoutHours} hours.` }
  return { code: errorCode ?? 'FAILED', message: errorMessage }
}

/**
 * Whatever the settings say, the newest backup that was restored and found equal stays until a newer one was, and one that
 * is still to be verified stays until it is: of several a day, each has its drill.
 * Backups are marked as forgotten before they are taken out, and whatever is marked is taken out: a worker that is lost
 * in between leaves nothing that the next one does not see to.
 */
async function tidy({ em, signal, transaction, services, progress }: Context): Promise<number> {
  const { backups } = services
  progress({ phase: 'TIDYING' })
  const proven = await newestVerified(em)
  const stays = new Set([proven?.id, ...(await awaitingVerification(em))])
  const surplus = (await backups.surplus(signal)).filter((id) => !stays.has(id))
  await transaction((tx) => markForgotten(tx, surplus))
  const marked = await forgottenAmong(em, await backups.backupsIn(signal))
  // A restored database knows nothing of backups that were made later than the one it came from.
  const gone = new Set([...surplus, ...marked])
  await backups.forget([...gone], signal)
  if (gone.size > 0) await backups.prune(signal)
  return gone.size
}

async function sizesOf({ em }: Context, backupId: string) {
  const [row] = await em.execute<{ bytes_read: string; bytes_added: string }[]>(
    'select bytes_read, bytes_added from backup where id = ?',
    [backupId],
  )
  return { backupId, bytesRead: Number(row!.bytes_read), bytesAdded: Number(row!.bytes_added) }
}
