import { setTimeout as sleep } from 'node:timers/promises'
import type { Em } from '../../entities/index.ts'
import { deadlock, hasErrno, lockWaitTimeout } from '../../entities/sql.ts'
import { quoteName } from '../../integrations/mariadb-tools/quote.ts'

/** Two connections that see the same state of the database although MariaDB cannot share a snapshot between them. */

/** Longest wait for the tables, behind transactions under way; all who would write wait behind us. */
const lockWaitSeconds = 5
/** How often the tables are asked for, first without any wait and then with it. */
const tries = { withoutWait: 400, withWait: 6 }
/** Pause between the first tries. */
const pauseMs = 5
/** The other snapshot opens at once, or something is wrong with it. */
const heldAtMostMs = 10_000

export interface SharedSnapshot {
  /** Runs a statement in the snapshot. */
  query(sql: string): Promise<Record<string, unknown>[]>
  close(): Promise<void>
}

/**
 * Opens a snapshot that equals another connection's: nobody writes from before `otherOpens` is called until it resolves,
 * which is when the other snapshot is open. Writers wait for as long as that takes, some milliseconds.
 * @param signal ends waiting, and statements in the snapshot
 */
export async function shareSnapshot(
  fork: () => Em,
  signal: AbortSignal,
  database: string,
  otherOpens: () => Promise<void>,
): Promise<SharedSnapshot> {
  const em = fork().fork({ signal, inflightQueryAbortStrategy: 'cancel query' })
  await em.begin()
  const close = () => em.rollback().catch(() => undefined)
  try {
    const unlock = await lockTables(fork(), signal, database)
    try {
      await soon(otherOpens())
      await em.execute('start transaction with consistent snapshot')
    } finally {
      await unlock()
    }
  } catch (error) {
    await close()
    throw error
  }
  return { query: (sql) => em.execute(sql), close }
}

/** mariadb-dump did not open its snapshot in the time that writers can be kept out. */
class DumpNotBegunError extends Error {
  readonly errorClass = 'TRANSIENT'
  readonly code = 'DUMP_NOT_BEGUN'
  constructor() {
    super(`The dump did not begin within ${heldAtMostMs / 1_000} s; others may write again`)
  }
}

/** Nobody can write meanwhile. */
async function soon(work: Promise<void>): Promise<void> {
  const late = new AbortController()
  const limit = sleep(heldAtMostMs, undefined, { signal: late.signal, ref: false }).then(() => {
    throw new DumpNotBegunError()
  })
  try {
    await Promise.race([work, limit])
  } finally {
    late.abort()
    limit.catch(() => undefined)
  }
}

/**
 * Keeps everybody from writing. Its statements do not end with the signal: one that gives back what it has must run.
 * @returns lets them write again
 */
async function lockTables(em: Em, signal: AbortSignal, database: string): Promise<() => Promise<void>> {
  const tables = await em.execute<{ name: string }[]>(
    `select table_name as name from information_schema.tables
     where table_schema = ? and table_type in ('BASE TABLE', 'SYSTEM VERSIONED')`,
    [database],
  )
  const locks = tables.map(({ name }) => `${quoteName(database)}.${quoteName(name)} read`).join(', ')
  await em.begin()
  const unlock = async () => {
    await em.execute('unlock tables').catch(() => undefined)
    await em.rollback().catch(() => undefined)
  }
  try {
    if (locks) await persistently((wait) => em.execute(`lock tables ${locks} ${wait}`), signal)
    return unlock
  } catch (error) {
    await unlock()
    throw error
  }
}

/**
 * Looks for a moment in which nobody is in the middle of a transaction. Only if none comes does it wait for the tables:
 * having some and waiting for others, it can make a deadlock with a transaction, which MariaDB then ends and not us.
 */
async function persistently(lock: (wait: string) => Promise<unknown>, signal: AbortSignal): Promise<void> {
  for (let tried = 1; ; tried++)
    try {
      signal.throwIfAborted()
      return void (await lock(tried <= tries.withoutWait ? 'nowait' : `wait ${lockWaitSeconds}`))
    } catch (error) {
      if (tried === tries.withoutWait + tries.withWait || !hasErrno(error, [lockWaitTimeout, deadlock]))
        throw error
      if (tried < tries.withoutWait) await sleep(pauseMs)
    }
}
