import type { Em } from '../../entities/index.ts'
import type { Schedule } from '../../entities/schedule.ts'
import { fromSql } from '../../entities/sql.ts'

/** A schedule as plain data. */
export type ScheduleRow = { [K in keyof Schedule as K extends symbol ? never : K]: Schedule[K] }

/** Rows of `schedule` that meet a condition in SQL; `suffix` orders, limits or locks them. */
export async function selectSchedules(
  em: Em,
  condition: string,
  values: readonly unknown[],
  suffix = '',
): Promise<ScheduleRow[]> {
  const rows = await em.execute<Record<string, unknown>[]>(
    `select * from schedule where ${condition} ${suffix}`,
    [...values],
  )
  return rows.map((raw) => {
    const row = fromSql<ScheduleRow>(raw)
    return { ...row, builtIn: Boolean(row.builtIn) }
  })
}

/**
 * A job of the schedule that is not final, if there is one. The index is named: the jobs of one schedule may be half a
 * million, those of one name that are not final are few.
 */
export async function openJobOf(em: Em, { id, jobName }: ScheduleRow): Promise<string | undefined> {
  const [job] = await em.execute<{ id: string }[]>(
    `select id from job use index (job_check) where name = ? and check_at is not null and schedule_id = ? limit 1`,
    [jobName, id],
  )
  return job?.id
}
