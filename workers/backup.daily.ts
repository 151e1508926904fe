import { z } from 'zod'
import { stopReasons } from '../ledger/classify.ts'
import type { JobContext } from '../ledger/definition.ts'
import type { Services } from '../runtime/services.ts'
import { storeErasures } from './backup/erasures.ts'
import { storeManifest } from './backup/manifest.ts'
import { checkRepositoryRoom } from './backup/repository-room.ts'
import {
  type BackupRow,
  beginBackup,
  completeBackup,
  endAbandoned,
  failBackup,
  type Made,
  markForgotten,
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
  timeoutMs: 6 * 3_600_000,
  concurrency: 1,
  mutation: { permission: 'installation:admin' },
  async run(_, context) {
    const row = await context.transaction((em) => beginBackup(em, context.job.id))
    try {
      if (row.state !== 'COMPLETED') await backUp(context, row)
    } catch (error) {
      await giveUp(context, row, error)
      throw error
    }
    const forgotten = await tidy(context)
    return { ...(await sizesOf(context, row.id)), forgotten }
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

/** A job that comes again goes on with its row; one that was cancelled leaves nothing in the repository. */
async function giveUp(context: Context, { id }: BackupRow, error: unknown): Promise<void> {
  const { transaction, services, signal, log, job } = context
  const cancelled = signal.reason === stopReasons.cancelled
  const {
    code = 'FAILED',
    message,
    errorClass,
  } = error as { code?: string; message: string; errorClass?: string }
  const isLast = errorClass === 'PERMANENT' || job.attempt >= job.attempts
  const problem = cancelled ? { code: 'CANCELLED', message: 'It was cancelled.' } : { code, message }
  if (signal.aborted && !cancelled) return
  try {
    await services.backups.forget([id], AbortSignal.timeout(tidyMs))
  } catch (err) {
    log.warn({ err }, 'The unfinished backup could not be taken out; the next backup does so')
  }
  if (cancelled || isLast)
    await transaction((em) => failBackup(em, id, cancelled ? 'CANCELLED' : 'FAILED', problem))
}

async function tidy({ signal, transaction, services, progress }: Context): Promise<number> {
  progress({ phase: 'TIDYING' })
  const gone = await services.backups.applyPolicy(signal)
  await transaction((em) => markForgotten(em, gone))
  if (gone.length > 0) await services.backups.prune(signal)
  return gone.length
}

async function sizesOf({ em }: Context, backupId: string) {
  const [row] = await em.execute<{ bytes_read: string; bytes_added: string }[]>(
    'select bytes_read, bytes_added from backup where id = ?',
    [backupId],
  )
  return { backupId, bytesRead: Number(row!.bytes_read), bytesAdded: Number(row!.bytes_added) }
}
