import type { Enqueued } from '../ledger/ledger.ts'
import type { Api } from './api.ts'

/** What a mutation answers that starts one job, as a type of this name. */
export function enqueuedPayload({ builder, Job }: Pick<Api, 'builder' | 'Job'>, name: string) {
  return builder.objectRef<Enqueued>(name).implement({
    fields: (t) => ({
      job: t.field({ type: Job, resolve: ({ job }) => job }),
      alreadyExisted: t.boolean({
        description: 'Whether the idempotency key brought back an earlier job.',
        resolve: ({ created }) => !created,
      }),
    }),
  })
}
