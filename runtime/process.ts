import type { Logger } from 'pino'
import type { Em } from '../entities/index.ts'
import { type Config, ConfigError, loadConfig } from './config.ts'
import { type Orm, openOrm } from './db.ts'
import { createLogger } from './logger.ts'
import { handleShutdown, type Shutdown } from './shutdown.ts'

/** What every process is made of. */
export interface Parts {
  config: Config
  log: Logger
  orm: Orm
  /** A fork of the entity manager; its queries end with `signal`. */
  fork: (signal?: AbortSignal) => Em
  shutdown: Shutdown
  /** For errors of connections that come and go. */
  onError: (error: Error) => void
}

/** Starts a process: settings, log, database, orderly end. Exits with 1 when a setting is wrong. */
export async function startProcess(app: string): Promise<Parts> {
  const config = configOrExit()
  const log = createLogger(config, app)
  process.on('unhandledRejection', (error) => die(log, error))
  process.on('uncaughtException', (error) => die(log, error))
  const shutdown = handleShutdown(log, config.SHUTDOWN_SECONDS)
  const orm = await openOrm(config)
  shutdown.add('database', () => orm.close())
  log.info({ node: process.version }, `${app} starts`)
  return {
    config,
    log,
    orm,
    shutdown,
    fork: (signal) => orm.em.fork(signal ? { signal } : {}),
    onError: quiet(log),
  }
}

function configOrExit(): Config {
  try {
    return loadConfig()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
}

/** A defect: the state of the process is not known any more. PM2 starts a new one. */
function die(log: Logger, error: unknown): never {
  log.fatal({ err: error }, 'Unexpected error; the process ends')
  process.exit(1)
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

/** Tells PM2 (`wait_ready`) that the process can do its work. */
export function tellReady(): void {
  process.send?.('ready')
}
