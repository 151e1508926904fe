import { startDispatcher } from '../ledger/dispatcher.ts'
import { unknownGauges } from '../marketing/messages/unknown.ts'
import { connect } from '../queue/connection.ts'
import { backupGauges, backupPolicy, watchBackups } from '../runtime/backup-watch.ts'
import { processGauges } from '../runtime/health.ts'
import { leadershipCheck } from '../runtime/leadership-check.ts'
import { deadGauges, queueGauges } from '../runtime/metrics.ts'
import { startProcess, tellReady } from '../runtime/process.ts'
import { openProcessQueues } from '../runtime/queues.ts'
import { serveHealth } from '../runtime/serve-health.ts'
import { registry } from '../workers/registry.ts'

const parts = await startProcess('dispatcher')
const { config, log, fork, onError, shutdown } = parts
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
  ...(await deadGauges(fork())),
  ...(await backupGauges(fork, policy)),
  ...(await unknownGauges(fork(), new Date())),
]
const checks = { leadership: () => leadershipCheck(dispatcher.leadership()) }
tellReady(await serveHealth(parts, queues, registry, gauges, checks))
