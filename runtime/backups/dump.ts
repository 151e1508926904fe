import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Em } from '../../entities/index.ts'
import { dumpDatabase } from '../../integrations/mariadb-tools/dump.ts'
import { type DumpWatch, watchDump } from '../../integrations/mariadb-tools/dump-end.ts'
import { fingerprintDatabase } from '../../integrations/mariadb-tools/fingerprint.ts'
import type { DatabaseServer } from '../../integrations/mariadb-tools/server.ts'
import { ProgramError } from '../../integrations/programs/errors.ts'
import type { Restic, StreamBackup } from '../../integrations/restic/restic.ts'
import type { Dumped } from './backups.ts'
import { type SharedSnapshot, shareSnapshot } from './snapshot.ts'

export interface DumpParts {
  restic: Restic
  server: DatabaseServer
  fork: () => Em
}

interface What {
  database: string
  /** Name of the dump in the snapshot. */
  filename: string
  tags: readonly string[]
}

/** restic needs a moment to say why it broke off. */
const lastWordsMs = 3_000

/**
 * Dumps the database into the repository and counts what is in it, both in the same state.
 * 1. Start restic, then the dump; what comes is piped through this process.
 * 2. Once the dump's snapshot is open, open one that equals it, and hash every table in it meanwhile.
 * 3. Only when the dump ended well and its last line came does restic get the end of its input: it would keep a dump that
 *    broke off like any other.
 */
export async function dumpInto(
  parts: DumpParts,
  what: What,
  outer: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<Dumped> {
  const failed = new AbortController()
  const signal = AbortSignal.any([outer, failed.signal])
  const kept = parts.restic.backupStream(what, signal)
  let ended: Promise<unknown> = Promise.resolve()
  let snapshot: SharedSnapshot | undefined
  try {
    const watch = watchDump(onBytes)
    snapshot = await shareSnapshot(parts.fork, signal, what.database, async () => {
      const flow = flowOf(parts, watch, kept, signal)
      ended = flow
      flow.catch(() => undefined)
      await Promise.race([watch.begun, flow])
    })
    const [contents] = await Promise.all([fingerprintDatabase(snapshot.query, what.database), ended])
    if (!watch.isWhole()) throw truncated()
    return { ...(await kept.finish()), contents: contents.tables, newestRowAt: contents.newestRowAt }
  } catch (error) {
    failed.abort(error)
    await Promise.allSettled([ended, kept.ended])
    outer.throwIfAborted()
    throw error
  } finally {
    await snapshot?.close()
  }
}

/** Resolves when the whole dump went through. When restic breaks off, its own reason counts and not the broken pipe. */
async function flowOf(
  { server }: DumpParts,
  watch: DumpWatch,
  kept: StreamBackup,
  signal: AbortSignal,
): Promise<void> {
  const dump = dumpDatabase(server, signal)
  const results = await Promise.allSettled([
    pipeline(dump.stdout, watch.stream, kept.stdin, { end: false, signal }),
    dump.ended,
  ])
  if (results.every(({ status }) => status === 'fulfilled')) return
  const [piped, dumped] = results
  if (piped.status === 'rejected')
    await Promise.race([kept.failure, sleep(lastWordsMs, undefined, { ref: false })])
  throw dumped.status === 'rejected' ? dumped.reason : (piped as PromiseRejectedResult).reason
}

function truncated(): ProgramError {
  return new ProgramError('mariadb-dump', {
    errorClass: 'TRANSIENT',
    code: 'TRUNCATED',
    meaning: 'ended well, but the last line of the dump did not come',
  })
}
