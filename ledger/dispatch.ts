import type { Logger } from 'pino'
import type { QueueEntry, Queues } from '../queue/queues.ts'
import { queuePriority } from './priority.ts'
import type { JobRow } from './row.ts'

/** Most jobs handed to BullMQ with one call; larger batches gain nothing. */
const maxBatch = 500

/** What BullMQ needs to know of a row. */
function entryOf(row: JobRow): QueueEntry {
  return {
    jobId: row.id,
    run: row.run,
    data: {
      workspaceId: row.workspaceId,
      correlationId: row.correlationId,
      version: row.inputVersion,
      starts: row.starts,
      input: row.input,
    },
    attempts: row.attempts,
    priority: queuePriority(row.priority),
  }
}

/** Hands rows to BullMQ. Adding a job twice is harmless. @throws when Redis is away */
export async function dispatch(queues: Queues, rows: readonly JobRow[]): Promise<void> {
  for (const [name, group] of Map.groupBy(rows, (row) => row.name))
    for (let start = 0; start < group.length; start += maxBatch)
      await queues.add(name, group.slice(start, start + maxBatch).map(entryOf))
}

/**
 * Hands freshly committed rows over without making the caller wait; what is committed meanwhile goes with the next
 * batch. When Redis is away the rows stay PENDING and the dispatcher takes them up.
 */
export function createNudge(queues: Queues, log: Logger): (rows: readonly JobRow[]) => void {
  const waiting: JobRow[] = []
  let busy = false

  async function flush(): Promise<void> {
    busy = true
    while (waiting.length > 0) {
      const batch = waiting.splice(0, maxBatch)
      await dispatch(queues, batch).catch((error: Error) => {
        log.warn(
          { err: error, jobs: batch.length },
          'Redis did not take new jobs; the dispatcher hands them over later',
        )
      })
    }
    busy = false
  }

  return (rows) => {
    waiting.push(...rows.filter((row) => row.state === 'PENDING'))
    if (!busy && waiting.length > 0) void flush()
  }
}
