import type { Backup } from './backup.ts'
import type { Em } from './index.ts'
import type { Row } from './row.ts'
import { fromSql } from './sql.ts'
import type { VerificationState } from './verification.ts'

type BackupRow = Row<Backup>

/** What is expected of backups. */
export interface BackupPolicy {
  /** Whether a repository is set. */
  configured: boolean
  /** A good backup older than this is no longer good enough. */
  maxAgeHours: number
}

/** Whether one could go back to a recent state, and whether that has been tried. */
export interface BackupHealth {
  configured: boolean
  healthy: boolean
  /** What is wrong, in a sentence; null when healthy. */
  problem: string | null
  lastGood: BackupRow | null
  lastVerified: BackupRow | null
  /** Age of what the newest good backup holds; null without one. */
  ageSeconds: number | null
  /** When the schedule starts the next backup; null when it is paused or there is none. */
  nextRunAt: Date | null
}

/** A backup is verified right after it is made; so long it may be without. */
const verifyWithinMs = 3_600_000

/** Judges by the rows alone: it needs no repository, so it tells also when that is away. */
export async function readBackupHealth(
  em: Em,
  policy: BackupPolicy,
  now = new Date(),
): Promise<BackupHealth> {
  const [lastGood, lastVerified, verdict, verifying, nextRunAt] = await Promise.all([
    newestBackup(em, "state = 'COMPLETED' and forgotten_at is null"),
    newestVerified(em),
    lastVerdict(em),
    isVerifying(em),
    nextRun(em),
  ])
  const ageSeconds =
    lastGood && Math.max(0, Math.round((now.getTime() - lastGood.startedAt.getTime()) / 1_000))
  const problem = problemOf({ policy, lastGood, ageSeconds, verdict, verifying, now })
  const { configured } = policy
  return { configured, healthy: problem === null, problem, lastGood, lastVerified, ageSeconds, nextRunAt }
}

interface Standing {
  policy: BackupPolicy
  lastGood: BackupRow | null
  ageSeconds: number | null
  verdict: VerificationState | undefined
  verifying: boolean
  now: Date
}

function problemOf({ policy, lastGood, ageSeconds, verdict, verifying, now }: Standing): string | null {
  if (!policy.configured) return 'No backups are made: no repository is set. See docs/backup-and-restore.md.'
  if (!lastGood || ageSeconds === null) return 'There is no good backup yet.'
  const hours = Math.floor(ageSeconds / 3_600)
  if (ageSeconds > policy.maxAgeHours * 3_600)
    return `The newest good backup is ${hours} hours old; expected was one of the last ${policy.maxAgeHours} hours.`
  if (verdict === 'FAILED') return 'The last verification found that a backup cannot be relied on.'
  const overdue = now.getTime() - (lastGood.finishedAt ?? lastGood.startedAt).getTime() > verifyWithinMs
  if (!lastGood.verifiedAt && !verifying && overdue)
    return 'The newest good backup has not been verified: nobody knows whether it can be restored.'
  return null
}

async function newestBackup(em: Em, condition: string): Promise<BackupRow | null> {
  const [row] = await em.execute<Record<string, unknown>[]>(
    `select * from backup where ${condition} order by started_at desc, id desc limit 1`,
  )
  return row ? fromSql<BackupRow>(row) : null
}

/** The newest backup that was restored and found equal, and is still in the repository. */
export function newestVerified(em: Em): Promise<BackupRow | null> {
  return newestBackup(em, 'verified_at is not null and forgotten_at is null')
}

async function lastVerdict(em: Em): Promise<VerificationState | undefined> {
  const [row] = await em.execute<{ state: VerificationState }[]>(
    "select state from verification where state in ('PASSED', 'FAILED') order by finished_at desc, id desc limit 1",
  )
  return row?.state
}

/** A row whose job has ended is left over from a worker that was lost. */
async function isVerifying(em: Em): Promise<boolean> {
  const rows = await em.execute<unknown[]>(
    `select 1 from verification v join job j on j.id = v.job_id
     where v.state = 'RUNNING' and j.state not in ('COMPLETED', 'DEAD', 'CANCELLED') limit 1`,
  )
  return rows.length > 0
}

async function nextRun(em: Em): Promise<Date | null> {
  const [row] = await em.execute<Record<string, unknown>[]>(
    "select min(next_at) as next_at from schedule where job_name = 'backup.daily' and paused_at is null",
  )
  return row ? fromSql<{ nextAt: Date | null }>(row).nextAt : null
}
