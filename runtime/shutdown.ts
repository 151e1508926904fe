import type { Logger } from 'pino'

interface Part {
  name: string
  close: () => unknown
}

export interface Shutdown {
  /** Parts close in the reverse of the order they were added in, one after the other. */
  add(name: string, close: () => unknown): void
}

/**
 * Closes a process's parts in order on SIGINT (PM2's stop) and SIGTERM, then ends it. What has not closed after
 * `seconds` is left behind with exit code 1, so that PM2 never has to kill.
 */
export function handleShutdown(log: Logger, seconds: number): Shutdown {
  const parts: Part[] = []
  let stopping = false

  async function stop(signal: string): Promise<void> {
    if (stopping) return
    stopping = true
    log.info({ signal }, 'Stopping')
    setTimeout(() => {
      log.error({ seconds }, 'Not everything closed in time')
      process.exit(1)
    }, seconds * 1_000).unref()
    for (const part of parts.reverse()) await closePart(part, log)
    log.info('Stopped')
    process.exit(0)
  }

  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop(signal))
  return { add: (name, close) => void parts.push({ name, close }) }
}

async function closePart({ name, close }: Part, log: Logger): Promise<void> {
  const startedAt = Date.now()
  try {
    await close()
    log.debug({ part: name, ms: Date.now() - startedAt }, 'Closed')
  } catch (error) {
    log.warn({ err: error, part: name }, 'Did not close cleanly')
  }
}
