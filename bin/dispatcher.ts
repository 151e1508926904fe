import { startDispatcher } from '../ledger/dispatcher.ts'
import { connect } from '../queue/connection.ts'
import { backupGauges, backupPolicy, watchBackups } from '../runtime/backup-watch.ts'
import { healthRoutes, processGauges, startHealth } from '../runtime/health.ts'
import { queueGauges } from '../runtime/metrics.ts'
import { startProcess, tellReady } from '../runtime/process.ts'
import { openProcessQueues, readyChecks } from '../runtime/queues.ts'
import { registry } from '../workers/registry.ts'

const parts = await startProcess('dispatcher')
const { config, log, orm, fork, onError, shutdown } = parts
const queues = openProcessQueues(parts, registry)

const dispatcher = startDispatcher({
  fork,
  queues,
  log,
  definitions: registry,
  workspace: config.WORKSPACE,
  prefix: config.REDIS_PREFIX,
  openRedis: () => connect(config.REDIS_URL, 'patient', onError),
})
shutdown.add('dispatcher', dispatcher.close)

const policy = backupPolicy(config)
shutdown.add('backup watch', watchBackups({ fork, policy, log }))

const gauges = async () => [
  ...processGauges('dispatcher'),
  ...(await queueGauges(queues, dispatcher)),
  ...(await backupGauges(fork, policy)),
]
const health = await startHealth(
  config.HOST,
  config.WORKER_HEALTH_PORT,
  healthRoutes(readyChecks(orm, queues), gauges),
)
shutdown.add('health', health.close)
log.info({ port: health.port }, 'Health is served')
tellReady()
