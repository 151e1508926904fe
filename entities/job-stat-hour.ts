import { defineEntity, p } from '@mikro-orm/core'
import { code, id, time } from './columns.ts'

/**
 * COMPLETED, DEAD, CANCELLED: jobs that became final. FAILED: attempts that failed. WAIT, RUN: how long attempts waited
 * and ran, as a histogram.
 */
export type JobMeasure = 'COMPLETED' | 'DEAD' | 'CANCELLED' | 'FAILED' | 'WAIT' | 'RUN'

/** Jobs of one name in one UTC hour, counted. */
const JobStatHourSchema = defineEntity({
  name: 'JobStatHour',
  tableName: 'job_stat_hour',
  properties: {
    workspaceId: id().primary(),
    hourAt: time().primary(),
    name: code(64).primary(),
    measure: code(16).$type<JobMeasure>().primary(),
    /** WAIT and RUN: the class of the duration, of which the logarithm grows evenly. 0 otherwise. */
    bucket: p.integer().primary(),
    count: p.integer(),
  },
})

export class JobStatHour extends JobStatHourSchema.class {}
JobStatHourSchema.setClass(JobStatHour)
