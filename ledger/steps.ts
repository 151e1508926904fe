import type { Em } from '../entities/index.ts'
import type { JobContext } from './definition.ts'
import { inTransaction } from './sql.ts'

/** The durable steps of one job: what is done is not done again on later attempts. */
export function createSteps(fork: () => Em, jobId: string): JobContext<unknown, unknown>['step'] {
  let done: Promise<Map<string, unknown>> | undefined

  return async <T>(
    name: string,
    work: () => Promise<T>,
    record?: (em: Em, result: T) => Promise<void>,
  ): Promise<T> => {
    done ??= loadSteps(fork(), jobId)
    const earlier = await done
    if (earlier.has(name)) return earlier.get(name) as T
    const result = await work()
    await inTransaction(fork, async (em) => {
      await record?.(em, result)
      await em.execute(
        'insert into job_step (job_id, name, result, done_at) values (?, ?, ?, ?) on duplicate key update job_id = job_id',
        [jobId, name, JSON.stringify(result ?? null), new Date()],
      )
    })
    return result
  }
}

async function loadSteps(em: Em, jobId: string): Promise<Map<string, unknown>> {
  const rows = await em.execute<{ name: string; result: string | null }[]>(
    'select name, result from job_step where job_id = ?',
    [jobId],
  )
  return new Map(rows.map(({ name, result }) => [name, result === null ? null : JSON.parse(result)]))
}
