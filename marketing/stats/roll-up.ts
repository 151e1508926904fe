import type { Em } from '../../entities/index.ts'
import { fromSql } from '../../entities/sql.ts'
import { addToBuckets } from './buckets.ts'
import { safeHorizon } from './horizon.ts'
import { lockFactsPosition, moveFactsPosition, type Transaction } from './position.ts'

/**
 * How facts become buckets.
 * 1. Find the horizon: up to which id no fact is still to come.
 * 2. Chunk by chunk, add the facts after the position to the buckets and move the position, in one transaction: each fact
 *    is counted once, wherever a worker dies. Several roll-ups at once wait for each other at the position's row.
 * A fact that arrives late has a high id like every new one, and finds its way into its old bucket.
 */

/** Ids per transaction: MariaDB groups so many in memory (about 0.3 s here), and ten times as many on disk. */
const chunkIds = 50_000

export interface RollUp {
  transaction: Transaction
  /** Ends it between two chunks; what was counted stays counted. */
  signal: AbortSignal
  /** Called after each chunk. */
  tell: (progress: RollUpProgress) => void
  chunk?: number
}

export interface RollUpProgress {
  /** Facts counted so far. */
  facts: number
  /** Up to which fact all are counted, and up to which they are to be. */
  factId: number
  horizon: number
}

/**
 * Counts all facts that have arrived into `stat_hour`.
 * @returns how many facts were counted
 * @throws FactsOpenError, the signal's reason
 */
export async function rollUpFacts({ transaction, signal, tell, chunk = chunkIds }: RollUp): Promise<number> {
  const horizon = await safeHorizon(transaction, signal)
  for (let facts = 0; ; ) {
    signal.throwIfAborted()
    const step = await transaction((em) => rollUpChunk(em, horizon, chunk))
    if (!step) return facts
    facts += step.facts
    tell({ facts, factId: step.factId, horizon })
  }
}

/** Counts the next facts. @returns undefined when there are none up to the horizon */
async function rollUpChunk(em: Em, horizon: number, chunk: number) {
  const position = await lockFactsPosition(em)
  const first = await firstAfter(em, position.factId)
  if (first === undefined || first > horizon) return undefined
  const factId = Math.min(first + chunk - 1, horizon)
  await addToBuckets(em, position.factId, factId)
  const { facts, newest } = await readChunk(em, position.factId, factId)
  await moveFactsPosition(em, { factId, at: new Date(Math.max(newest.getTime(), position.at.getTime())) })
  return { facts, factId }
}

/** Events that are reported again use up ids, so that there may be long gaps. */
async function firstAfter(em: Em, factId: number): Promise<number | undefined> {
  const [row] = await em.execute<{ id: string }[]>('select id from fact where id > ? order by id limit 1', [
    factId,
  ])
  return row && Number(row.id)
}

async function readChunk(em: Em, from: number, to: number): Promise<{ facts: number; newest: Date }> {
  const [raw] = await em.execute<Record<string, unknown>[]>(
    'select count(*) as facts, max(arrived_at) as newest_at from fact where id > ? and id <= ?',
    [from, to],
  )
  const { facts, newestAt } = fromSql<{ facts: string; newestAt: Date }>(raw!)
  return { facts: Number(facts), newest: newestAt }
}
