import type { JobState } from '../entities/job.ts'
import type { StreamEvent, StreamEventName } from '../queue/stream.ts'
import { applyEvent, isFinal, parseFailure } from './apply.ts'
import { matches } from './find.ts'
import type { JobEventData, JobEventType } from './ledger.ts'
import type { JobFilter, JobRow } from './row.ts'

/** What events are matched by, besides what they say themselves; it never changes in a job's life. */
export type JobSubject = Pick<
  JobRow,
  'id' | 'workspaceId' | 'name' | 'leadId' | 'campaignId' | 'correlationId' | 'createdAt'
>

const told: Partial<Record<StreamEventName, [JobEventType, JobState]>> = {
  waiting: ['WAITING', 'WAITING'],
  active: ['ACTIVE', 'ACTIVE'],
  progress: ['PROGRESS', 'ACTIVE'],
  log: ['LOG', 'ACTIVE'],
  delayed: ['DELAYED', 'DELAYED'],
  postponed: ['DELAYED', 'DELAYED'],
  'attempt-failed': ['ATTEMPT_FAILED', 'ACTIVE'],
  stalled: ['STALLED', 'WAITING'],
  'cancel-requested': ['CANCEL_REQUESTED', 'ACTIVE'],
  cancelled: ['CANCELLED', 'CANCELLED'],
  completed: ['COMPLETED', 'COMPLETED'],
  failed: ['DEAD', 'DEAD'],
}

/** What subscribers are told of an entry; undefined when it is not for them. */
export function toEventData(event: StreamEvent, name: string): JobEventData | undefined {
  const [type, state] = told[event.name] ?? []
  if (!type || !state) return undefined
  const details = detailsOf(event)
  // A cancelled run also fails in BullMQ's eyes; its own event has already said so.
  if (type === 'DEAD' && details.errorClass === 'CANCELLED') return undefined
  const applyTo = (row: JobRow) => rowAsOf(row, event, state)
  return { jobId: event.jobId, jobName: name, type, state, at: event.at, run: event.run, ...details, applyTo }
}

/** What the projection will make of the row, in the state that the event says; a row that knows of more stays as it is. */
function rowAsOf(row: JobRow, event: StreamEvent, state: JobState): JobRow {
  const isNewer = event.run !== row.run || (row.lastEventId && row.lastEventId >= event.id)
  if (isNewer || isFinal(row.state)) return row
  const next = applyEvent(row, event)
  return isFinal(next.state) ? next : { ...next, state }
}

function detailsOf({ name, fields }: StreamEvent): Partial<JobEventData> {
  if (name === 'completed') return completion(fields.returnvalue)
  if (name === 'failed') return parseFailure(fields.failedReason ?? '')
  return {
    attempt: fields.attempt === undefined ? undefined : Number(fields.attempt),
    worker: fields.worker,
    progress: name === 'progress' ? JSON.parse(fields.data ?? 'null') : undefined,
    line: fields.line,
    errorClass: fields.errorClass,
    errorMessage: fields.message,
    nextAt: dueOf(fields.nextAt ?? fields.delay),
  }
}

function completion(returnvalue: string | undefined): Partial<JobEventData> {
  const value = JSON.parse(returnvalue ?? 'null') as {
    result?: unknown
    attempt?: number
    worker?: string
  } | null
  return { result: value?.result, attempt: value?.attempt, worker: value?.worker }
}

const dueOf = (ms: string | undefined) => (ms === undefined ? undefined : new Date(Number(ms)))

/** Whether an event is one the filter asks for: states and errors as of the event, the rest as of the job. */
export function eventMatches(filter: JobFilter, subject: JobSubject, event: JobEventData): boolean {
  const { state, errorClass, errorMessage } = event
  return matches(filter, {
    ...subject,
    state,
    errorClass: errorClass ?? null,
    errorMessage: errorMessage ?? null,
  } as JobRow)
}
