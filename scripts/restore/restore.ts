import type { Em } from '../../entities/index.ts'
import type { Finding } from '../../entities/verification.ts'
import { createRestic } from '../../integrations/restic/restic.ts'
import { createRestores, type Restores } from '../../runtime/backups/restores.ts'
import { databaseNamed, databaseOf, openOrm } from '../../runtime/db.ts'
import type { Services } from '../../runtime/services.ts'
import { storedErasures } from '../../workers/backup/erasures.ts'
import { makeUsable } from '../../workers/backup/make-usable.ts'
import { readManifest } from '../../workers/backup/manifest.ts'
import { type RestoreProgress, restoreAndCompare } from '../../workers/backup/restoring.ts'
import { claimTarget, releaseTarget } from '../../workers/backup/target.ts'
import type { StoredBackup } from './backups.ts'
import type { RestoreOptions } from './options.ts'

interface Outcome {
  database: string
  /** Whether the backup told what it held. */
  compared: boolean
  findings: Finding[]
  tables: number
  rows: number
  newestRowAt: Date | null
  tombstones: number
  erasuresReplayed: number
}

/** Who holds the database while it is restored: a second try of this script may begin anew. */
const owner = 'npm run restore'

/** Restores a backup into a database that is new or empty. */
export async function restore(options: RestoreOptions, backup: StoredBackup): Promise<Outcome> {
  const { repository, password, env, databaseUrl } = options
  const config = { DATABASE_URL: databaseUrl, DATABASE_POOL: 2 }
  const restic = createRestic({ repository, password, env })
  const restores = createRestores({ restic: () => restic, database: config, env, checkSubset: '' })
  // The database itself may not be there yet.
  const server = await openOrm(databaseNamed(config, 'information_schema'))
  try {
    return await restoreInto(server.em.fork() as Em, restores, backup, databaseOf(config))
  } finally {
    await server.close()
  }
}

async function restoreInto(
  em: Em,
  restores: Restores,
  backup: StoredBackup,
  database: string,
): Promise<Outcome> {
  const services = { restores } as unknown as Services
  const { signal } = new AbortController()
  const context = { em, services, signal, progress: showProgress(), say: console.log }
  await claimTarget(em, database, owner)
  const manifest = await readManifest(context, backup.id)
  const good = { ...backup, contents: manifest?.contents ?? null, bytesRead: manifest?.bytes ?? 0 }
  const restored = await restoreAndCompare(context, good, database)
  const compared = manifest !== undefined
  if (restored.findings.length > 0)
    return { database, compared, ...restored, tombstones: 0, erasuresReplayed: 0 }
  const tombstones = await storedErasures(services, signal)
  const erasuresReplayed = await makeUsable(context, good, database, tombstones)
  await releaseTarget(em, database)
  return { database, compared, ...restored, tombstones: tombstones.length, erasuresReplayed }
}

/** A line for every phase and every further tenth of it. */
function showProgress(): (progress: RestoreProgress) => void {
  let last = ''
  return ({ phase, percent }) => {
    const line = `  ${phase} ${Math.floor(percent / 10) * 10} %`
    if (line !== last) console.log(line)
    last = line
  }
}
