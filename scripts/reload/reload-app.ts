import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../../runtime/config.ts'
import { logEnd } from '../system/apps.ts'
import { ecosystem, healthPortOf, listOurs, pm2, type RunningApp, type WantedApp } from './pm2.ts'

/** An app has so long to come up once PM2 has done its part. */
const upMs = 30_000
/** PM2 may take the end of the old process for one of the new; what ended by itself is down for longer, or again. */
const downMs = 5_000
const lookEveryMs = 500

/**
 * Has PM2 replace the processes of an app, or start it, and waits until all of them have said that they are ready.
 * @throws with the end of the app's log when one ends or is not ready in time
 */
export async function reloadApp({ name }: WantedApp, config: Config): Promise<void> {
  const before = await serving(name)
  const action = before.length > 0 ? 'reload' : 'start'
  let end = Number.POSITIVE_INFINITY
  const work = pm2([action, ecosystem, '--only', name]).finally(() => {
    end = Date.now() + upMs
  })
  work.catch(() => undefined)
  let fellAt = Number.POSITIVE_INFINITY
  for (let up = false; !up; await sleep(lookEveryMs)) {
    const now = await processesOf(name)
    const fallen = now.find((app) => hasFallen(app, before))
    fellAt = fallen ? Math.min(fellAt, Date.now()) : Number.POSITIVE_INFINITY
    up = now.length > 0 && now.every((app) => isNew(app, before)) && (await areReady(now, config))
    if (!up && fallen && Date.now() - fellAt > downMs) throw notUp(fallen, 'ended as it started')
    if (!up && Date.now() > end) throw notUp(now[0], `was not ready in ${upMs / 1_000} s`)
  }
  await work
}

/** The processes of an app; one that only falls over again and again is taken out, as its starts would be counted on. */
async function serving(name: string): Promise<RunningApp[]> {
  const all = await processesOf(name)
  if (all.some(({ pm2_env }) => pm2_env.status === 'online')) return all
  if (all.length > 0) await pm2(['delete', name])
  return []
}

/** Makes the number of the API's processes what the settings say. */
export async function scaleApi({ API_INSTANCES }: Config): Promise<void> {
  if ((await processesOf('api')).length !== API_INSTANCES) await pm2(['scale', 'api', String(API_INSTANCES)])
}

/** Without those that are on their way out. */
async function processesOf(name: string): Promise<RunningApp[]> {
  return (await listOurs()).filter((app) => app.name === name && typeof app.pm_id === 'number')
}

const isNew = ({ pid }: RunningApp, before: readonly RunningApp[]) => before.every((old) => old.pid !== pid)

/** PM2 counts a reload as one start; what it had to start more often ended by itself. */
function hasFallen({ pm_id, pm2_env }: RunningApp, before: readonly RunningApp[]): boolean {
  const old = before.find((app) => app.pm_id === pm_id)
  const starts = pm2_env.restart_time - (old ? old.pm2_env.restart_time + 1 : 0)
  return ['errored', 'waiting restart'].includes(pm2_env.status) || starts > 0
}

async function areReady(apps: readonly RunningApp[], { HOST }: Config): Promise<boolean> {
  const host = ['0.0.0.0', '::'].includes(HOST) ? '127.0.0.1' : HOST
  const ports = apps.map(healthPortOf)
  const answers = await Promise.all(
    ports.map((port) =>
      port
        ? fetch(`http://${host}:${port}/readyz`, { signal: AbortSignal.timeout(5_000) }).then(
            ({ ok }) => ok,
            () => false,
          )
        : false,
    ),
  )
  return answers.every(Boolean)
}

function notUp(app: RunningApp | undefined, why: string): Error {
  const log = app
    ? ` The end of its log (what comes before any log is in PM2's own, pm2.log):\n${logEnd(app)}`
    : ''
  return new Error(`The app ${app?.name ?? ''} did not come up: it ${why}.${log}`)
}
