import { connect } from '../queue/connection.ts'
import { createProcessor } from '../queue/worker.ts'
import { openConnections } from '../runtime/integrations/open.ts'
import { startProcess } from '../runtime/process.ts'
import { createServices } from '../runtime/services.ts'
import { createJobRuntime } from '../runtime/worker-process.ts'
import { registry } from '../workers/registry.ts'

/** Runs CPU-heavy jobs in a thread of a worker process, with a database pool and a Redis connection of its own. */

const parts = await startProcess('worker-thread')
const services = createServices(parts.config, openConnections(parts, 'patient').connections, parts.fork)
const { run } = createJobRuntime(parts, registry, services)
const redis = connect(parts.config.REDIS_URL, 'patient', parts.onError)

type Processor = ReturnType<typeof createProcessor>

const processor: Processor = (job, token, signal) =>
  createProcessor({ prefix: parts.config.REDIS_PREFIX, name: job.name, redis, onError: parts.onError }, run)(
    job,
    token,
    signal,
  )

export default processor
