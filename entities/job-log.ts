import { defineEntity, p } from '@mikro-orm/core'
import { code, time } from './columns.ts'
import { Job } from './job.ts'

/** A line a running job wrote for the people who watch it. Never personal data. */
const JobLogSchema = defineEntity({
  name: 'JobLog',
  tableName: 'job_log',
  properties: {
    jobId: () => p.manyToOne(Job).mapToPk().fieldName('job_id').index(false).primary().deleteRule('cascade'),
    /** Redis stream id of the event that brought the line. */
    eventId: code(40).primary(),
    at: time(),
    line: p.string().length(1000),
  },
})

export class JobLog extends JobLogSchema.class {}
JobLogSchema.setClass(JobLog)
