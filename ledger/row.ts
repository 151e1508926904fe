import type { Job, JobPriority, JobState } from '../entities/job.ts'
import type { Row } from '../entities/row.ts'

/** A job as plain data. */
export type JobRow = Row<Job>

/** Which jobs; every condition given must hold. The same filter serves lists, counts and subscriptions. */
export interface JobFilter {
  ids?: string[] | null | undefined
  names?: string[] | null | undefined
  states?: JobState[] | null | undefined
  priorities?: JobPriority[] | null | undefined
  leadId?: string | null | undefined
  campaignId?: string | null | undefined
  scheduleId?: string | null | undefined
  correlationId?: string | null | undefined
  errorClasses?: string[] | null | undefined
  /** Part of the error message. */
  errorContains?: string | null | undefined
  createdFrom?: Date | null | undefined
  createdBefore?: Date | null | undefined
}
