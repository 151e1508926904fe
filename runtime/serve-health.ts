import type { AnyJobDefinition } from '../ledger/definition.ts'
import type { Queues } from '../queue/queues.ts'
import { type Checks, type Gauges, healthRoutes, startHealth } from './health.ts'
import { healthPort } from './health-port.ts'
import type { Parts } from './process.ts'
import { readyChecks } from './queues.ts'

/**
 * Serves the health of a process that has no other door, until it stops.
 * @param checks what it takes besides MariaDB and Redis
 * @param definitions all jobs there are: the port follows from the app's place among them
 * @returns the port
 */
export async function serveHealth(
  { app, config, orm, shutdown, log }: Parts,
  queues: Queues,
  definitions: readonly AnyJobDefinition[],
  gauges: Gauges,
  checks: Checks = {},
): Promise<number> {
  const routes = healthRoutes({ ...readyChecks(orm, queues), ...checks }, gauges)
  const health = await startHealth(config.HOST, healthPort(config, app, definitions), routes)
  log.info({ port: health.port }, 'Health is served')
  shutdown.add('health', health.close)
  return health.port
}
