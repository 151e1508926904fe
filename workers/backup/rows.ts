import type { Backup } from '../../entities/backup.ts'
import { newId } from '../../entities/ids.ts'
import type { Em } from '../../entities/index.ts'
import type { Row } from '../../entities/row.ts'
import { fromSql, marks } from '../../entities/sql.ts'
import type { Dumped } from '../../runtime/backups/backups.ts'

/** The rows of backups, as `backup.daily` writes them. */

export type BackupRow = Row<Backup>

/** Writes the row of a job's backup, or takes up the one of an earlier attempt; one that is complete stays as it is. */
export async function beginBackup(em: Em, jobId: string): Promise<BackupRow> {
  await em.execute(
    `insert into backup (id, job_id, state, started_at) values (?, ?, 'RUNNING', ?)
     on duplicate key update
       started_at = if(state = 'COMPLETED', started_at, values(started_at)),
       finished_at = if(state = 'COMPLETED', finished_at, null),
       problem_code = null, problem = null, state = if(state = 'COMPLETED', state, 'RUNNING')`,
    [newId('backup'), jobId, new Date()],
  )
  return (await backupOf(em, jobId))!
}

/** The backup of a job, or undefined when the job has not begun one. */
export async function backupOf(em: Em, jobId: string): Promise<BackupRow | undefined> {
  const [row] = await em.execute<Record<string, unknown>[]>('select * from backup where job_id = ?', [jobId])
  return row && fromSql<BackupRow>(row)
}

/** What a backup came to. */
export interface Made {
  dumped: Dumped
  files: { snapshotId: string; bytesRead: number; bytesAdded: number } | undefined
}

export async function completeBackup(em: Em, id: string, { dumped, files }: Made): Promise<void> {
  await em.execute(
    `update backup set state = 'COMPLETED', finished_at = ?, snapshot_id = ?, files_snapshot_id = ?, bytes_read = ?,
       bytes_added = ?, contents = ?, newest_row_at = ? where id = ?`,
    [
      new Date(),
      dumped.snapshotId,
      files?.snapshotId ?? null,
      dumped.bytesRead + (files?.bytesRead ?? 0),
      dumped.bytesAdded + (files?.bytesAdded ?? 0),
      JSON.stringify(dumped.contents),
      dumped.newestRowAt,
      id,
    ],
  )
}

/** Why a backup came to nothing. */
export interface Problem {
  code: string
  message: string
}

/** A backup that was completed stays so, whatever came after it. */
export async function failBackup(
  em: Em,
  id: string,
  state: 'FAILED' | 'CANCELLED',
  { code, message }: Problem,
): Promise<void> {
  await em.execute(
    `update backup set state = ?, finished_at = ?, problem_code = ?, problem = ? where id = ? and state = 'RUNNING'`,
    [state, new Date(), code.slice(0, 40), message.slice(0, 500), id],
  )
}

/** Marks backups as FAILED that a lost worker left RUNNING: their jobs have ended. */
export async function endAbandoned(em: Em): Promise<void> {
  await em.execute(
    `update backup b left join job j on j.id = b.job_id
     set b.state = 'FAILED', b.finished_at = ?, b.problem_code = 'WORKER_LOST', b.problem = 'The worker was lost.'
     where b.state = 'RUNNING' and (j.id is null or j.state in ('COMPLETED', 'DEAD', 'CANCELLED'))`,
    [new Date()],
  )
}

/** Which of these backups are not complete, so that what the repository has of them is worth nothing. */
export async function unfinishedAmong(em: Em, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return []
  const rows = await em.execute<{ id: string }[]>(
    `select id from backup where id in ${marks(ids)} and state in ('FAILED', 'CANCELLED')`,
    [...ids],
  )
  return rows.map(({ id }) => id)
}

/** Backups that a job is to verify, or is verifying. */
export async function awaitingVerification(em: Em): Promise<string[]> {
  const rows = await em.execute<{ id: string }[]>(
    `select distinct json_value(input, '$.backupId') as id from job
     where name = 'backup.verify' and state not in ('COMPLETED', 'DEAD', 'CANCELLED')
       and json_value(input, '$.backupId') is not null`,
  )
  return rows.map(({ id }) => id)
}

export async function markForgotten(em: Em, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await em.execute(`update backup set forgotten_at = ? where id in ${marks(ids)} and forgotten_at is null`, [
    new Date(),
    ...ids,
  ])
}

/** Which of these backups retention has taken out, or was about to. */
export async function forgottenAmong(em: Em, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return []
  const rows = await em.execute<{ id: string }[]>(
    `select id from backup where id in ${marks(ids)} and forgotten_at is not null`,
    [...ids],
  )
  return rows.map(({ id }) => id)
}

/** What the newest complete backup added to the repository, in bytes. */
export async function lastAdded(em: Em): Promise<number | undefined> {
  const [row] = await em.execute<{ bytes_added: string | number | null }[]>(
    "select bytes_added from backup where state = 'COMPLETED' order by id desc limit 1",
  )
  return row ? Number(row.bytes_added ?? 0) : undefined
}
