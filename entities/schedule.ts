import { defineEntity, p } from '@mikro-orm/core'
import { code, id, time } from './columns.ts'
import type { JobPriority } from './job.ts'
import { Workspace } from './workspace.ts'

/** What becomes of a tick while a job of the same schedule is not final yet. */
export const overlapPolicies = ['SKIP', 'QUEUE'] as const
export type OverlapPolicy = (typeof overlapPolicies)[number]

/** What becomes of ticks that passed while nobody was there to take them: none, the newest, or all of them. */
export const catchUpPolicies = ['NONE', 'ONCE', 'ALL'] as const
export type CatchUpPolicy = (typeof catchUpPolicies)[number]

/** When a job is started by the clock. The row is the truth; nothing of it is kept in Redis. */
const ScheduleSchema = defineEntity({
  name: 'Schedule',
  tableName: 'schedule',
  uniques: [{ name: 'schedule_name', properties: ['workspaceId', 'name'] }],
  indexes: [{ name: 'schedule_next', properties: ['nextAt'] }],
  properties: {
    id: id().primary(),
    workspaceId: () => p.manyToOne(Workspace).mapToPk().fieldName('workspace_id').index(false),
    /** Unique in the workspace. A schedule that comes with a job is named after it. */
    name: code(64),
    jobName: code(64),
    /** Of the jobs it starts. Ids and settings only, never personal data. */
    input: p.json().$type<Record<string, unknown>>(),
    inputVersion: p.integer(),
    cron: code(100),
    /** IANA time zone in which `cron` is read. */
    timeZone: code(64),
    /** Of the jobs it starts; null: the one of their definition. */
    priority: code(16).$type<JobPriority>().nullable(),
    overlap: code(8).$type<OverlapPolicy>(),
    catchUp: code(8).$type<CatchUpPolicy>(),
    /** Comes with the product: it can be changed and paused, not deleted. */
    builtIn: p.boolean(),
    pausedAt: time().nullable(),
    /** The next tick; null while paused and when the expression has no further one. */
    nextAt: time().nullable(),
    /** The newest tick that was handled, whether it started a job or was skipped. */
    lastTickAt: time().nullable(),
    lastJobId: id().nullable(),
    /** Why the newest tick could not start its job, although it was to. */
    problem: p.string().length(500).nullable(),
    createdAt: time(),
    updatedAt: time(),
  },
})

export class Schedule extends ScheduleSchema.class {}
ScheduleSchema.setClass(Schedule)
