import { type Logger, pino, stdSerializers } from 'pino'
import { safeText } from '../ledger/classify.ts'
import type { Config } from './config.ts'

/**
 * Logs JSON lines to stdout. Error texts are stripped of what may be personal: drivers put whole statements, values
 * included, into their messages. Stacks keep their places, not their message.
 */
export function createLogger(config: Pick<Config, 'LOG_LEVEL'>, app: string): Logger {
  return pino({
    level: config.LOG_LEVEL,
    base: { app, pid: process.pid },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (level) => ({ level }) },
    serializers: { err: (error: Error) => safeError(error) },
    redact: ['authorization', 'headers.authorization', '*.apiKey', '*.token', '*.password'],
  })
}

function safeError(error: unknown): unknown {
  if (!(error instanceof Error)) return safeText(String(error))
  const { type, message, code, stack } = stdSerializers.err(error)
  return { type, message: safeText(message), code, at: placesOf(stack) }
}

function placesOf(stack: string | undefined): string[] {
  return (stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 8)
    .map((line) => line.trim())
}
