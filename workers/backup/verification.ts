import { newId } from '../../entities/ids.ts'
import type { Em } from '../../entities/index.ts'
import type { Finding, VerificationState } from '../../entities/verification.ts'
import { scratchName } from './scratch.ts'

/** A verification under way. */
export interface Verification {
  id: string
  scratchDatabase: string
}

/** More than these would not tell an operator more. */
const maxFindings = 200

/** Writes the row of a job's verification, or takes up the one of an earlier attempt. */
export async function beginVerification(
  em: Em,
  job: { id: string; backupId: string; database: string },
): Promise<Verification> {
  const id = newId('verification')
  await em.execute(
    `insert into verification (id, backup_id, job_id, state, scratch_database, started_at, findings)
     values (?, ?, ?, 'RUNNING', ?, ?, '[]')
     on duplicate key update state = 'RUNNING', backup_id = values(backup_id), started_at = values(started_at),
       findings = '[]', finished_at = null, table_count = null, row_count = null, newest_row_at = null`,
    [id, job.backupId, job.id, scratchName(job.database, id), new Date()],
  )
  const [row] = await em.execute<{ id: string; scratch_database: string }[]>(
    'select id, scratch_database from verification where job_id = ?',
    [job.id],
  )
  return { id: row!.id, scratchDatabase: row!.scratch_database }
}

/** Marks the verification of a job that died without a verdict. */
export async function breakOffLost(em: Em, jobId: string): Promise<void> {
  await em.execute(
    "update verification set state = 'BROKEN_OFF', finished_at = ? where job_id = ? and state = 'RUNNING'",
    [new Date(), jobId],
  )
}

/** What a verification came to. */
export interface Verdict {
  state: Exclude<VerificationState, 'RUNNING'>
  findings?: readonly Finding[]
  tableCount?: number
  rowCount?: number
  newestRowAt?: Date | null
}

/** Writes the verdict, and onto the backup when it was good. */
export async function endVerification(em: Em, { id }: Verification, verdict: Verdict): Promise<void> {
  const now = new Date()
  const { state, findings = [], tableCount = null, rowCount = null, newestRowAt = null } = verdict
  await em.execute(
    `update verification set state = ?, finished_at = ?, findings = ?, table_count = ?, row_count = ?, newest_row_at = ?
     where id = ?`,
    [state, now, JSON.stringify(findings.slice(0, maxFindings)), tableCount, rowCount, newestRowAt, id],
  )
  if (state === 'PASSED')
    await em.execute(
      'update backup b join verification v on v.backup_id = b.id set b.verified_at = ? where v.id = ?',
      [now, id],
    )
}
