import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Em } from '../entities/index.ts'

/** A leader that lost its connection is replaced after about this many ms. */
const heartbeatMs = 1_000

export interface Leadership {
  leading(): boolean
  close(): Promise<void>
}

/**
 * Runs `lead` in one process at a time, by a MariaDB lock that ends with its connection. `lead` must return soon after
 * its signal ends; for a moment two may lead, so what it writes has to be safe to repeat.
 */
export function startLeadership(
  fork: () => Em,
  lock: string,
  log: Logger,
  lead: (signal: AbortSignal) => Promise<void>,
): Leadership {
  const closing = new AbortController()
  let leading = false

  async function term(): Promise<void> {
    const em = fork()
    await em.begin()
    try {
      if (!(await ask(em, 'select get_lock(?, 1) as yes', lock))) return
      leading = true
      log.info('This process leads: it dispatches, projects and reconciles')
      await hold(em)
    } finally {
      leading = false
      await em.execute('do release_lock(?)', [lock]).catch(() => undefined)
      await em.rollback().catch(() => undefined)
    }
  }

  /** Leads until the lock is lost or this process closes. */
  async function hold(em: Em): Promise<void> {
    const lost = new AbortController()
    const work = lead(AbortSignal.any([lost.signal, closing.signal]))
    const over = work.then(() => true)
    try {
      while (
        !closing.signal.aborted &&
        (await ask(em, 'select is_used_lock(?) = connection_id() as yes', lock))
      )
        if (
          await Promise.race([over, sleep(heartbeatMs, false, { signal: closing.signal }).catch(() => true)])
        )
          break
    } finally {
      lost.abort('leadership lost')
      await work
    }
  }

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      await term().catch((error: Error) =>
        log.warn({ err: error }, 'MariaDB is away; leadership is tried again'),
      )
      await sleep(heartbeatMs, undefined, { signal: closing.signal }).catch(() => undefined)
    }
  }

  const done = run()
  return {
    leading: () => leading,
    close: async () => {
      closing.abort('closing')
      await done
    },
  }
}

async function ask(em: Em, sql: string, lock: string): Promise<boolean> {
  const [row] = await em.execute<{ yes: number | null }[]>(sql, [lock])
  return row?.yes === 1
}
