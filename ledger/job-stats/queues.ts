import type { Em } from '../../entities/index.ts'
import { marks } from '../../entities/sql.ts'

/** Jobs of one name as they stand now. */
export interface QueueStanding {
  /** Jobs that could run and have not been started. */
  waiting: number
  active: number
  /** How long the oldest of those that wait could have run, in ms; 0 when none waits. */
  queueAgeMs: number
}

const none: QueueStanding = { waiting: 0, active: 0, queueAgeMs: 0 }

/** Only open jobs are read, and of those for later only the due ones. */
const open = `
  select name, state, run_at from job
  where workspace_id = ? and state in ('PENDING', 'WAITING', 'ACTIVE') and (state = 'ACTIVE' or starts = 0)`
const overdue = `
  select name, state, run_at from job where workspace_id = ? and state = 'SCHEDULED' and check_at <= ?`

/** How the queues of a workspace stand, by job name, in the order of `names`. */
export async function queueStandings(
  em: Em,
  workspaceId: string,
  names: readonly string[],
  now = new Date(),
): Promise<QueueStanding[]> {
  if (names.length === 0) return []
  const within = `and name in ${marks(names)}`
  const rows = await em.execute<{ name: string; active: number; total: number; age: number | null }[]>(
    `select name, sum(state = 'ACTIVE') as active, count(*) as total,
       timestampdiff(microsecond, min(if(state = 'ACTIVE', null, run_at)), ?) / 1000 as age
     from (${open} ${within} union all ${overdue} ${within}) standing group by name`,
    [now, workspaceId, ...names, workspaceId, now, ...names],
  )
  const byName = new Map(rows.map((row) => [row.name, row]))
  return names.map((name) => {
    const row = byName.get(name)
    if (!row) return none
    const active = Number(row.active)
    return {
      active,
      waiting: Number(row.total) - active,
      queueAgeMs: Math.max(0, Math.round(Number(row.age ?? 0))),
    }
  })
}
