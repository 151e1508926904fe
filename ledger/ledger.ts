import type { Em } from '../entities/index.ts'
import type { JobPriority, JobState } from '../entities/job.ts'
import type { Act } from './audit.ts'
import type { AnyJobDefinition, AnyJobSpec } from './definition.ts'
import type { IdempotencyConflictError, InvalidInputError, UnknownJobError } from './errors.ts'
import type { JobFilter, JobRow } from './row.ts'

/** On whose behalf something is done. */
export interface Actor {
  workspaceId: string
  /** Id of the API key; absent when the system itself acts. */
  apiKeyId?: string
  correlationId: string
}

export interface EnqueueRequest {
  /** Of the job, made by the caller where the request may be repeated: a job of this id that is there is the same one. */
  id?: string | undefined
  definition: AnyJobSpec
  input: unknown
  actor: Actor
  /** Same key and same request → the first job comes back; same key, other request → conflict. Lasts as long as the job's row. */
  idempotencyKey?: string | undefined
  /** What the caller asked for, when that is not the job's input itself (e.g. the lead's fields). */
  fingerprintOf?: unknown
  runAt?: Date | undefined
  /** Default: the definition's, else NORMAL. */
  priority?: JobPriority | undefined
  attempts?: number | undefined
  retryOf?: string | undefined
  scheduleId?: string | undefined
  leadId?: string | undefined
  campaignId?: string | undefined
  /** What somebody did by hand to start it; goes into the audit log with the job, once. */
  act?: Act | undefined
}

export interface Enqueued {
  job: JobRow
  /** False when an idempotency key brought back an earlier job. */
  created: boolean
}

export type EnqueueRefusal = InvalidInputError | IdempotencyConflictError | UnknownJobError

/** Newest first; `after` and `before` are job ids. */
export interface Page {
  first: number
  after?: string | undefined
}

/** The jobs of this installation: rows in MariaDB, run by BullMQ. */
export interface Ledger {
  definitions: readonly AnyJobDefinition[]
  /**
   * Runs `work` in one SQL transaction; jobs enqueued in it are handed to BullMQ right after the commit. Repeated up to
   * three times when MariaDB reports a deadlock or a lock wait, so `work` must not touch anything outside SQL.
   */
  transaction<T>(work: (em: Em) => Promise<T>): Promise<T>
  /** Enqueues within the caller's transaction (`em` of `transaction`). One outcome per request, in order. */
  enqueueIn(em: Em, requests: EnqueueRequest[]): Promise<(Enqueued | EnqueueRefusal)[]>
  /** Enqueues one job; concurrent calls share a transaction. @throws EnqueueRefusal */
  enqueue(request: EnqueueRequest): Promise<Enqueued>
  /** Starts the next run of a dead or cancelled job. @throws NotFoundError, WrongStateError */
  retry(actor: Actor, jobId: string, reason?: string, act?: Omit<Act, 'reason'>): Promise<JobRow>
  /** Runs a final job again with other input, as a new job with `retryOf`. @throws NotFoundError, WrongStateError, InvalidInputError */
  rerun(actor: Actor, jobId: string, input: unknown, reason?: string): Promise<JobRow>
  /** Cancels a job: at once when it does not run, else by asking its worker. @throws NotFoundError, WrongStateError */
  cancel(actor: Actor, jobId: string, reason?: string): Promise<JobRow>
  /** Rows of a workspace, newest first; `more` tells whether older ones follow. */
  find(em: Em, workspaceId: string, filter: JobFilter, page: Page): Promise<{ rows: JobRow[]; more: boolean }>
  /** Number of matching jobs, counted up to `limit`. */
  count(em: Em, workspaceId: string, filter: JobFilter, limit: number): Promise<number>
  /** Rows by id, in any order; ids of other workspaces are left out. */
  load(em: Em, workspaceId: string, ids: readonly string[]): Promise<JobRow[]>
}

/** What a subscriber of job events receives. Every message carries a cursor to resume after. */
export type JobEventMessage =
  | { kind: 'event'; cursor: string; event: JobEventData }
  /** The state of the matching jobs as of `cursor`: the newest 100, `more` when there are others. */
  | { kind: 'snapshot'; cursor: string; jobs: JobRow[]; more: boolean }
  /** Events were lost to this subscriber; a snapshot follows. */
  | { kind: 'gap'; cursor: string; reason: 'TRIMMED' | 'RESTARTED' }

export type JobEventType =
  | 'WAITING'
  | 'ACTIVE'
  | 'PROGRESS'
  | 'LOG'
  | 'DELAYED'
  | 'ATTEMPT_FAILED'
  | 'STALLED'
  | 'COMPLETED'
  | 'DEAD'
  | 'CANCEL_REQUESTED'
  | 'CANCELLED'

export interface JobEventData {
  jobId: string
  jobName: string
  type: JobEventType
  /** State of the job right after the event. */
  state: JobState
  at: Date
  run: number
  attempt?: number | undefined
  worker?: string | undefined
  progress?: unknown
  result?: unknown
  line?: string | undefined
  errorClass?: string | undefined
  errorMessage?: string | undefined
  nextAt?: Date | undefined
  /** The job's row as of this event: brought up to it when the row is older, as it is when it is newer. */
  applyTo(row: JobRow): JobRow
}

/** Live job events. */
export interface JobEvents {
  /**
   * Without `after`: a snapshot, then what happens. With `after`: what happened since, then what happens. Delivery is at
   * least once and ordered per job name. `return()` of the iterator frees everything at once.
   * Its iterator throws when a snapshot takes the database too long.
   * @param read opens what snapshots are read with; by default what the process reads with itself
   * @throws InvalidCursorError
   */
  subscribe(
    workspaceId: string,
    filter: JobFilter,
    after?: string,
    read?: () => Em,
  ): Promise<AsyncIterableIterator<JobEventMessage>>
  /** Calls back with the lead, the campaign and the name of each job something happens to; returns how to stop. */
  listen(callback: (subject: string) => void): () => void
  close(): Promise<void>
}
