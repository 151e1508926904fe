import type { Em } from '../../entities/index.ts'
import { fromSql } from '../../entities/sql.ts'

/** How far facts are counted. */
export interface StatProgress {
  /** All facts that arrived until then are counted; null before the first. */
  through: Date | null
  /** Tells two positions apart. */
  cursor: string
}

/** Reads how far facts are counted. */
export async function readProgress(em: Em): Promise<StatProgress> {
  const [raw] = await em.execute<Record<string, unknown>[]>(
    "select fact_id, at from stat_position where name = 'FACTS'",
  )
  const { factId, at } = fromSql<{ factId: string; at: Date }>(raw!)
  return { through: at.getTime() > 0 ? at : null, cursor: `${factId}-${at.getTime()}` }
}
