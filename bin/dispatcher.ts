import { startDispatcher } from '../ledger/dispatcher.ts'
import { connect, pingRedis } from '../queue/connection.ts'
import { openQueues } from '../queue/queues.ts'
import { ping } from '../runtime/db.ts'
import { healthRoutes, processGauges, startHealth, within } from '../runtime/health.ts'
import { queueGauges } from '../runtime/metrics.ts'
import { startProcess, tellReady } from '../runtime/process.ts'
import { registry } from '../workers/registry.ts'

const { config, log, orm, fork, onError, shutdown } = await startProcess('dispatcher')

const queues = openQueues(
  config.REDIS_URL,
  config.REDIS_PREFIX,
  registry.map(({ name }) => name),
  onError,
)
shutdown.add('queues', () => queues.close())

const dispatcher = startDispatcher({
  fork,
  queues,
  log,
  prefix: config.REDIS_PREFIX,
  retentionDays: config.RETENTION_DAYS,
  openRedis: () => connect(config.REDIS_URL, 'patient', onError),
})
shutdown.add('dispatcher', dispatcher.close)

const checks = {
  database: () => within(2_000, ping(orm)),
  redis: () => within(2_000, pingRedis(queues.redis)),
}
const gauges = async () => [...processGauges('dispatcher'), ...(await queueGauges(queues, dispatcher))]
const health = await startHealth(config.HOST, config.WORKER_HEALTH_PORT, healthRoutes(checks, gauges))
shutdown.add('health', health.close)
log.info({ port: health.port }, 'Health is served')
tellReady()
