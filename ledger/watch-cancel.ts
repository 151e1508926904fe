import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import type { Em } from '../entities/index.ts'
import { marks } from '../entities/sql.ts'
import { cancelChannel, parseBullId } from '../queue/keys.ts'
import type { JobWorker } from '../queue/worker.ts'
import { stopReasons } from './classify.ts'

/** How long a cancellation can go unnoticed when its message is lost. */
const pollMs = 5_000

/**
 * Stops running jobs of this process when they are cancelled anywhere: by message at once, and by asking the ledger now
 * and then.
 * @param redis a connection of its own: it only listens
 */
export function watchCancel(settings: {
  fork: () => Em
  prefix: string
  redis: Redis
  workers: readonly JobWorker[]
  log: Logger
}): () => void {
  const { fork, redis, workers, log } = settings
  const cancel = (id: string) => {
    for (const worker of workers) worker.cancel(id, stopReasons.cancelled)
  }
  redis.on('message', (_channel, id) => cancel(id))
  redis
    .subscribe(cancelChannel(settings.prefix))
    .catch((error: Error) => log.warn({ err: error }, 'Cancellations arrive late'))

  async function poll(): Promise<void> {
    const running = new Map(
      workers.flatMap((worker) => worker.running()).map((id) => [parseBullId(id).jobId, id]),
    )
    if (running.size === 0) return
    const ids = [...running.keys()]
    const rows = await fork().execute<{ id: string }[]>(
      `select id from job where cancel_requested_at is not null and id in ${marks(ids)}`,
      ids,
    )
    for (const { id } of rows) cancel(running.get(id)!)
  }

  const timer = setInterval(
    () =>
      void poll().catch((error: Error) => log.warn({ err: error }, 'Cancellations could not be looked up')),
    pollMs,
  )
  return () => {
    clearInterval(timer)
    redis.disconnect()
  }
}
