import { newId } from '../../entities/ids.ts'
import type { Em } from '../../entities/index.ts'
import type { JobPriority } from '../../entities/job.ts'
import type { Row } from '../../entities/row.ts'
import type { Schedule } from '../../entities/schedule.ts'
import { fromSql, insertRows } from '../../entities/sql.ts'
import type { AnyJobDefinition } from '../definition.ts'

/** A schedule as plain data. */
export type ScheduleRow = Row<Schedule>

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

/** What a new schedule is. */
export interface NewSchedule
  extends Pick<
    ScheduleRow,
    'workspaceId' | 'name' | 'cron' | 'timeZone' | 'overlap' | 'catchUp' | 'builtIn'
  > {
  definition: AnyJobDefinition
  /** Of its jobs; left out: the definition's. */
  priority?: JobPriority | undefined
  /** Valid input of the definition's own version. */
  input: Record<string, unknown>
  nextAt: Date | undefined
}

const columns = [
  'id',
  'workspace_id',
  'name',
  'job_name',
  'input',
  'input_version',
  'cron',
  'time_zone',
  'priority',
  'overlap',
  'catch_up',
  'built_in',
  'next_at',
  'created_at',
  'updated_at',
] as const

/** Adds schedules; one whose name the workspace has already is left out. */
export async function insertSchedules(em: Em, schedules: readonly NewSchedule[], now: Date): Promise<void> {
  const rows = schedules.map((schedule) => [
    newId('schedule'),
    schedule.workspaceId,
    schedule.name,
    schedule.definition.name,
    JSON.stringify(schedule.input),
    schedule.definition.version ?? 1,
    schedule.cron,
    schedule.timeZone,
    schedule.priority ?? null,
    schedule.overlap,
    schedule.catchUp,
    schedule.builtIn,
    schedule.nextAt ?? null,
    now,
    now,
  ])
  await insertRows(em, 'schedule', columns, rows, 'on duplicate key update id = id')
}
