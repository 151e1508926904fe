import { type JobsOptions, Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import { connect, type OnError } from './connection.ts'
import { bullId, cancelChannel, queuePrefix, streamKey } from './keys.ts'

/** What BullMQ holds of a job while it can run. */
export interface QueuedData {
  workspaceId: string
  correlationId: string
  version: number
  input: unknown
}

export interface QueueEntry {
  jobId: string
  run: number
  data: QueuedData
  attempts: number
  priority: number
}

/** Where BullMQ sees a job; `unknown` when it does not know it. */
export type QueueState = 'waiting' | 'prioritized' | 'delayed' | 'active' | 'waiting-children' | 'completed' | 'failed' | 'unknown'

/** Kinds of events we add to BullMQ's own, in the same stream, so that their order holds. */
export type OwnEventName = 'attempt-started' | 'attempt-failed' | 'postponed' | 'log' | 'cancel-requested' | 'cancelled'

export interface Queues {
  redis: Redis
  names: readonly string[]
  /** Hands jobs to BullMQ; ids it already knows are left as they are. @throws when Redis is away */
  add(name: string, entries: QueueEntry[]): Promise<void>
  states(name: string, ids: { jobId: string; run: number }[]): Promise<QueueState[]>
  /** What BullMQ kept of a finished run, or undefined. */
  outcome(name: string, jobId: string, run: number): Promise<{ returnvalue: unknown; failedReason: string | undefined; finishedOn: number } | undefined>
  /** Takes a job out that does not run; false when it runs or is not there. */
  remove(name: string, jobId: string, run: number): Promise<boolean>
  /** Adds an event of ours to the queue's stream. */
  publish(name: string, event: OwnEventName, jobId: string, run: number, fields: Record<string, string>): Promise<void>
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
  const queues = new Map(names.map((name) => [name, openQueue(redis, prefix, name, onError)]))
  const queue = (name: string) => queues.get(name) ?? raise(name)
  return {
    redis,
    names,
    add: async (name, entries) => {
      await queue(name).addBulk(entries.map((entry) => ({ name, data: entry.data, opts: optionsOf(entry) })))
    },
    states: (name, ids) => Promise.all(ids.map(({ jobId, run }) => queue(name).getJobState(bullId(jobId, run)) as Promise<QueueState>)),
    outcome: (name, jobId, run) => outcomeOf(queue(name), bullId(jobId, run)),
    remove: (name, jobId, run) => removeIdle(queue(name), bullId(jobId, run)),
    publish: (name, event, jobId, run, fields) => publishTo(redis, streamKey(prefix, name), event, bullId(jobId, run), fields),
    requestCancel: async (jobId, run) => {
      await redis.publish(cancelChannel(prefix), bullId(jobId, run))
    },
    counts: (name) => queue(name).getJobCounts(),
    close: async () => {
      await Promise.allSettled([...queues.values()].map((each) => each.close()))
      redis.disconnect()
    },
  }
}

function raise(name: string): never {
  throw new Error(`There is no queue named "${name}"`)
}

function openQueue(connection: Redis, prefix: string, name: string, onError: OnError): Queue<QueuedData> {
  const queue = new Queue<QueuedData>(name, {
    connection,
    prefix: queuePrefix(prefix, name),
    skipWaitingForReady: true,
    defaultJobOptions: retention,
    streams: { events: { maxLen: streamLength } },
  })
  queue.on('error', onError)
  return queue
}

/** The wait before a further attempt comes with the error, so its strategy is `custom`; see worker.ts. */
function optionsOf(entry: QueueEntry): JobsOptions {
  return {
    jobId: bullId(entry.jobId, entry.run),
    attempts: entry.attempts,
    backoff: { type: 'custom' },
    ...(entry.priority > 0 && { priority: entry.priority }),
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
export async function publishTo(redis: Redis, stream: string, event: OwnEventName, jobId: string, fields: Record<string, string>): Promise<void> {
  const pairs = Object.entries(fields).flat()
  await redis.xadd(stream, 'MAXLEN', '~', streamLength, '*', 'event', event, 'jobId', jobId, ...pairs)
}
