import type { Logger } from 'pino'
import { newId } from '../entities/ids.ts'
import type { Em } from '../entities/index.ts'
import type { Queues } from '../queue/queues.ts'
import { cancelIn, rerunIn, retryIn } from './actions.ts'
import { coalesce } from './coalesce.ts'
import type { AnyJobDefinition } from './definition.ts'
import { createNudge } from './dispatch.ts'
import { enqueueIn } from './enqueue.ts'
import { countJobs, findJobs } from './find.ts'
import type { Enqueued, EnqueueRefusal, EnqueueRequest, Ledger } from './ledger.ts'
import type { JobRow } from './row.ts'
import { inTransaction, isDatabaseAway, loadJobs, repeatCutOff, repeatLocked } from './sql.ts'

export interface LedgerSettings {
  fork: () => Em
  queues: Queues
  definitions: readonly AnyJobDefinition[]
  log: Logger
}

/** Most jobs that share a transaction of `enqueue`. */
const maxBatch = 200

/** The jobs that are new among what was enqueued. */
function createdIn(outcomes: readonly (Enqueued | EnqueueRefusal)[]): JobRow[] {
  return outcomes.flatMap((outcome) => (outcome instanceof Error || !outcome.created ? [] : [outcome.job]))
}

/** Builds the ledger of this process. */
export function createLedger({ fork, queues, definitions, log }: LedgerSettings): Ledger {
  const nudge = createNudge(queues, log)
  const enqueuedIn = new WeakMap<Em, JobRow[]>()

  async function transaction<T>(work: (em: Em) => Promise<T>): Promise<T> {
    let rows: JobRow[] = []
    const result = await inTransaction(fork, async (em) => {
      rows = []
      enqueuedIn.set(em, rows)
      return work(em)
    })
    nudge(rows)
    return result
  }

  async function enqueueWithin(em: Em, requests: EnqueueRequest[]) {
    const outcomes = await enqueueIn(em, definitions, requests)
    enqueuedIn.get(em)?.push(...createdIn(outcomes))
    return outcomes
  }

  /** The ids are in the requests, so a batch whose commit was not answered is simply written again. */
  const enqueueBatch = (requests: EnqueueRequest[]) => repeatCutOff(() => writeBatch(requests))

  /** Without idempotency keys and acts a batch is a single statement, which is a transaction by itself and costs one round trip. */
  async function writeBatch(requests: EnqueueRequest[]) {
    if (requests.some(({ idempotencyKey, act }) => idempotencyKey !== undefined || act))
      return transaction((em) => enqueueWithin(em, requests))
    const outcomes = await repeatLocked(() => enqueueIn(fork(), definitions, requests))
    nudge(createdIn(outcomes))
    return outcomes
  }

  const enqueueShared = coalesce(enqueueBatch, { maxBatch, concernsAll: isDatabaseAway })

  /** Makes a cancellation known at once; the row already says so, whatever happens here. */
  async function spreadCancel(row: JobRow, reason: string): Promise<void> {
    const event = row.state === 'CANCELLED' ? 'cancelled' : 'cancel-requested'
    await queues.remove(row.name, row.id, row.run)
    await queues.publish(row.name, event, row.id, row.run, { reason })
    await queues.requestCancel(row.id, row.run)
  }

  return {
    definitions,
    transaction,
    enqueueIn: enqueueWithin,
    enqueue: async (request) => {
      const outcome = await enqueueShared({ ...request, id: request.id ?? newId('job') })
      if (outcome instanceof Error) throw outcome
      return outcome
    },
    retry: async (actor, jobId, reason, act) => {
      const row = await inTransaction(fork, (em) =>
        retryIn(em, actor, jobId, { action: 'retryJob', reason, ...act }),
      )
      nudge([row])
      return row
    },
    rerun: async (actor, jobId, input, reason) => {
      const row = await inTransaction(fork, (em) => rerunIn(em, definitions, actor, jobId, input, reason))
      nudge([row])
      return row
    },
    cancel: async (actor, jobId, reason) => {
      const row = await inTransaction(fork, (em) => cancelIn(em, actor, jobId, reason))
      await spreadCancel(row, 'by an operator').catch((error: Error) => {
        log.warn({ err: error, jobId }, 'Redis is away; the worker sees the cancellation in the ledger')
      })
      return row
    },
    find: findJobs,
    count: countJobs,
    load: async (em, workspaceId, ids) =>
      (await loadJobs(em, ids)).filter((row) => row.workspaceId === workspaceId),
  }
}
