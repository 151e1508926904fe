import { stopReasons } from '../ledger/classify.ts'
import { createLedger } from '../ledger/create-ledger.ts'
import { type AnyJobDefinition, jobDefaults } from '../ledger/definition.ts'
import { createRunner } from '../ledger/run-job.ts'
import { watchCancel } from '../ledger/watch-cancel.ts'
import { connect } from '../queue/connection.ts'
import type { Queues } from '../queue/queues.ts'
import { type JobWorker, type RunAttempt, startWorker } from '../queue/worker.ts'
import { type Config, listOf } from './config.ts'
import { type Gauge, processGauges } from './health.ts'
import { type Parts, tellReady } from './process.ts'
import { openProcessQueues } from './queues.ts'
import { serveHealth } from './serve-health.ts'

/** What a process that runs jobs needs besides its parts. */
export interface JobRuntime {
  queues: Queues
  run: RunAttempt
}

/** Everything to run attempts with, in this process or in a thread of it. */
export function createJobRuntime<S>(
  parts: Parts,
  definitions: readonly AnyJobDefinition[],
  services: S,
): JobRuntime {
  const { fork, log } = parts
  const queues = openProcessQueues(parts, definitions)
  const ledger = createLedger({ fork, queues, definitions, log })
  return { queues, run: createRunner({ ledger, fork, services, log }) }
}

/**
 * Runs jobs until the process is stopped: takes no further job then, ends the signal of running ones, and waits for them.
 * @param processor file that runs CPU-heavy jobs in threads
 * @param gauges further gauges for /metrics
 */
export async function runWorkers<S>(
  parts: Parts,
  definitions: readonly AnyJobDefinition[],
  services: S,
  processor: URL,
  gauges: () => Gauge[] = () => [],
): Promise<void> {
  const { config, fork, log, onError, shutdown } = parts
  const { queues, run } = createJobRuntime(parts, definitions, services)
  const redis = connect(config.REDIS_URL, 'patient', onError)
  shutdown.add('redis', () => redis.disconnect())
  const workers = chosen(definitions, config).map((definition) =>
    startWorker(
      {
        prefix: config.REDIS_PREFIX,
        name: definition.name,
        concurrency: config.WORKER_CONCURRENCY || (definition.concurrency ?? jobDefaults.concurrency),
        lockMs: config.WORKER_LOCK_SECONDS * 1_000,
        redis,
        onError,
      },
      definition.cpuHeavy ? processor : run,
    ),
  )
  shutdown.add('workers', () => closeAll(workers))
  shutdown.add(
    'cancellations',
    watchCancel({
      fork,
      prefix: config.REDIS_PREFIX,
      redis: connect(config.REDIS_URL, 'patient', onError),
      workers,
      log,
    }),
  )
  const port = await serveHealth(parts, queues, definitions, () => [
    ...processGauges(parts.app),
    ...workers.map(runningGauge),
    ...gauges(),
  ])
  log.info({ jobs: workers.map(({ name }) => name) }, 'Ready to run jobs')
  tellReady(port)
}

function chosen(definitions: readonly AnyJobDefinition[], config: Config): AnyJobDefinition[] {
  const names = listOf(config.WORKER_JOBS)
  const unknown = names.filter((name) => !definitions.some((definition) => definition.name === name))
  if (unknown.length > 0) throw new Error(`WORKER_JOBS names jobs that do not exist: ${unknown.join(', ')}`)
  return definitions.filter(({ name }) => names.length === 0 || names.includes(name))
}

async function closeAll(workers: JobWorker[]): Promise<void> {
  await Promise.all(workers.map((worker) => worker.close(stopReasons.shutdown)))
}

function runningGauge(worker: JobWorker): Gauge {
  return {
    name: 'solaria_jobs_running',
    help: 'Jobs that run in this process',
    labels: { name: worker.name },
    value: worker.running().length,
  }
}
