import { verifyMandrill, verifyWhatsapp } from '../integrations/signatures.ts'
import { createLedger } from '../ledger/create-ledger.ts'
import { createJobEvents } from '../ledger/job-events.ts'
import { createLeadTimelines } from '../marketing/lead-timelines.ts'
import { connect, pingRedis } from '../queue/connection.ts'
import { openQueues } from '../queue/queues.ts'
import { listOf, publicUrl } from '../runtime/config.ts'
import { ping } from '../runtime/db.ts'
import { healthRoutes, processGauges, readiness, within } from '../runtime/health.ts'
import { queueGauges } from '../runtime/metrics.ts'
import { startProcess, tellReady } from '../runtime/process.ts'
import { startServer } from '../server/start.ts'
import { webhookRoutes } from '../server/webhooks.ts'
import { registry } from '../workers/registry.ts'

const { config, log, orm, fork, onError, shutdown } = await startProcess('api')

const names = registry.map(({ name }) => name)
const queues = openQueues(config.REDIS_URL, config.REDIS_PREFIX, names, onError)
shutdown.add('queues', () => queues.close())
const ledger = createLedger({ fork, queues, definitions: registry, log })

const openRedis = () => connect(config.REDIS_URL, 'patient', onError)
const events = createJobEvents({ fork, prefix: config.REDIS_PREFIX, names, openRedis, log })
shutdown.add('job events', () => events.close())
const timelines = createLeadTimelines(fork, log, events.listen)
shutdown.add('timelines', () => timelines.close())

const checks = {
  database: () => within(2_000, ping(orm)),
  redis: () => within(2_000, pingRedis(queues.redis)),
}
const metrics = healthRoutes(checks, async () => [...processGauges('api'), ...(await queueGauges(queues))])[
  '/metrics'
]!
const webhooks = webhookRoutes({
  log,
  transaction: ledger.transaction,
  isFromMandrill: (fields, signature) =>
    verifyMandrill(
      listOf(config.MANDRILL_WEBHOOK_KEYS),
      `${publicUrl(config)}/webhooks/mandrill`,
      fields,
      signature,
    ),
  isFromWhatsapp: (body, signature) => verifyWhatsapp(listOf(config.WHATSAPP_APP_SECRETS), body, signature),
  whatsappVerifyToken: config.WHATSAPP_VERIFY_TOKEN,
  maxBytes: config.MAX_BODY_BYTES,
})

const server = await startServer({
  config,
  log,
  orm,
  ledger,
  events,
  timelines,
  ready: () => readiness(checks),
  routes: { '/metrics': metrics, ...webhooks },
})
shutdown.add('server', server.close)
log.info({ url: server.url }, 'The API is up')
tellReady()
