import { requireDefinition } from '../ledger/definition.ts'
import { IdempotencyConflictError, InvalidInputError, NotFoundError } from '../ledger/errors.ts'
import type { Enqueued } from '../ledger/ledger.ts'
import type { Api } from '../schema/api.ts'
import type { Context } from '../schema/context.ts'
import { enqueueFields } from '../schema/enqueue-fields.ts'
import { enqueuedPayload } from '../schema/enqueued-payload.ts'
import { type EnqueueOptions, enqueueOptions } from './enqueue-options.ts'

/** Starting backups, restore drills and restores. Each is a job to watch with `jobEvents`. */
export function backupActions({ builder, Job }: Api): void {
  const BackupJobPayload = enqueuedPayload({ builder, Job }, 'BackupJobPayload')
  const reason = { description: 'Why; kept with the action.' }
  const RunBackupInput = builder.inputType('RunBackupInput', {
    fields: (t) => ({ reason: t.string(reason), ...enqueueFields(t) }),
  })
  const VerifyBackupInput = builder.inputType('VerifyBackupInput', {
    fields: (t) => ({
      id: t.id({ description: 'By default the newest good backup.' }),
      reason: t.string(reason),
      ...enqueueFields(t),
    }),
  })
  const RestoreBackupInput = builder.inputType('RestoreBackupInput', {
    fields: (t) => ({
      id: t.id({ required: true }),
      database: t.string({
        description:
          'A new database, or an empty one. By default it is named after the database, the day and the job.',
      }),
      confirm: t.string({
        required: true,
        description: '`restore` and the backup’s id, with a space between.',
      }),
      reason: t.string(reason),
      ...enqueueFields(t),
    }),
  })
  const authScopes = { permission: 'installation:admin' } as const
  builder.mutationFields((t) => ({
    runBackup: t.field({
      type: BackupJobPayload,
      description: 'Makes a backup now. It is verified afterwards like any other.',
      authScopes,
      args: { input: t.arg({ type: RunBackupInput, required: true }) },
      errors: { types: [InvalidInputError, IdempotencyConflictError] },
      resolve: (_, { input }, context, info) =>
        start(context, ['runBackup', 'backup.daily', {}], enqueueOptions(input, context, info), input.reason),
    }),
    verifyBackup: t.field({
      type: BackupJobPayload,
      description:
        'Restores a backup into a scratch database, compares it with what was dumped, and drops it.',
      authScopes,
      args: { input: t.arg({ type: VerifyBackupInput, required: true }) },
      errors: { types: [InvalidInputError, IdempotencyConflictError, NotFoundError] },
      resolve: async (_, { input }, context, info) => {
        const { id, reason } = input
        if (id) await mustExist(context, id)
        const job = ['verifyBackup', 'backup.verify', id ? { backupId: id } : {}] as const
        return start(context, job, enqueueOptions(input, context, info), reason)
      },
    }),
    restoreBackup: t.field({
      type: BackupJobPayload,
      description:
        'Restores a backup into a new database, and erases there again who was erased since. The database in use is not touched: changing over is a step of its own, see docs/backup-and-restore.md.',
      authScopes,
      args: { input: t.arg({ type: RestoreBackupInput, required: true }) },
      errors: { types: [InvalidInputError, IdempotencyConflictError, NotFoundError] },
      resolve: async (_, { input }, context, info) => {
        const { id, database, confirm, reason } = input
        await mustExist(context, id)
        const jobInput = { backupId: id, confirm, ...(database && { database }) }
        const job = ['restoreBackup', 'backup.restore', jobInput] as const
        return start(context, job, enqueueOptions(input, context, info), reason)
      },
    }),
  }))
}

/** @throws NotFoundError */
async function mustExist({ loaders }: Context, id: string): Promise<void> {
  if (!(await loaders.backup.load(id))) throw new NotFoundError(id)
}

type Start = readonly [action: string, jobName: string, input: Record<string, unknown>]

/** The job and who asked for it, in one transaction. @throws EnqueueRefusal */
function start(
  { ledger, actor }: Context,
  [action, jobName, input]: Start,
  options: EnqueueOptions,
  reason: string | null | undefined,
): Promise<Enqueued> {
  const definition = requireDefinition(ledger.definitions, jobName)
  return ledger.enqueue({ definition, input, actor, act: { action, reason }, ...options })
}
