import { type JobsOptions, Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import { connect, type OnError } from './connection.ts'
import { bullId, cancelChannel, metaKey, queuePrefix, streamKey } from './keys.ts'

/** What BullMQ holds of a job while it can run. */
export interface QueuedData {
  workspaceId: string
  correlationId: string
  version: number
  /** Starts of this run that were before Redis had the job as it is: numbers of starts go on after them. */
  starts: number
  input: unknown
}

export interface QueueEntry {
  jobId: string
  run: number
  data: QueuedData
  attempts: number
  /** From 1, which is soonest, to 2,097,151. 0 is not used: BullMQ starts such jobs before all others. */
  priority: number
}

/** Where BullMQ sees a job; `unknown` when it does not know it. */
export type QueueState =
  | 'waiting'
  | 'prioritized'
  | 'delayed'
  | 'active'
  | 'waiting-children'
  | 'completed'
  | 'failed'
  | 'unknown'

/** Kinds of events we add to BullMQ's own, in the same stream, so that their order holds. */
export type OwnEventName =
  | 'attempt-started'
  | 'attempt-failed'
  | 'postponed'
  | 'log'
  | 'cancel-requested'
  | 'cancelled'

export interface Queues {
  redis: Redis
  names: readonly string[]
  /** Hands jobs to BullMQ; ids it already knows are left as they are. @throws when Redis is away */
  add(name: string, entries: QueueEntry[]): Promise<void>
  states(name: string, ids: { jobId: string; run: number }[]): Promise<QueueState[]>
  /** What BullMQ kept of a finished run, or undefined. */
  outcome(
    name: string,
    jobId: string,
    run: number,
  ): Promise<{ returnvalue: unknown; failedReason: string | undefined; finishedOn: number } | undefined>
  /** Takes a job out that does not run; false when it runs or is not there. */
  remove(name: string, jobId: string, run: number): Promise<boolean>
  /** Adds an event of ours to the queue's stream. */
  publish(
    name: string,
    event: OwnEventName,
    jobId: string,
    run: number,
    fields: Record<string, string>,
  ): Promise<void>
  /** Asks whichever worker runs the job to stop it. */
  requestCancel(jobId: string, run: number): Promise<void>
  counts(name: string): Promise<Record<string, number>>
  close(): Promise<void>
}

/** About 10,000 jobs of five events each: how far back a subscriber can resume. */
export const streamLength = 50_000

/** Finished jobs stay in Redis for a day, so that the reconciler can tell "finished" from "lost". */
const retention: JobsOptions = {
  removeOnComplete: { age: 86_400, count: 10_000, limit: 100 },
  removeOnFail: { age: 86_400, count: 10_000, limit: 100 },
}

/**
 * Opens the queues for producers: every call fails at once while Redis is away.
 * @param names job names; each has its own queue
 */
export function openQueues(url: string, prefix: string, names: readonly string[], onError: OnError): Queues {
  const redis = connect(url, 'failFast', onError)
  const opened = new Map<string, Promise<Queue<QueuedData>>>()
  const queue = (name: string) => {
    if (!names.includes(name)) throw new Error(`There is no queue named "${name}"`)
    const open = opened.get(name) ?? openQueue(redis, prefix, name, onError)
    opened.set(name, open)
    open.catch(() => opened.delete(name))
    return open
  }
  redis.on('ready', () => void rememberLength(redis, prefix, names).catch(onError))
  return {
    redis,
    names,
    add: async (name, entries) => {
      await (await queue(name)).addBulk(
        entries.map((entry) => ({ name, data: entry.data, opts: optionsOf(entry) })),
      )
    },
    states: async (name, ids) => {
      const open = await queue(name)
      return Promise.all(
        ids.map(({ jobId, run }) => open.getJobState(bullId(jobId, run)) as Promise<QueueState>),
      )
    },
    outcome: async (name, jobId, run) => outcomeOf(await queue(name), bullId(jobId, run)),
    remove: async (name, jobId, run) => removeIdle(await queue(name), bullId(jobId, run)),
    publish: (name, event, jobId, run, fields) =>
      publishTo(redis, streamKey(prefix, name), event, bullId(jobId, run), fields),
    requestCancel: async (jobId, run) => {
      await redis.publish(cancelChannel(prefix), bullId(jobId, run))
    },
    counts: async (name) => (await queue(name)).getJobCounts(),
    close: async () => {
      await Promise.allSettled([...opened.values()].map(async (open) => (await open).close()))
      redis.disconnect()
    },
  }
}

/** A queue opened while Redis is away would stay unusable (BullMQ 6.7), so it is opened only when Redis answers. */
async function openQueue(
  connection: Redis,
  prefix: string,
  name: string,
  onError: OnError,
): Promise<Queue<QueuedData>> {
  if (connection.status !== 'ready') throw new Error('Redis is away')
  const queue = new Queue<QueuedData>(name, {
    connection,
    prefix: queuePrefix(prefix, name),
    skipWaitingForReady: true,
    skipMetasUpdate: true,
    defaultJobOptions: retention,
  })
  queue.on('error', onError)
  await queue.waitUntilReady()
  return queue
}

/** Written at every connect: a Redis that was emptied would fall back to BullMQ's own, shorter length. */
async function rememberLength(redis: Redis, prefix: string, names: readonly string[]): Promise<void> {
  await Promise.all(names.map((name) => redis.hset(metaKey(prefix, name), 'opts.maxLenEvents', streamLength)))
}

/** The wait before a further attempt comes with the error, so its strategy is `custom`; see worker.ts. */
function optionsOf(entry: QueueEntry): JobsOptions {
  return {
    jobId: bullId(entry.jobId, entry.run),
    attempts: entry.attempts,
    backoff: { type: 'custom' },
    priority: entry.priority,
  }
}

async function outcomeOf(queue: Queue, id: string) {
  const job = await queue.getJob(id)
  if (!job?.finishedOn) return undefined
  return { returnvalue: job.returnvalue, failedReason: job.failedReason, finishedOn: job.finishedOn }
}

/** BullMQ refuses to remove a job whose worker holds its lock. */
async function removeIdle(queue: Queue, id: string): Promise<boolean> {
  try {
    return (await queue.remove(id)) === 1
  } catch (error) {
    if (error instanceof Error && /lock/i.test(error.message)) return false
    throw error
  }
}

/** Appends one of our events to a queue's stream. */
export async function publishTo(
  redis: Redis,
  stream: string,
  event: OwnEventName,
  jobId: string,
  fields: Record<string, string>,
): Promise<void> {
  const pairs = Object.entries(fields).flat()
  await redis.xadd(stream, 'MAXLEN', '~', streamLength, '*', 'event', event, 'jobId', jobId, ...pairs)
}
