import { type AnyJobDefinition, appsOf } from '../ledger/definition.ts'
import { type Config, listOf } from './config.ts'

/** What PM2 calls the port where an app's health is served. */
export const healthPortMetric = 'Health port'

/** The worker process that runs every job, where each app has no process of its own. */
const onlyWorker = 'worker'

/** Name of the app that a worker process is, by the jobs it runs. */
export function workerApp(
  { WORKER_JOBS }: Pick<Config, 'WORKER_JOBS'>,
  definitions: readonly AnyJobDefinition[],
): string {
  const [first] = listOf(WORKER_JOBS)
  const app = [...appsOf(definitions)].find(([, jobs]) => jobs.includes(first ?? ''))
  return app?.[0] ?? onlyWorker
}

/** Ports by app, from the first one on: the dispatcher's, then those of worker apps in the order of their definitions. */
export function healthPorts(first: number, definitions: readonly AnyJobDefinition[]): Map<string, number> {
  const apps = ['dispatcher', ...appsOf(definitions).keys()]
  return new Map(apps.map((app, index) => [app, first + index]))
}

/** Port where an app serves its health; 0, any free one, unless `WORKER_HEALTH_PORT` is set. */
export function healthPort(
  { WORKER_HEALTH_PORT: first }: Pick<Config, 'WORKER_HEALTH_PORT'>,
  app: string,
  definitions: readonly AnyJobDefinition[],
): number {
  return first && (healthPorts(first, definitions).get(app) ?? first + 1)
}
