import { createLedger } from '../ledger/create-ledger.ts'
import { createJobEvents } from '../ledger/job-events.ts'
import { createStatUpdates } from '../marketing/stats/updates.ts'
import { createTimelines } from '../marketing/timelines.ts'
import { connect } from '../queue/connection.ts'
import { publicUrl } from '../runtime/config.ts'
import { metricsRoute, processGauges, readiness } from '../runtime/health.ts'
import { openConnections } from '../runtime/integrations/open.ts'
import { createIntegrations } from '../runtime/integrations/operations.ts'
import { queueGauges } from '../runtime/metrics.ts'
import { startProcess, tellReady } from '../runtime/process.ts'
import { openProcessQueues, readyChecks } from '../runtime/queues.ts'
import { webhookAccounts } from '../runtime/webhook-accounts.ts'
import { startServer } from '../server/start.ts'
import { webhookRoutes } from '../server/webhooks/routes.ts'
import { registry } from '../workers/registry.ts'

const parts = await startProcess('api')
const { config, log, orm, fork, onError, shutdown } = parts
const queues = openProcessQueues(parts, registry)
const ledger = createLedger({ fork, queues, definitions: registry, log })

const openRedis = () => connect(config.REDIS_URL, 'patient', onError)
const events = createJobEvents({ fork, prefix: config.REDIS_PREFIX, names: queues.names, openRedis, log })
shutdown.add('job events', () => events.close())
const timelines = createTimelines(fork, log, events.listen)
shutdown.add('timelines', () => timelines.close())
const statUpdates = createStatUpdates(fork, log, events.listen)
shutdown.add('statistics', () => statUpdates.close())

const accounts = openConnections(parts, 'failFast')
const integrations = createIntegrations({ ...accounts, transaction: ledger.transaction })

const metrics = metricsRoute(async () => [
  ...processGauges('api'),
  ...accounts.calls.gauges(),
  ...(await queueGauges(queues)),
])
const webhooks = webhookRoutes({
  log,
  ledger,
  account: webhookAccounts(config, fork, accounts.connections),
  publicUrl: publicUrl(config),
})

const server = await startServer({
  config,
  log,
  orm,
  ledger,
  events,
  timelines,
  statUpdates,
  integrations,
  ready: () => readiness(readyChecks(orm, queues)),
  routes: { '/metrics': metrics, ...webhooks },
})
shutdown.add('server', server.close)
log.info({ url: server.url }, 'The API is up')
tellReady(server.port)
