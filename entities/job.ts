import { defineEntity, p } from '@mikro-orm/core'
import { code, id, time } from './columns.ts'
import { Workspace } from './workspace.ts'

/**
 * SCHEDULED: row only, `runAt` ahead. PENDING: row only, due, not yet seen in Redis. WAITING, ACTIVE, DELAYED,
 * WAITING_CHILDREN: as in BullMQ. COMPLETED, DEAD (attempts used or unrecoverable), CANCELLED: final.
 */
export const jobStates = [
  'SCHEDULED',
  'PENDING',
  'WAITING',
  'ACTIVE',
  'DELAYED',
  'WAITING_CHILDREN',
  'COMPLETED',
  'DEAD',
  'CANCELLED',
] as const
export type JobState = (typeof jobStates)[number]

/** States a job leaves only when an operator retries it. */
export const finalStates = ['COMPLETED', 'DEAD', 'CANCELLED'] as const satisfies readonly JobState[]

export const errorClasses = [
  'TRANSIENT',
  'THROTTLED',
  'PERMANENT',
  'AUTH',
  'UNKNOWN',
  'TIMEOUT',
  'STALLED',
  'CANCELLED',
] as const
export type ErrorClass = (typeof errorClasses)[number]

/** How soon a job starts among those of its name: the first waits least. See docs/architecture.md. */
export const jobPriorities = ['CRITICAL', 'HIGH', 'NORMAL', 'LOW', 'BULK'] as const
export type JobPriority = (typeof jobPriorities)[number]

/** One piece of work: the ledger's row. BullMQ holds a copy only while the job can run. */
const JobSchema = defineEntity({
  name: 'Job',
  tableName: 'job',
  uniques: [{ name: 'job_idempotency', properties: ['workspaceId', 'name', 'idempotencyKey'] }],
  indexes: [
    { name: 'job_check', properties: ['name', 'checkAt'] },
    { name: 'job_state', properties: ['workspaceId', 'state', 'id'] },
    { name: 'job_name', properties: ['workspaceId', 'name', 'id'] },
    { name: 'job_lead', properties: ['leadId', 'id'] },
    { name: 'job_campaign', properties: ['campaignId', 'id'] },
    { name: 'job_schedule', properties: ['scheduleId', 'id'] },
    { name: 'job_correlation', properties: ['correlationId'] },
    { name: 'job_finished', properties: ['finishedAt'] },
  ],
  properties: {
    id: id().primary(),
    workspaceId: () => p.manyToOne(Workspace).mapToPk().fieldName('workspace_id').index(false),
    name: code(64),
    /** Ids and settings only, never personal data. */
    input: p.json().$type<Record<string, unknown>>(),
    inputVersion: p.integer(),
    /** SHA-256 of what the caller asked for; tells a repeat from a conflict under one idempotency key. */
    fingerprint: code(64),
    idempotencyKey: code(191).nullable(),
    state: code(20).$type<JobState>(),
    priority: code(16).$type<JobPriority>(),
    runAt: time(),
    /** Which run this is: 1, and one more for each retry by an operator. */
    run: p.integer(),
    attempts: p.integer(),
    attemptsMade: p.integer(),
    /** How often this run was started; postponed and lost starts count. */
    starts: p.integer(),
    progress: p.json().$type<unknown>().nullable(),
    result: p.json().$type<unknown>().nullable(),
    errorClass: code(16).$type<ErrorClass>().nullable(),
    errorMessage: p.string().length(2000).nullable(),
    worker: code(120).nullable(),
    correlationId: code(64),
    leadId: id().nullable(),
    campaignId: id().nullable(),
    retryOf: id().nullable(),
    scheduleId: id().nullable(),
    requestedBy: id().nullable(),
    cancelRequestedAt: time().nullable(),
    /** When the dispatcher has to look at the row again; null once the state is final. */
    checkAt: time().nullable(),
    /** Redis stream id of the newest event applied to the row. */
    lastEventId: code(40).nullable(),
    createdAt: time(),
    startedAt: time().nullable(),
    finishedAt: time().nullable(),
    updatedAt: time(),
  },
})

export class Job extends JobSchema.class {}
JobSchema.setClass(Job)
