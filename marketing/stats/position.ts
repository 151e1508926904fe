import type { Em } from '../../entities/index.ts'
import { fromSql } from '../../entities/sql.ts'
import type { StatPosition } from '../../entities/stat-position.ts'

/** Runs `work` in one SQL transaction at read committed, and again after a deadlock or a lock wait. */
export type Transaction = <T>(work: (em: Em) => Promise<T>) => Promise<T>

/** How far statistics have come: all facts up to `factId` are counted, the newest of them arrived at `at`. */
export interface FactsPosition {
  factId: number
  at: Date
}

type Lock = '' | 'for update' | 'for update wait 1' | 'lock in share mode'

/** A row of `stat_position`. `lock` takes its lock for the rest of the transaction; `wait 1` gives up after a second. */
async function readRow(em: Em, name: StatPosition['name'], lock: Lock): Promise<FactsPosition> {
  const [raw] = await em.execute<Record<string, unknown>[]>(
    `select fact_id, at from stat_position where name = ? ${lock}`,
    [name],
  )
  const { factId, at } = fromSql<FactsPosition>(raw!)
  return { factId: Number(factId), at }
}

/** Up to which fact buckets have come. */
export const factsPosition = (em: Em) => readRow(em, 'FACTS', '')

/** The same, while nobody else changes buckets until the transaction ends. */
export const lockFactsPosition = (em: Em) => readRow(em, 'FACTS', 'for update')

/** Facts that occurred before then may be gone. */
export const prunedBefore = async (em: Em) => (await readRow(em, 'PRUNED', '')).at

/** The same; until the transaction ends, that stays so. */
export const lockPrunedBefore = async (em: Em) => (await readRow(em, 'PRUNED', 'lock in share mode')).at

/** Notes that facts which occurred before then may be gone from now on. */
export async function notePruned(em: Em, before: Date): Promise<void> {
  await em.execute("update stat_position set at = greatest(at, ?) where name = 'PRUNED'", [before])
}

/** Waits up to a second for those who append facts; until the transaction ends, nobody does. */
export const closeGate = (em: Em) => readRow(em, 'GATE', 'for update wait 1')

/** Notes that the facts up to `factId` are counted. The position's row is locked by now. */
export async function moveFactsPosition(em: Em, { factId, at }: FactsPosition): Promise<void> {
  await em.execute("update stat_position set fact_id = ?, at = ? where name = 'FACTS'", [factId, at])
}
