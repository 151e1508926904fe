import { Console } from 'node:console'
import { Writable } from 'node:stream'
import type { Logger } from 'pino'
import { safeText } from '../ledger/classify.ts'

/**
 * Makes lines of the log of what packages and Node would write as raw text of several lines: the console, warnings, and
 * errors nobody caught, which end the process. Only what V8 writes as it dies stays raw.
 */
export function captureOutput(log: Logger): void {
  globalThis.console = new Console({ stdout: linesOf(log, 'info'), stderr: linesOf(log, 'warn') })
  replaceListeners('warning', (warning) => log.warn({ err: warning }, 'Node warns'))
  for (const event of ['unhandledRejection', 'uncaughtException'])
    replaceListeners(event, (error) => die(log, error))
}

function linesOf(log: Logger, level: 'info' | 'warn'): Writable {
  return new Writable({
    decodeStrings: false,
    write(text, _encoding, done) {
      log[level](safeText(String(text).trim()))
      done()
    },
  })
}

/** PM2 and Node have listeners of their own, which write raw text. */
function replaceListeners(event: string, listener: (error: unknown) => void): void {
  process.removeAllListeners(event)
  process.on(event, listener)
}

/** A defect: the state of the process is not known any more. PM2 starts a new one. */
function die(log: Logger, error: unknown): never {
  log.fatal({ err: error }, 'Unexpected error; the process ends')
  process.exit(1)
}
