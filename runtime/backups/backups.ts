import type { TableContent } from '../../entities/backup.ts'
import type { Em } from '../../entities/index.ts'
import type { BackupSummary } from '../../integrations/restic/restic.ts'

/** A backup of the database: the snapshot that was kept, and what was in it. */
export interface Dumped extends BackupSummary {
  contents: TableContent[]
  newestRowAt: Date | null
}

/** Making backups of the installation. All take a signal and leave nothing behind when it ends them. */
export interface Backups {
  /** Files and folders that are backed up besides the database. */
  files: readonly string[]
  /**
   * Opens the repository, makes it if there is none, and removes locks whose owners are gone.
   * @throws ProgramError, and NotConfiguredError without a repository
   */
  open(signal: AbortSignal): Promise<void>
  /** Dumps the database into the repository; `onBytes` is told how many bytes have been read. */
  dump(backupId: string, signal: AbortSignal, onBytes: (bytes: number) => void): Promise<Dumped>
  backupFiles(
    backupId: string,
    signal: AbortSignal,
    onBytes: (done: number, total: number | undefined) => void,
  ): Promise<BackupSummary>
  /** Ids of the backups that have something in the repository. */
  backupsIn(signal: AbortSignal): Promise<string[]>
  /** Takes everything of these backups out of the repository. Their data goes with `prune`. */
  forget(backupIds: readonly string[], signal: AbortSignal): Promise<void>
  /** Ids of the backups that the settings do not keep. */
  surplus(signal: AbortSignal): Promise<string[]>
  /** Removes data of what was taken out. */
  prune(signal: AbortSignal): Promise<void>
  /** Free bytes where the repository is; undefined when it is not on this host. */
  freeBytes(): Promise<number | undefined>
  /** About how large a dump of the database is, in bytes. */
  dumpBytes(em: Em): Promise<number>
}
