import { defineEntity, p } from '@mikro-orm/core'
import { code, time } from './columns.ts'
import { Job } from './job.ts'

/** A step of a job that is done: not done again when the job is tried again. */
const JobStepSchema = defineEntity({
  name: 'JobStep',
  tableName: 'job_step',
  properties: {
    jobId: () => p.manyToOne(Job).mapToPk().fieldName('job_id').index(false).primary().deleteRule('cascade'),
    name: code(64).primary(),
    result: p.json().$type<unknown>().nullable(),
    doneAt: time(),
  },
})

export class JobStep extends JobStepSchema.class {}
JobStepSchema.setClass(JobStep)
