import type { Em } from '../entities/index.ts'
import { fromSql, marks } from '../entities/sql.ts'
import type { JobSubject } from './event-data.ts'

/** Subjects kept in memory; the oldest go first. */
const capacity = 50_000

/** Looks up what jobs are about, and remembers it. */
export function createSubjects(
  fork: () => Em,
  remembered = capacity,
): (ids: readonly string[]) => Promise<Map<string, JobSubject>> {
  const known = new Map<string, JobSubject>()

  async function load(ids: string[]): Promise<JobSubject[]> {
    if (ids.length === 0) return []
    const rows = await fork().execute<Record<string, unknown>[]>(
      `select id, workspace_id, name, lead_id, campaign_id, correlation_id, created_at from job where id in ${marks(ids)}`,
      ids,
    )
    return rows.map((row) => fromSql<JobSubject>(row))
  }

  function remember(subjects: JobSubject[]): void {
    for (const subject of subjects) known.set(subject.id, subject)
    for (const id of known.keys()) {
      if (known.size <= remembered) break
      known.delete(id)
    }
  }

  return async (ids) => {
    const asked = [...new Set(ids)]
    // Before the look-up: what it remembers may push out what is asked for here.
    const found = new Map(asked.flatMap((id) => (known.has(id) ? [[id, known.get(id)!] as const] : [])))
    const loaded = await load(asked.filter((id) => !found.has(id)))
    remember(loaded)
    for (const subject of loaded) found.set(subject.id, subject)
    return found
  }
}
