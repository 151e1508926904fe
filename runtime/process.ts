import type { Logger } from 'pino'
import type { Em } from '../entities/index.ts'
import { type Config, ConfigError, pm2LogFiles, readConfig } from './config.ts'
import { type Orm, openOrm } from './db.ts'
import { healthPortMetric } from './health-port.ts'
import { boundLogFiles } from './log-files.ts'
import { createLogger } from './logger.ts'
import { handleShutdown, type Shutdown } from './shutdown.ts'
import { captureOutput } from './stray-output.ts'

/** What every process is made of. */
export interface Parts {
  /** Its name: that of its PM2 app. */
  app: string
  config: Config
  log: Logger
  orm: Orm
  /** A fork of the entity manager; its queries end with `signal`. */
  fork: (signal?: AbortSignal) => Em
  shutdown: Shutdown
  /** For errors of connections that come and go. */
  onError: (error: Error) => void
}

/**
 * Starts a process: settings, log, database, orderly end. Exits with 1 when a setting is wrong.
 * @param app its name in the log and as PM2 has it; a worker's depends on the settings
 */
export async function startProcess(app: string | ((config: Config) => string)): Promise<Parts> {
  const { config, source } = configOrExit()
  const name = typeof app === 'string' ? app : app(config)
  const log = createLogger(config, name)
  captureOutput(log)
  const shutdown = handleShutdown(log, config.SHUTDOWN_SECONDS)
  shutdown.add('log files', boundLogFiles(pm2LogFiles(), config.LOG_FILE_BYTES, log))
  const orm = await openOrm(config)
  shutdown.add('database', () => orm.close())
  log.info({ node: process.version, settings: source }, `${name} starts`)
  return {
    app: name,
    config,
    log,
    orm,
    shutdown,
    fork: (signal) => orm.em.fork(signal ? { signal } : {}),
    onError: quiet(log),
  }
}

function configOrExit() {
  try {
    return readConfig()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const log = createLogger({ LOG_LEVEL: 'info' }, 'settings')
    log.fatal({ problems: error.problems }, 'The settings are not usable; the process ends')
    process.exit(1)
  }
}

/** One line a minute for a connection that keeps failing, not one per try. */
function quiet(log: Logger): (error: Error) => void {
  let last = 0
  return (error) => {
    if (Date.now() - last < 60_000) return log.debug({ err: error }, 'Connection error')
    last = Date.now()
    log.warn({ err: error }, 'Connection error; it is tried again')
  }
}

/**
 * Tells PM2 (`wait_ready`) that the process can do its work.
 * @param port where its health is served; `pm2 show` prints it, and `npm run reload` asks there
 */
export function tellReady(port: number): void {
  process.send?.('ready')
  process.send?.({ type: 'axm:monitor', data: { [healthPortMetric]: { value: port } } })
}
