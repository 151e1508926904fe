import { defineEntity, p } from '@mikro-orm/core'
import { code, time } from './columns.ts'
import { type ErrorClass, Job } from './job.ts'

const attemptOutcomes = ['RUNNING', 'COMPLETED', 'FAILED', 'POSTPONED'] as const
export type AttemptOutcome = (typeof attemptOutcomes)[number]

/** One try to run a job. `number` counts every start within a run, postponed and stalled ones included. */
const JobAttemptSchema = defineEntity({
  name: 'JobAttempt',
  tableName: 'job_attempt',
  properties: {
    jobId: () => p.manyToOne(Job).mapToPk().fieldName('job_id').index(false).primary().deleteRule('cascade'),
    run: p.integer().primary(),
    number: p.integer().primary(),
    outcome: code(16).$type<AttemptOutcome>(),
    worker: code(120).nullable(),
    startedAt: time().nullable(),
    finishedAt: time().nullable(),
    errorClass: code(16).$type<ErrorClass>().nullable(),
    errorMessage: p.string().length(2000).nullable(),
    errorCode: p.string().length(100).nullable(),
    /** When the next attempt was due, as planned at the time of the failure. */
    nextAt: time().nullable(),
  },
})

export class JobAttempt extends JobAttemptSchema.class {}
JobAttemptSchema.setClass(JobAttempt)
