import { type JobPriority, jobPriorities } from '../entities/job.ts'

/**
 * The priority of each level in BullMQ, where less is sooner. All are above 0: BullMQ starts jobs of priority 0 before
 * every other. The gaps leave room for levels in between.
 */
const numbers: Record<JobPriority, number> = { CRITICAL: 10, HIGH: 20, NORMAL: 30, LOW: 40, BULK: 50 }

/** BullMQ's priority of a level. */
export const queuePriority = (level: JobPriority): number => numbers[level]

/** The level of a BullMQ priority; a job that was queued before there were levels is NORMAL. */
export function levelOf(priority: number): JobPriority {
  return jobPriorities.find((level) => numbers[level] === priority) ?? 'NORMAL'
}
