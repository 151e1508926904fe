import type { Writable } from 'node:stream'
import { checkEnd, ProgramError, type ProgramFault } from '../programs/errors.ts'
import { startProgram } from '../programs/run.ts'
import { connectionOf, type DatabaseServer, serverRules } from './server.ts'

/**
 * Runs SQL in the database of the URL, e.g. a dump. It stops at the first error: with `--force` the program would end well
 * although statements failed.
 * @returns where to write the SQL; `ended` rejects with a ProgramError unless all of it was run
 */
export function loadDump(
  server: DatabaseServer,
  signal: AbortSignal,
): { stdin: Writable; ended: Promise<void> } {
  const { args, env, database } = connectionOf(server)
  const { stdin, stdout, ended } = startProgram({
    names: ['mariadb', 'mysql'],
    package: 'mariadb-client',
    // What looks like a command of the client is data here.
    args: [...args, '--batch', '--binary-mode', '--max-allowed-packet=1G', database],
    env,
    signal,
  })
  stdout.resume()
  return { stdin, ended: ended.then((end) => check(end, signal)) }
}

function check(end: { exitCode: number | null; stderr: string }, signal: AbortSignal): void {
  const fault = end.exitCode === 0 || signal.aborted ? undefined : refused(end.stderr)
  if (fault) throw new ProgramError('mariadb', fault)
  checkEnd('mariadb', serverRules, end, signal)
}

/** The server's error texts repeat the statement, so only the numbers are taken. */
function refused(stderr: string): ProgramFault | undefined {
  const [, number, line] = /ERROR (\d+)(?: \(\w+\))? at line (\d+)/.exec(stderr) ?? []
  if (!number || serverRules.some(({ text }) => text?.test(`ERROR ${number}`))) return undefined
  return {
    errorClass: 'PERMANENT',
    code: 'STATEMENT_REFUSED',
    meaning: `refuses the dump in line ${line} with error ${number}`,
  }
}
