import { type Deletion, deleteInChunks } from '../entities/chunks.ts'
import { jobsPosition, openSince } from './job-stats/roll-up.ts'

/**
 * Deletes jobs that finished before then and are in the statistics, with their attempts, steps and logs. What refers to a
 * job by id keeps the id; its idempotency key is free again.
 */
export async function pruneJobs(deletion: Deletion, before: Date): Promise<void> {
  const counted = openSince(await deletion.transaction((em) => jobsPosition(em)))
  const until = before < counted ? before : counted
  await deleteInChunks(deletion, 'delete from job where finished_at < ? order by finished_at', [until])
}
