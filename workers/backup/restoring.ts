import { z } from 'zod'
import type { TableContent } from '../../entities/backup.ts'
import type { Finding } from '../../entities/verification.ts'
import type { JobContext } from '../../ledger/definition.ts'
import type { Services } from '../../runtime/services.ts'
import { compareContents } from './compare.ts'
import { orphanFindings } from './foreign-keys.ts'
import { isMarker } from './target.ts'

/** How far a restore is. */
export const restoreProgress = z.object({
  phase: z.enum(['REPOSITORY', 'RESTORE', 'COMPARE', 'FOREIGN_KEYS', 'ERASURES']),
  percent: z.number().min(0).max(100),
})
export type RestoreProgress = z.infer<typeof restoreProgress>

/** What is known of a backup that is to be restored. */
export interface Restorable {
  snapshotId: string
  /** What it is compared with; null when nobody knows. */
  contents: TableContent[] | null
  bytesRead: number
}

export interface Restored {
  findings: Finding[]
  tables: number
  rows: number
  newestRowAt: Date | null
}

type Context = Pick<JobContext<RestoreProgress, Services>, 'em' | 'services' | 'signal' | 'progress' | 'say'>

/**
 * Loads a backup into an empty database and compares what came with what was dumped.
 * @throws what says nothing about the backup: a server that is away, a stop
 */
export async function restoreAndCompare(
  context: Context,
  backup: Restorable,
  database: string,
): Promise<Restored> {
  const { em, services, signal, progress } = context
  const total = backup.bytesRead || 1
  const damage = await services.restores.load({ snapshotId: backup.snapshotId, database }, signal, (bytes) =>
    progress({ phase: 'RESTORE', percent: percentOf(bytes, total) }),
  )
  if (damage.length > 0) return { findings: damage, tables: 0, rows: 0, newestRowAt: null }
  const found = await compareStep(context, backup, database)
  const tables = found.tables.filter(({ name }) => !isMarker(name))
  await tellCode(context, database)
  progress({ phase: 'FOREIGN_KEYS', percent: 0 })
  const orphans = await orphanFindings(em, database, signal)
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  const findings = [...(backup.contents ? compareContents(backup.contents, tables) : []), ...orphans]
  return { findings, tables: tables.length, rows, newestRowAt: found.newestRowAt }
}

function compareStep({ em, services, progress }: Context, { contents }: Restorable, database: string) {
  let done = 0
  return services.restores.fingerprint(em, database, () =>
    progress({ phase: 'COMPARE', percent: percentOf(done++, contents?.length || 1) }),
  )
}

/** What is no data has no checksum; an operator sees whether it is what there should be. */
async function tellCode({ em, say }: Context, database: string): Promise<void> {
  const [row] = await em.execute<{ routines: number; triggers: number; events: number }[]>(
    `select (select count(*) from information_schema.routines where routine_schema = ?) as routines,
       (select count(*) from information_schema.triggers where trigger_schema = ?) as triggers,
       (select count(*) from information_schema.events where event_schema = ?) as events`,
    [database, database, database],
  )
  const { routines = 0, triggers = 0, events = 0 } = row ?? {}
  say(`Came back with ${routines} routines, ${triggers} triggers and ${events} events`)
}

const percentOf = (part: number, whole: number) => Math.min(100, Math.round((part / whole) * 100))
