import type { Em } from '../entities/index.ts'
import { fromSql, marks } from '../entities/sql.ts'
import type { JobSubject } from './event-data.ts'

/** Subjects kept in memory; the oldest go first. */
const capacity = 50_000

/** Looks up what jobs are about, and remembers it. */
export function createSubjects(fork: () => Em): (ids: readonly string[]) => Promise<Map<string, JobSubject>> {
  const known = new Map<string, JobSubject>()

  async function load(ids: string[]): Promise<void> {
    const rows = await fork().execute<Record<string, unknown>[]>(
      `select id, workspace_id, name, lead_id, campaign_id, correlation_id, created_at from job where id in ${marks(ids)}`,
      ids,
    )
    for (const row of rows) known.set(String(row.id), fromSql<JobSubject>(row))
    for (const id of known.keys()) {
      if (known.size <= capacity) break
      known.delete(id)
    }
  }

  return async (ids) => {
    const missing = [...new Set(ids)].filter((id) => !known.has(id))
    if (missing.length > 0) await load(missing)
    return known
  }
}
