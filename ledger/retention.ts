import type { Em } from '../entities/index.ts'

/** Small enough that a chunk's locks are held for milliseconds. */
const chunk = 500

/** Deletes jobs that finished more than `days` ago, with their attempts, steps and logs, in small chunks. */
export async function pruneJobs(fork: () => Em, days: number, signal: AbortSignal): Promise<number> {
  const before = new Date(Date.now() - days * 86_400_000)
  let pruned = 0
  while (!signal.aborted) {
    const result = await fork().execute<{ affectedRows: number }>(
      'delete from job where finished_at < ? order by finished_at limit ?',
      [before, chunk],
      'run',
    )
    pruned += result.affectedRows
    if (result.affectedRows < chunk) break
  }
  return pruned
}
