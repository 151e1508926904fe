import type { Em } from '../entities/index.ts'
import { fromSql, marks } from '../entities/sql.ts'
import type { Page } from './ledger.ts'
import type { JobFilter, JobRow } from './row.ts'

interface Condition {
  sql: string
  values: unknown[]
}

/** Jobs of a workspace, newest first. Ids are made in order of time, so the id is the cursor. */
export async function findJobs(
  em: Em,
  workspaceId: string,
  filter: JobFilter,
  page: Page,
): Promise<{ rows: JobRow[]; more: boolean }> {
  const { sql, values } = where(workspaceId, filter, page.after)
  const raw = await em.execute<Record<string, unknown>[]>(
    `select * from job where ${sql} order by id desc limit ?`,
    [...values, page.first + 1],
  )
  const rows = raw.map((each) => fromSql<JobRow>(each))
  return { rows: rows.slice(0, page.first), more: rows.length > page.first }
}

/** Number of matching jobs, counted up to `limit`. */
export async function countJobs(
  em: Em,
  workspaceId: string,
  filter: JobFilter,
  limit: number,
): Promise<number> {
  const { sql, values } = where(workspaceId, filter)
  const [row] = await em.execute<{ n: number }[]>(
    `select count(*) as n from (select 1 from job where ${sql} limit ?) matching`,
    [...values, limit],
  )
  return Number(row?.n ?? 0)
}

function where(workspaceId: string, filter: JobFilter, after?: string): Condition {
  const conditions: (Condition | undefined)[] = [
    { sql: 'workspace_id = ?', values: [workspaceId] },
    anyOf('id', filter.ids),
    anyOf('name', filter.names),
    anyOf('state', filter.states),
    anyOf('priority', filter.priorities),
    anyOf('error_class', filter.errorClasses),
    compare('lead_id = ?', filter.leadId),
    compare('campaign_id = ?', filter.campaignId),
    compare('schedule_id = ?', filter.scheduleId),
    compare('correlation_id = ?', filter.correlationId),
    compare("error_message like concat('%', ?, '%')", filter.errorContains?.replace(/[\\%_]/g, '\\$&')),
    compare('created_at >= ?', filter.createdFrom),
    compare('created_at < ?', filter.createdBefore),
    compare('id < ?', after),
  ]
  const given = conditions.filter((condition) => condition !== undefined)
  return { sql: given.map(({ sql }) => sql).join(' and '), values: given.flatMap(({ values }) => values) }
}

function compare(sql: string, value: unknown): Condition | undefined {
  return value === null || value === undefined ? undefined : { sql, values: [value] }
}

function anyOf(column: string, values: readonly unknown[] | null | undefined): Condition | undefined {
  if (!values) return undefined
  return values.length === 0
    ? { sql: 'false', values: [] }
    : { sql: `${column} in ${marks(values)}`, values: [...values] }
}

/** Whether a job is one the filter asks for; the same conditions as in SQL. */
export function matches(filter: JobFilter, row: JobRow): boolean {
  return (
    includes(filter.ids, row.id) &&
    includes(filter.names, row.name) &&
    includes(filter.states, row.state) &&
    includes(filter.priorities, row.priority) &&
    includes(filter.errorClasses, row.errorClass) &&
    equals(filter.leadId, row.leadId) &&
    equals(filter.campaignId, row.campaignId) &&
    equals(filter.scheduleId, row.scheduleId) &&
    equals(filter.correlationId, row.correlationId) &&
    (!filter.errorContains ||
      (row.errorMessage ?? '').toLowerCase().includes(filter.errorContains.toLowerCase())) &&
    (!filter.createdFrom || row.createdAt >= filter.createdFrom) &&
    (!filter.createdBefore || row.createdAt < filter.createdBefore)
  )
}

const includes = (wanted: readonly unknown[] | null | undefined, value: unknown) =>
  !wanted || wanted.includes(value)
const equals = (wanted: unknown, value: unknown) =>
  wanted === null || wanted === undefined || wanted === value
