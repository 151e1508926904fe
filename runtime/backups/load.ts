import { pipeline } from 'node:stream/promises'
import { watchDump } from '../../integrations/mariadb-tools/dump-end.ts'
import { loadDump } from '../../integrations/mariadb-tools/load.ts'
import type { DatabaseServer } from '../../integrations/mariadb-tools/server.ts'
import type { Restic } from '../../integrations/restic/restic.ts'
import type { Damage } from './restores.ts'

interface Load {
  restic: Restic
  snapshotId: string
  filename: string
  target: DatabaseServer
}

/**
 * Reads a dump out of the repository and runs it in a database. Both programs have ended when this does.
 * @returns what is wrong with the backup
 * @throws ProgramError when it did not come to an end for a reason that says nothing about the backup
 */
export async function loadBackup(
  { restic, snapshotId, filename, target }: Load,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<Damage[]> {
  const failed = new AbortController()
  const stop = AbortSignal.any([signal, failed.signal])
  const dump = restic.dump({ snapshotId, filename }, stop)
  const client = loadDump(target, signal)
  const watch = watchDump(onBytes)
  // Who fails first is to blame: a dump that breaks off ends in the middle of a statement, and a client that gives up
  // takes no more of the dump.
  let blame: unknown
  const ends = [dump.ended, client.ended].map((ended) =>
    ended.catch((error) => {
      blame ??= error
      failed.abort()
    }),
  )
  await pipeline(dump.stdout, watch.stream, client.stdin).catch(() => undefined)
  await Promise.all(ends)
  signal.throwIfAborted()
  if (blame) return [damageOf(blame)]
  return watch.isWhole()
    ? []
    : [{ kind: 'RESTORE', message: 'The dump was cut off: its last line is missing.' }]
}

const damageKinds: Record<string, Damage['kind']> = {
  DAMAGED: 'REPOSITORY',
  NO_SNAPSHOT: 'REPOSITORY',
  STATEMENT_REFUSED: 'RESTORE',
}

/** @throws an error that is about something else than the backup */
export function damageOf(error: unknown): Damage {
  const { code = '', message } = error as Error & { code?: string }
  const kind = damageKinds[code]
  if (!kind) throw error
  return { kind, message }
}
