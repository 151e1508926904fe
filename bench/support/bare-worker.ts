import { setTimeout as sleep } from 'node:timers/promises'
import { type Job, Worker } from 'bullmq'
import { now } from './clock.ts'
import { pace } from './pace.ts'
import { openRedis, peerRedisUrl } from './services.ts'
import type { Behaviour } from './system.ts'

/** The floor: a BullMQ worker and nothing else. Arguments: queue, behaviour, concurrency. */

const behaviours: Record<Behaviour, (job: Job) => Promise<void>> = {
  nothing: async () => undefined,
  once: (job) => job.updateProgress({ at: now() }),
  steadily: async (job) => {
    for (let count = 0; count < pace.reports; count++) {
      await job.updateProgress({ at: now() })
      await sleep(pace.everyMs)
    }
  },
}

const [queue = '', behaviour, concurrency] = process.argv.slice(2)
const worker = new Worker(queue, behaviours[behaviour as Behaviour], {
  connection: openRedis(peerRedisUrl),
  concurrency: Number(concurrency),
})
worker.on('error', (error) => console.error(error))
process.once('SIGTERM', () => void worker.close().then(() => process.exit(0)))
await worker.waitUntilReady()
process.send?.('ready')
