import type { Logger } from 'pino'
import { type BackupPolicy, readBackupHealth } from '../entities/backup-health.ts'
import type { Em } from '../entities/index.ts'
import type { Config } from './config.ts'
import type { Gauge } from './health.ts'

/** The dead man's switch: a backup that is not made makes no noise of its own. */

/** A problem that lasts is told so often. */
const tellEveryMs = 600_000

/** What the settings expect. */
export const backupPolicy = (config: Config): BackupPolicy => ({
  configured: config.BACKUP_REPOSITORY !== '',
  maxAgeHours: config.BACKUP_MAX_AGE_HOURS,
})

/** Logs a warning as long as backups are not as they should be. @returns how to stop */
export function watchBackups(settings: { fork: () => Em; policy: BackupPolicy; log: Logger }): () => void {
  const { fork, policy, log } = settings
  const look = async () => {
    const { healthy, problem, ageSeconds } = await readBackupHealth(fork(), policy)
    if (!healthy) log.warn({ ageSeconds }, `Backups: ${problem}`)
  }
  const timer = setInterval(
    () => void look().catch((error: Error) => log.warn({ err: error }, 'Backups could not be looked up')),
    tellEveryMs,
  )
  return () => clearInterval(timer)
}

/** For monitors; without a good backup there is no age. */
export async function backupGauges(fork: () => Em, policy: BackupPolicy): Promise<Gauge[]> {
  const { healthy, ageSeconds } = await readBackupHealth(fork(), policy)
  const health: Gauge = {
    name: 'solaria_backup_healthy',
    help: '1 while a recent backup is there and could be restored',
    value: Number(healthy),
  }
  if (ageSeconds === null) return [health]
  return [
    health,
    {
      name: 'solaria_backup_age_seconds',
      help: 'Age of what the newest good backup holds',
      value: ageSeconds,
    },
  ]
}
