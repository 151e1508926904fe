import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Em } from '../entities/index.ts'

/** A leader that lost its connection is replaced after about this many ms. */
const heartbeatMs = 1_000

/**
 * LEADING: it does the work. STANDBY: another process of this database does. BLOCKED: something that is no dispatcher of
 * this database holds the lock. STARTING: not known yet, or MariaDB is away.
 */
export type LeadershipState = 'LEADING' | 'STANDBY' | 'BLOCKED' | 'STARTING'

export interface Leadership {
  state(): LeadershipState
  close(): Promise<void>
}

/** Locks are known to the whole server, so the name says which database it is about. */
const lock = "concat('solaria:dispatcher:', md5(database()))"

/**
 * Runs `lead` in one process of a database at a time, by a MariaDB lock that ends with its connection. `lead` must return soon after
 * its signal ends; for a moment two may lead, so what it writes has to be safe to repeat.
 */
export function startLeadership(
  fork: () => Em,
  log: Logger,
  lead: (signal: AbortSignal) => Promise<void>,
): Leadership {
  const closing = new AbortController()
  let state: LeadershipState = 'STARTING'

  function become(next: LeadershipState, holder?: string): void {
    if (next === state) return
    state = next
    if (next === 'LEADING') log.info('This process leads: it dispatches, projects and reconciles')
    if (next === 'STANDBY') log.info({ holder }, 'Another process leads; this one stands by')
    if (next === 'BLOCKED')
      log.warn({ holder }, 'This process cannot lead: its lock is held by something else')
  }

  async function term(): Promise<void> {
    const em = fork()
    await em.begin()
    try {
      if (!(await ask(em, `select get_lock(${lock}, 1) as yes`))) {
        const { holder, ours } = await holderOf(em)
        return become(ours ? 'STANDBY' : 'BLOCKED', holder)
      }
      become('LEADING')
      await hold(em)
      become('STARTING')
    } finally {
      await em.execute(`do release_lock(${lock})`).catch(() => undefined)
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
        (await ask(em, `select is_used_lock(${lock}) = connection_id() as yes`))
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
      await term().catch((error: Error) => {
        become('STARTING')
        log.warn({ err: error }, 'MariaDB is away; leadership is tried again')
      })
      await sleep(heartbeatMs, undefined, { signal: closing.signal }).catch(() => undefined)
    }
  }

  const done = run()
  return {
    state: () => state,
    close: async () => {
      closing.abort('closing')
      await done
    },
  }
}

async function ask(em: Em, sql: string): Promise<boolean> {
  const [row] = await em.execute<{ yes: number | null }[]>(sql)
  return row?.yes === 1
}

/** Who holds the lock, as far as MariaDB shows other connections to this user; `ours` when it works in this database. */
async function holderOf(em: Em): Promise<{ holder: string | undefined; ours: boolean }> {
  const [row] = await em.execute<{ holder: string; ours: number | null }[]>(
    `select concat(user, '@', host, ' in ', coalesce(db, 'no database')) as holder, db = database() as ours
     from information_schema.processlist where id = is_used_lock(${lock})`,
  )
  return { holder: row?.holder, ours: row?.ours === 1 }
}
