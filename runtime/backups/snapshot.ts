import type { Em } from '../../entities/index.ts'
import { quoteName } from '../../integrations/mariadb-tools/quote.ts'

/** Two connections that see the same state of the database although MariaDB cannot share a snapshot between them. */

/** A transaction under way may keep a table for so long; then it is tried again. */
const lockWaitSeconds = 5
const tries = 6

export interface SharedSnapshot {
  /** Runs a statement in the snapshot. */
  query(sql: string): Promise<Record<string, unknown>[]>
  close(): Promise<void>
}

/**
 * Opens a snapshot that equals another connection's: nobody writes from before `otherOpens` is called until it resolves,
 * which is when the other snapshot is open. Writers wait for as long as that takes, some milliseconds.
 * @param fork makes an entity manager whose queries end with the caller's signal
 */
export async function shareSnapshot(
  fork: () => Em,
  database: string,
  otherOpens: () => Promise<void>,
): Promise<SharedSnapshot> {
  const em = fork()
  await em.begin()
  const close = () => em.rollback().catch(() => undefined)
  try {
    const unlock = await lockTables(fork(), database)
    try {
      await otherOpens()
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

/** Keeps everybody from writing. @returns lets them again */
async function lockTables(em: Em, database: string): Promise<() => Promise<void>> {
  const tables = await em.execute<{ name: string }[]>(
    "select table_name as name from information_schema.tables where table_schema = ? and table_type = 'BASE TABLE'",
    [database],
  )
  const locks = tables.map(({ name }) => `${quoteName(database)}.${quoteName(name)} read`).join(', ')
  await em.begin()
  const unlock = async () => {
    await em.execute('unlock tables').catch(() => undefined)
    await em.execute('set lock_wait_timeout = default').catch(() => undefined)
    await em.rollback().catch(() => undefined)
  }
  try {
    await em.execute(`set lock_wait_timeout = ${lockWaitSeconds}`)
    if (locks) await persistently(() => em.execute(`lock tables ${locks}`))
    return unlock
  } catch (error) {
    await unlock()
    throw error
  }
}

/** Waiting for long would make every writer wait behind us. */
async function persistently(lock: () => Promise<unknown>): Promise<void> {
  for (let left = tries; ; left--)
    try {
      await lock()
      return
    } catch (error) {
      if (left === 1 || !isLockWait(error)) throw error
    }
}

const isLockWait = (error: unknown) =>
  [1205, 1213].includes((error as { errno?: number; cause?: { errno?: number } }).errno ?? 0) ||
  [1205, 1213].includes((error as { cause?: { errno?: number } }).cause?.errno ?? 0)
