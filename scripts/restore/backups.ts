import { createRestic, type Restic } from '../../integrations/restic/restic.ts'
import { backupTags } from '../../runtime/backups/open.ts'
import type { RestoreOptions } from './options.ts'

export interface Source {
  restic: Restic
}

/** A dump in the repository. */
export interface StoredBackup {
  id: string
  snapshotId: string
  time: Date
}

export const openSource = ({ repository, password, env }: RestoreOptions): Source => ({
  restic: createRestic({ repository, password, env }),
})

/** All dumps in the repository, oldest first. */
export async function listBackups({ restic }: Source): Promise<StoredBackup[]> {
  const snapshots = await restic.snapshots(new AbortController().signal)
  return snapshots
    .filter(({ tags }) => tags.includes(backupTags.database))
    .map(({ id, time, tags }) => ({
      id: tags.find((tag) => tag.startsWith('bak_')) ?? '',
      snapshotId: id,
      time,
    }))
}

/** @throws when there is none */
export async function findBackup(source: Source, wanted: string): Promise<StoredBackup> {
  const all = await listBackups(source)
  const found =
    wanted === 'latest'
      ? all.at(-1)
      : all.find(
          ({ id, snapshotId }) => id === wanted || (wanted.length >= 8 && snapshotId.startsWith(wanted)),
        )
  if (!found) throw new Error(`the repository holds no backup "${wanted}"; --list shows what it holds`)
  return found
}
