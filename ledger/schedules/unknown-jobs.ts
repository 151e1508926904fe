import type { Logger } from 'pino'
import type { Em } from '../../entities/index.ts'
import { marks } from '../../entities/sql.ts'
import type { AnyJobDefinition } from '../definition.ts'

/** Tells of schedules that wait because their job is not known: a job was taken away, or is not here yet. */
export async function warnOfUnknownJobs(
  em: Em,
  definitions: readonly AnyJobDefinition[],
  log: Logger,
): Promise<void> {
  const names = definitions.map(({ name }) => name)
  const known = names.length > 0 ? `and job_name not in ${marks(names)}` : ''
  const rows = await em.execute<{ job_name: string; schedules: number }[]>(
    `select job_name, count(*) as schedules from schedule where next_at <= ? ${known} group by job_name`,
    [new Date(), ...names],
  )
  for (const { job_name: jobName, schedules } of rows)
    log.warn({ jobName, schedules: Number(schedules) }, 'There is no such job; its schedules wait for it')
}
