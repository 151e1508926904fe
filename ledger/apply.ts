import type { ErrorClass, JobState } from '../entities/job.ts'
import { errorClasses, finalStates } from '../entities/job.ts'
import type { AttemptOutcome as Outcome } from '../entities/job-attempt.ts'
import type { StreamEvent } from '../queue/stream.ts'
import type { JobRow } from './row.ts'

/** How an attempt went, as far as one event tells. */
export interface AttemptChange {
  jobId: string
  run: number
  number: number
  outcome: Outcome
  worker: string | null
  startedAt: Date | null
  finishedAt: Date | null
  errorClass: ErrorClass | null
  errorMessage: string | null
  errorCode: string | null
  nextAt: Date | null
}

/** The reconciler looks at a job that has not moved for so long. */
const quiet: Partial<Record<JobState, number>> = {
  WAITING: 300_000,
  ACTIVE: 60_000,
  DELAYED: 60_000,
  WAITING_CHILDREN: 300_000,
}

export function isFinal(state: JobState): boolean {
  return (finalStates as readonly JobState[]).includes(state)
}

/**
 * The row after an event. Pure, and safe to repeat: an event that is not newer than the row's last one, or belongs to
 * another run, changes nothing. A job that completed although it was cancelled did complete.
 */
export function applyEvent(row: JobRow, event: StreamEvent): JobRow {
  if (event.run !== row.run || (row.lastEventId && event.id <= row.lastEventId)) return row
  const changes = changesOf(row, event)
  if (!changes) return row
  const next = { ...row, ...changes, lastEventId: event.id, updatedAt: event.at }
  return { ...next, checkAt: nextCheck(next, event) }
}

function changesOf(row: JobRow, event: StreamEvent): Partial<JobRow> | undefined {
  if (event.name === 'completed') return completed(row, event)
  if (isFinal(row.state)) return undefined
  return byName[event.name]?.(row, event)
}

const byName: Partial<Record<StreamEvent['name'], (row: JobRow, event: StreamEvent) => Partial<JobRow>>> = {
  waiting: () => ({ state: 'WAITING' }),
  'waiting-children': () => ({ state: 'WAITING_CHILDREN' }),
  delayed: () => ({ state: 'DELAYED' }),
  active: (row, event) => ({
    state: 'ACTIVE',
    startedAt: row.startedAt ?? event.at,
    worker: null,
    starts: row.starts + 1,
  }),
  progress: (_row, { fields }) => ({ progress: json(fields.data) }),
  'attempt-started': (_row, { fields }) => ({ worker: fields.worker ?? null }),
  'attempt-failed': (_row, event) => ({
    ...errorOf(event),
    attemptsMade: Number(event.fields.attempt),
    worker: event.fields.worker ?? null,
  }),
  postponed: (_row, event) => errorOf(event),
  'cancel-requested': (row, event) => ({ cancelRequestedAt: row.cancelRequestedAt ?? event.at }),
  cancelled: (_row, event) => ({ state: 'CANCELLED', finishedAt: event.at }),
  failed: (row, event) => failed(row, event),
}

function completed(row: JobRow, event: StreamEvent): Partial<JobRow> {
  const value = json(event.fields.returnvalue) as {
    result?: unknown
    attempt?: number
    worker?: string
    began?: number
  } | null
  return {
    state: 'COMPLETED',
    startedAt: row.startedAt ?? dateOf(value?.began),
    result: value?.result ?? null,
    attemptsMade: value?.attempt ?? 1,
    worker: value?.worker ?? null,
    finishedAt: event.at,
    errorClass: null,
    errorMessage: null,
  }
}

function failed(row: JobRow, event: StreamEvent): Partial<JobRow> {
  const { errorClass, errorMessage } = parseFailure(event.fields.failedReason ?? '')
  if (errorClass === 'CANCELLED') return { state: 'CANCELLED', finishedAt: event.at }
  return {
    state: 'DEAD',
    finishedAt: event.at,
    errorClass,
    errorMessage,
    attemptsMade: Math.max(row.attemptsMade, 1),
  }
}

/** Our workers say `CLASS: text`; what BullMQ itself says is about jobs whose worker was lost. */
export function parseFailure(reason: string): { errorClass: ErrorClass; errorMessage: string } {
  const [, name, text] = /^([A-Z]+): (.*)$/s.exec(reason) ?? []
  const errorClass = errorClasses.find((known) => known === name)
  return errorClass ? { errorClass, errorMessage: text! } : { errorClass: 'STALLED', errorMessage: reason }
}

function errorOf({ fields }: StreamEvent): { errorClass: ErrorClass | null; errorMessage: string | null } {
  return {
    errorClass: (fields.errorClass as ErrorClass) ?? null,
    errorMessage: fields.message?.slice(0, 2_000) ?? null,
  }
}

/** Our own events may come from a worker that has lost the job, so they prove nothing about where it is. */
const ownEvents: ReadonlySet<string> = new Set([
  'attempt-started',
  'attempt-failed',
  'postponed',
  'progress',
  'cancel-requested',
])

function nextCheck({ state, checkAt = null }: JobRow, event: StreamEvent): Date | null {
  const wait = quiet[state]
  // A job that died is taken up once more, for what its definition does then.
  if (state === 'DEAD') return event.at
  if (wait === undefined) return isFinal(state) ? null : checkAt
  if (ownEvents.has(event.name)) return checkAt
  const from = Math.max(event.at.getTime(), Number(event.fields.nextAt ?? event.fields.delay ?? 0))
  return new Date(from + wait)
}

function json(text: string | undefined): unknown {
  return text === undefined ? null : JSON.parse(text)
}

/** Starts of a run that are over, whoever told of their end: those with a number below. */
export interface LostStarts {
  jobId: string
  run: number
  below: number
}

/** All starts of a run. */
const every = 2 ** 31 - 1

/** Starts that are over because of what happened to the job; undefined when there can be none without an end. */
export function lostBefore(next: JobRow, event: StreamEvent): LostStarts | undefined {
  const { id: jobId, run, starts, state } = next
  if (event.name === 'active') return starts > 1 ? { jobId, run, below: starts } : undefined
  if (state === 'DEAD' || state === 'CANCELLED' || (state === 'COMPLETED' && starts > 1))
    return allStarts(next)
  return undefined
}

export const allStarts = ({ id: jobId, run }: JobRow): LostStarts => ({ jobId, run, below: every })

/** What an event tells about an attempt; undefined when it is not the start or end of one. */
export function attemptOf(row: JobRow, event: StreamEvent): AttemptChange | undefined {
  const { fields } = event
  switch (event.name) {
    case 'attempt-started':
      return isOver(row, event) ? undefined : attempt(event, 'RUNNING', fields)
    case 'attempt-failed':
      return {
        ...attempt(event, 'FAILED', fields),
        ...errorOf(event),
        errorCode: fields.code ?? null,
        nextAt: dateOf(fields.nextAt),
      }
    case 'postponed':
      return {
        ...attempt(event, 'POSTPONED', fields),
        ...errorOf(event),
        errorCode: fields.code ?? null,
        nextAt: dateOf(fields.nextAt),
      }
    case 'completed':
      return attempt(event, 'COMPLETED', json(fields.returnvalue) as Record<string, string> | null)
    case 'cancelled':
      return fields.start
        ? {
            ...attempt(event, 'FAILED', fields),
            errorClass: 'CANCELLED',
            errorMessage: fields.reason ?? null,
          }
        : undefined
    case 'stalled':
      return {
        ...attempt(event, 'FAILED', { start: String(row.starts) }),
        errorClass: 'STALLED',
        errorMessage: 'The worker was lost while it ran this attempt',
        startedAt: row.startedAt ?? null,
      }
    default:
      return undefined
  }
}

/** A start that is told of when the run, or that start, is over. */
function isOver(row: JobRow, event: StreamEvent): boolean {
  if (event.run !== row.run) return event.run < row.run
  return isFinal(row.state) || Number(event.fields.start ?? 1) < row.starts
}

function attempt(event: StreamEvent, outcome: Outcome, fields: Record<string, string> | null): AttemptChange {
  return {
    jobId: event.jobId,
    run: event.run,
    number: Number(fields?.start ?? 1),
    outcome,
    worker: fields?.worker ?? null,
    startedAt: dateOf(fields?.began),
    finishedAt: outcome === 'RUNNING' ? null : event.at,
    errorClass: null,
    errorMessage: null,
    errorCode: null,
    nextAt: null,
  }
}

const dateOf = (ms: string | number | undefined) => (ms === undefined ? null : new Date(Number(ms)))
