import type { Em } from '../entities/index.ts'
import { deadlock, fromSql, hasErrno, lockWaitTimeout, marks } from '../entities/sql.ts'
import type { JobRow } from './row.ts'

/** A time as MariaDB reads it in JSON and text. */
export const sqlTime = (date: Date) => date.toISOString().replace('T', ' ').replace('Z', '')

/** Jobs by id. `lock` takes the rows' locks for the rest of the transaction. */
export async function loadJobs(
  em: Em,
  ids: readonly string[],
  lock: '' | 'for update' = '',
): Promise<JobRow[]> {
  if (ids.length === 0) return []
  const rows = await em.execute<Record<string, unknown>[]>(
    `select * from job where id in ${marks(ids)} ${lock}`,
    [...ids],
  )
  return rows.map((row) => fromSql<JobRow>(row))
}

/** Deadlock, lock wait timeout, and "record has changed" of MariaDB's snapshot isolation: the transaction may be repeated. */
const repeatable = [deadlock, lockWaitTimeout, 1020]

/** Does `work` again, up to three times in all, when MariaDB reports a deadlock or a lock wait. */
export async function repeatLocked<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (tries >= 3 || !hasErrno(error, repeatable)) throw error
    }
  }
}

const awayCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'PROTOCOL_CONNECTION_LOST',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
  'ER_SERVER_SHUTDOWN',
  'ER_CON_COUNT_ERROR',
])

/**
 * Whether an error of the database driver says that the server is not there, or that the connection ended. Errors of
 * vendors carry a class and never count.
 */
export function isDatabaseAway(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('errorClass' in cause) return false
    const { code, message } = cause as Error & { code?: string }
    if (code !== undefined && awayCodes.has(code)) return true
    if (/closed state|Queue limit reached|Connection lost/.test(message)) return true
  }
  return false
}

/**
 * Does `work` again, up to three times in all, when its connection to MariaDB ends. Whether it was committed is not known
 * then, so `work` must do nothing twice: its ids are made beforehand.
 */
export async function repeatCutOff<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (tries >= 3 || !isDatabaseAway(error)) throw error
    }
  }
}

/** Runs `work` in one transaction on a fork of its own; repeats it after a deadlock or lock wait. */
export function inTransaction<T>(fork: () => Em, work: (em: Em) => Promise<T>): Promise<T> {
  const options = { isolationLevel: 'read committed' as never }
  return repeatLocked(() => fork().transactional((em) => work(em as Em), options))
}
