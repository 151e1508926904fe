import type { Em } from '../entities/index.ts'

/** A line a running job wrote. */
export interface JobLogLine {
  jobId: string
  at: Date
  line: string
}

/** Ids of events end in a number without leading zeros, so the shorter one comes first. */
const newest = 'at desc, length(event_id) desc, event_id desc'

/** The newest lines of each job, oldest first. */
export async function newestLines(em: Em, jobIds: readonly string[], limit: number): Promise<JobLogLine[]> {
  const marks = jobIds.map(() => '?').join(', ')
  const rows = await em.execute<{ job_id: string; at: string; line: string }[]>(
    `select job_id, at, line from (
       select job_id, at, line, row_number() over (partition by job_id order by ${newest}) as place
       from job_log where job_id in (${marks})
     ) ranked where place <= ? order by job_id, place desc`,
    [...jobIds, limit],
  )
  return rows.map(({ job_id: jobId, at, line }) => ({
    jobId,
    line,
    at: new Date(`${at.replace(' ', 'T')}Z`),
  }))
}
