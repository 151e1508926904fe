import type { Readable } from 'node:stream'
import { checkEnd } from '../programs/errors.ts'
import { startProgram } from '../programs/run.ts'
import { connectionOf, type DatabaseServer, serverRules } from './server.ts'

/** The last words of a whole dump. */
export const dumpEnd = '-- Dump completed'

/** Comes in a dump once its snapshot is open: the snapshot is taken before the first table is read. */
export const firstTable = '-- Table structure for table'

/** One snapshot of everything in the database, views, routines, triggers and events included; it blocks nobody. */
const options = [
  '--single-transaction',
  '--skip-lock-tables',
  '--quick',
  '--routines',
  '--triggers',
  '--events',
  '--hex-blob',
  '--no-tablespaces',
  // The same data makes the same dump, which deduplicates best.
  '--skip-dump-date',
  '--max-allowed-packet=1G',
]

/**
 * Dumps the database of the URL as SQL.
 * @returns the dump; `ended` rejects with a ProgramError unless the program ended well. Only then is the dump whole.
 */
export function dumpDatabase(
  server: DatabaseServer,
  signal: AbortSignal,
): { stdout: Readable; ended: Promise<void> } {
  const { args, env, database } = connectionOf(server)
  const { stdin, stdout, ended } = startProgram({
    names: ['mariadb-dump', 'mysqldump'],
    package: 'mariadb-client',
    args: [...args, ...options, database],
    env,
    signal,
  })
  stdin.end()
  return { stdout, ended: ended.then((end) => checkEnd('mariadb-dump', serverRules, end, signal)) }
}
