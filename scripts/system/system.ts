import { loadConfig } from '../../runtime/config.ts'
import { migrate } from '../../runtime/db.ts'
import { seedDevelopment } from '../seed.ts'
import { findBackupPrograms } from '../services/backup-programs.ts'
import { findFreePort, type Services, startServices, stopServices } from '../services/index.ts'
import { isFree } from '../services/net.ts'
import { startApps, stopApps } from './apps.ts'
import { type DevSystem, removeDevFile, writeDevFile } from './dev-file.ts'
import { dataDir } from './paths.ts'
import { apiUrl, developmentSettings, type Ports, sandboxUrl, wantedPort } from './settings.ts'

/** Starts the whole system step by step, saying each; `signal` stops it between two steps. */
export async function startSystem(signal: AbortSignal): Promise<DevSystem> {
  await stopApps()
  const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl } = process.env
  say('Starting MariaDB and Redis …')
  const services = await startServices({ dataDir, databaseUrl, redisUrl, keep: true })
  // They are kept for the apps, not for this process: an `npm stop` may end them.
  await services.stop()
  await findBackupPrograms().catch((error: Error) => say(`Backups cannot be made: ${error.message}`))
  signal.throwIfAborted()
  const ports = await choosePorts()
  const settings = developmentSettings(services, ports)
  const config = loadConfig({ ...process.env, ...settings })
  say('Migrating the database …')
  await migrate(config).catch((error: Error) => {
    throw new Error(`${error.message}\nThe database could not be migrated. ${leftover(databaseUrl)}`)
  })
  const keys = await seedDevelopment(config)
  signal.throwIfAborted()
  say('Starting the apps under PM2 …')
  const pids = await startApps({ ...process.env, ...settings }, apiUrl(ports), signal)
  const system = { ...addresses(services, ports), keys, pids: { ...idsOf(services), ...pids } }
  writeDevFile(system)
  return system
}

/** Stops what `startSystem` started: the apps first, then what they need. */
export async function stopSystem(): Promise<void> {
  removeDevFile()
  await stopApps()
  await stopServices(dataDir)
}

const leftover = (databaseUrl?: string) =>
  databaseUrl
    ? 'Give a DATABASE_URL of an empty database.'
    : 'If it is left from another version and holds nothing you need, remove .data and start again.'

function addresses(services: Services, ports: Ports) {
  const api = apiUrl(ports)
  return {
    apiUrl: `${api}/graphql`,
    wsUrl: `${api.replace('http', 'ws')}/graphql`,
    graphiqlUrl: `${api}/graphql`,
    consoleUrl: `${api}/graphql`,
    sandboxUrl: sandboxUrl(ports),
    databaseUrl: services.databaseUrl,
    redisUrl: services.redisUrl,
  }
}

const idsOf = ({ pids }: Services) =>
  Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, [pid]]))

async function choosePorts(): Promise<Ports> {
  const wanted = wantedPort(process.env)
  if (wanted && !(await isFree(wanted))) {
    throw new Error(
      `PORT is ${wanted}, but another program listens there. Set another PORT, or none for a free one.`,
    )
  }
  const api = wanted ?? (await findFreePort(4000))
  return { api, sandbox: await findFreePort(api + 100) }
}

function say(step: string): void {
  console.log(step)
}
