import type { Em } from '../entities/index.ts'
import type { Config } from './config.ts'
import { openOrmWithin } from './db.ts'
import { createShares } from './shares.ts'

export type ReadsConfig = Pick<
  Config,
  'DATABASE_URL' | 'DATABASE_READ_POOL' | 'MAX_READS_PER_KEY' | 'MAX_STATEMENT_SECONDS'
>

/** MariaDB as the API's readers have it: connections of their own, so that reading never keeps writing waiting. */
export interface Reads {
  /**
   * An entity manager for one operation of one key. Its statements wait for the key's turn, end after the time limit, and are
   * cancelled in MariaDB when the signal ends.
   */
  fork(keyId: string, signal?: AbortSignal): Em
  close(): Promise<void>
}

/** Opens the connections for reading. They are made when they are first needed. */
export async function openReads(config: ReadsConfig): Promise<Reads> {
  const { DATABASE_URL, DATABASE_READ_POOL: DATABASE_POOL, MAX_STATEMENT_SECONDS } = config
  const orm = await openOrmWithin({ DATABASE_URL, DATABASE_POOL }, MAX_STATEMENT_SECONDS)
  const shares = createShares(config.MAX_READS_PER_KEY)
  const owners = new WeakMap<AbortSignal, string>()
  const connection = orm.em.getConnection()
  const execute = connection.execute.bind(connection)
  // Every statement of the ORM goes through here, with the operation's signal among the details it logs.
  connection.execute = ((query, params, method, transaction, details) => {
    const { signal } = (details ?? {}) as { signal?: AbortSignal }
    const keyId = signal && owners.get(signal)
    const run = () => execute(query, params, method, transaction, details)
    return keyId === undefined ? run() : shares.run(keyId, signal!, run)
  }) as typeof connection.execute

  return {
    fork(keyId, given) {
      const signal = given ?? new AbortController().signal
      owners.set(signal, keyId)
      return orm.em.fork({ signal, inflightQueryAbortStrategy: 'cancel query' }) as Em
    },
    close: () => orm.close(),
  }
}
