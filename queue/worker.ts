import { hostname } from 'node:os'
import { DelayedError, type Job, UnrecoverableError, Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import type { OnError } from './connection.ts'
import { parseBullId, queuePrefix, streamKey } from './keys.ts'
import { type OwnEventName, publishTo, type QueuedData } from './queues.ts'

/** One try to run a job, as BullMQ hands it over. */
export interface Attempt {
  name: string
  jobId: string
  run: number
  data: QueuedData
  /** Number of this attempt; those that were put back unused do not count. */
  attempt: number
  attempts: number
  /** No attempt follows when this one fails. Being postponed uses none. */
  isLast: boolean
  /** BullMQ's priority of the job. */
  priority: number
  /** Number of this start within the run; every start counts. */
  start: number
  worker: string
  /** The newest progress of this run, by an earlier attempt. */
  reported: unknown
  progress(value: unknown): Promise<void>
  say(line: string): Promise<void>
}

/** Why an attempt did not complete. Texts hold no personal data. */
export interface AttemptError {
  errorClass: string
  message: string
  code?: string | undefined
}

export type AttemptOutcome =
  | { kind: 'completed'; result: unknown }
  /** The attempt is used; the next one comes after `delayMs`, unless `final`: then the job is dead. */
  | { kind: 'failed'; error: AttemptError; final: boolean; delayMs: number }
  /** Back later, without using an attempt. */
  | { kind: 'postponed'; error: AttemptError; delayMs: number }
  | { kind: 'cancelled'; reason: string }

/** Runs one attempt; it must not throw. `signal` ends when the job is cancelled or its lock is lost. */
export type RunAttempt = (attempt: Attempt, signal: AbortSignal) => Promise<AttemptOutcome>

export interface ProcessorSettings {
  prefix: string
  name: string
  /** `patient` connection; BullMQ opens one more for blocking. */
  redis: Redis
  onError: OnError
}

export interface WorkerSettings extends ProcessorSettings {
  concurrency: number
  /** A worker that dies is noticed after at most `lockMs` and a third of it. */
  lockMs: number
}

export interface JobWorker {
  name: string
  /** BullMQ ids of the jobs that run now; of CPU-heavy ones, also some that were put back. */
  running(): string[]
  /** Ends the signal of a running job; false when it does not run here. */
  cancel(bullId: string, reason: string): boolean
  /** Takes no further job, ends the signal of running ones with `reason`, and waits until they have returned. */
  close(reason: string): Promise<void>
}

/** A job whose worker died this often is dead: it may be what kills them. */
const maxStalls = 3

/** Attempts that end sooner are told of by their end alone. */
const announceAfterMs = 250

const workerName = `${hostname()}:${process.pid}`

type Processor = (job: Job<QueuedData>, token?: string, signal?: AbortSignal) => Promise<unknown>

/**
 * Starts running jobs of one name.
 * @param run what runs an attempt in this process; or a file whose default export is `createProcessor(…)`, which then
 * runs in worker threads
 */
export function startWorker(settings: WorkerSettings, run: RunAttempt | URL): JobWorker {
  const running = new Set<string>()
  const worker = openWorker(
    settings,
    run instanceof URL ? run : tracked(createProcessor(settings, run), running),
  )
  if (run instanceof URL) trackThreads(worker, running)
  return {
    name: settings.name,
    running: () => [...running],
    cancel: (id, reason) => worker.cancelJob(id, reason),
    close: async (reason) => {
      const closed = worker.close()
      worker.cancelAllJobs(reason)
      await closed
    },
  }
}

/** What BullMQ calls for each attempt. It passes the signal only to a function of three plain parameters. */
export function createProcessor(settings: ProcessorSettings, run: RunAttempt): Processor {
  return (job, token, signal) => runOne(settings, run, job, token!, signal!)
}

function tracked(processor: Processor, running: Set<string>): Processor {
  return async (job, token, signal) => {
    running.add(job.id!)
    try {
      return await processor(job, token, signal)
    } finally {
      running.delete(job.id!)
    }
  }
}

/** BullMQ says nothing when a thread's job is put back, so that one stays noted until it runs again or ends here. */
function trackThreads(worker: Worker<QueuedData>, running: Set<string>): void {
  worker.on('active', (job) => running.add(job.id!))
  worker.on('completed', (job) => running.delete(job.id!))
  worker.on('failed', (job) => job && running.delete(job.id!))
}

function openWorker(settings: WorkerSettings, processor: Processor | URL) {
  const worker = new Worker<QueuedData>(settings.name, processor, {
    connection: settings.redis,
    prefix: queuePrefix(settings.prefix, settings.name),
    name: workerName,
    concurrency: settings.concurrency,
    useWorkerThreads: true,
    lockDuration: settings.lockMs,
    stalledInterval: Math.ceil(settings.lockMs / 3),
    maxStalledCount: maxStalls,
    settings: { backoffStrategy: (_attemptsMade, _type, error) => (error as RetryLater).delayMs ?? 1_000 },
  })
  worker.on('error', settings.onError)
  worker.on('lockRenewalFailed', (ids: string[]) => {
    for (const id of ids) worker.cancelJob(id, 'lock lost')
  })
  return worker
}

/** Carries the wait before the next attempt to BullMQ's backoff strategy. */
class RetryLater extends Error {
  readonly delayMs: number
  constructor(message: string, delayMs: number) {
    super(message)
    this.name = 'RetryLater'
    this.delayMs = delayMs
  }
}

async function runOne(
  settings: ProcessorSettings,
  run: RunAttempt,
  job: Job<QueuedData>,
  token: string,
  signal: AbortSignal,
) {
  const attempt = attemptOf(settings, job)
  const announced = announceLater(settings, job, attempt)
  const outcome = await run(attempt, signal)
  await announced()
  return settle(settings, job, token, attempt, outcome)
}

/** Tells of the start when the attempt takes long. What it returns ends that: nothing is told of a start after an end. */
function announceLater(settings: ProcessorSettings, job: Job, attempt: Attempt): () => Promise<void> {
  let told: Promise<void> | undefined
  const timer = setTimeout(() => {
    told = tell(settings, job, attempt, 'attempt-started', {}).catch(settings.onError)
  }, announceAfterMs)
  return async () => {
    clearTimeout(timer)
    await told
  }
}

function attemptOf(settings: ProcessorSettings, job: Job<QueuedData>): Attempt {
  const number = job.attemptsMade + 1
  const attempts = job.opts.attempts ?? 1
  const attempt: Attempt = {
    name: settings.name,
    ...parseBullId(job.id!),
    data: job.data,
    attempt: number,
    attempts,
    isLast: number >= attempts,
    priority: job.opts.priority ?? 0,
    start: (job.data.starts ?? 0) + job.attemptsStarted,
    worker: workerName,
    reported: job.progress,
    progress: (value) => job.updateProgress(value as object),
    say: (line) => tell(settings, job, attempt, 'log', { line }),
  }
  return attempt
}

/** Adds an event of ours about this attempt to the queue's stream. */
function tell(
  settings: ProcessorSettings,
  job: Job,
  attempt: Attempt,
  event: OwnEventName,
  fields: Record<string, string>,
) {
  const stream = streamKey(settings.prefix, settings.name)
  const about = {
    attempt: String(attempt.attempt),
    start: String(attempt.start),
    worker: workerName,
    began: String(job.processedOn ?? Date.now()),
  }
  return publishTo(settings.redis, stream, event, job.id!, { ...about, ...fields })
}

/**
 * Adds the event of an end, if Redis takes it. One that is full does not, and takes BullMQ's own step all the same: the job
 * goes on, and only this line of its history is lost.
 */
async function tellEnd(settings: ProcessorSettings, ...rest: Tail): Promise<void> {
  await tell(settings, ...rest).catch(settings.onError)
}
type Tail = [job: Job, attempt: Attempt, event: OwnEventName, fields: Record<string, string>]

/** Tells BullMQ how the attempt ended: by returning, or by the error it understands. The event goes first, to keep the order. */
async function settle(
  settings: ProcessorSettings,
  job: Job<QueuedData>,
  token: string,
  attempt: Attempt,
  outcome: AttemptOutcome,
) {
  switch (outcome.kind) {
    case 'completed':
      return {
        result: outcome.result,
        start: attempt.start,
        attempt: attempt.attempt,
        worker: workerName,
        began: job.processedOn,
      }
    case 'cancelled':
      await tellEnd(settings, job, attempt, 'cancelled', { reason: outcome.reason })
      throw new UnrecoverableError(`CANCELLED: ${outcome.reason}`)
    case 'postponed':
      await tellEnd(settings, job, attempt, 'postponed', {
        ...errorFields(outcome.error),
        nextAt: String(Date.now() + outcome.delayMs),
      })
      await job.moveToDelayed(Date.now() + outcome.delayMs, token)
      throw new DelayedError()
    case 'failed':
      return fail(settings, job, attempt, outcome)
  }
}

async function fail(
  settings: ProcessorSettings,
  job: Job<QueuedData>,
  attempt: Attempt,
  outcome: AttemptOutcome & { kind: 'failed' },
): Promise<never> {
  const next = outcome.final ? {} : { nextAt: String(Date.now() + outcome.delayMs) }
  await tellEnd(settings, job, attempt, 'attempt-failed', { ...errorFields(outcome.error), ...next })
  const text = `${outcome.error.errorClass}: ${outcome.error.message}`
  throw outcome.final ? new UnrecoverableError(text) : new RetryLater(text, outcome.delayMs)
}

function errorFields(error: AttemptError): Record<string, string> {
  return {
    errorClass: error.errorClass,
    message: error.message,
    ...(error.code !== undefined && { code: error.code }),
  }
}
