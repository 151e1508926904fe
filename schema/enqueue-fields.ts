import type { JobPriority } from '../entities/job.ts'
import type { InputFields } from './builder.ts'

/** What every mutation that starts a job takes besides what the job is about. */

export interface EnqueueFields {
  idempotencyKey?: string | null | undefined
  runAt?: Date | null | undefined
  priority?: JobPriority | null | undefined
}

export const enqueueFieldNames = [
  'idempotencyKey',
  'runAt',
  'priority',
] as const satisfies (keyof EnqueueFields)[]

/** Declares them in an input type, or as arguments. */
export function enqueueFields(t: InputFields | InputFields<'Arg'>) {
  return {
    idempotencyKey: t.string({
      description:
        'The same key and input bring back the first job instead of starting another. Beats the Idempotency-Key header.',
    }),
    runAt: t.field({ type: 'DateTime', description: 'Not before this time.' }),
    priority: t.field({
      type: 'JobPriority',
      description: "How soon it starts among the jobs of its name. Default: its definition's, else NORMAL.",
    }),
  }
}
