import type { Em } from '../../entities/index.ts'
import { type Comparison, compare, recount } from './buckets.ts'
import { dayMs, hourMs } from './calendar.ts'
import { lockFactsPosition, lockPrunedBefore, type Transaction } from './position.ts'

/**
 * Counts buckets anew from their facts, day by day. Each day is one transaction that holds the position, so that no
 * roll-up comes between; facts beyond the position are left to the next one. The day is committed only when its new
 * buckets are proved to equal its facts. Stopped anywhere, all days are whole, old or new.
 */

/** Facts of the range are deleted, so that its buckets are all there is left of them. */
export class FactsPrunedError extends Error {
  readonly errorClass = 'PERMANENT'
  readonly code = 'FACTS_PRUNED'
  constructor(before: Date) {
    super(
      `Facts that occurred before ${before.toISOString()} may be deleted; buckets can be counted anew only from then on`,
    )
    this.name = 'FactsPrunedError'
  }
}

/** New buckets do not equal the facts they were counted from, which cannot be; the old ones stay. */
class BucketsDifferError extends Error {
  readonly errorClass = 'PERMANENT'
  readonly code = 'BUCKETS_DIFFER'
  constructor({ hourAt, metric, facts, buckets }: Comparison) {
    super(
      `The facts count ${facts} ${metric} in the hour of ${hourAt.toISOString()}, their new buckets ${buckets}`,
    )
    this.name = 'BucketsDifferError'
  }
}

export interface Rebuild {
  transaction: Transaction
  /** Ends it between two days; days that are done stay done. */
  signal: AbortSignal
  /** Called after each day. */
  tell: (rebuilt: Rebuilt) => void
}

/** Whole UTC hours; `to` is not included. */
export interface HourRange {
  from: Date
  to: Date
}

export interface Rebuilt {
  /** Facts that were counted. */
  facts: number
  /** Hours that were counted anew. */
  hours: number
  /** Hours of a workspace whose old buckets did not equal their facts. */
  differed: number
}

/**
 * Counts the buckets of a range anew, of all workspaces.
 * @throws FactsPrunedError, BucketsDifferError, the signal's reason
 */
export async function rebuildBuckets(
  { transaction, signal, tell }: Rebuild,
  range: HourRange,
): Promise<Rebuilt> {
  const total: Rebuilt = { facts: 0, hours: 0, differed: 0 }
  for (const day of daysOf(range)) {
    signal.throwIfAborted()
    const { facts, differed } = await transaction((em) => rebuildDay(em, day))
    total.facts += facts
    total.hours += (day.to.getTime() - day.from.getTime()) / hourMs
    total.differed += differed
    tell({ ...total })
  }
  return total
}

/** The range in pieces of a day at most. */
function daysOf({ from, to }: HourRange): HourRange[] {
  const count = Math.max(0, Math.ceil((to.getTime() - from.getTime()) / dayMs))
  return Array.from({ length: count }, (_, day) => {
    const start = from.getTime() + day * dayMs
    return { from: new Date(start), to: new Date(Math.min(start + dayMs, to.getTime())) }
  })
}

async function rebuildDay(em: Em, day: HourRange): Promise<{ facts: number; differed: number }> {
  const { factId } = await lockFactsPosition(em)
  const before = await lockPrunedBefore(em)
  if (day.from < before) throw new FactsPrunedError(before)
  const workspaces = await em.execute<{ id: string }[]>('select id from workspace order by id')
  const total = { facts: 0, differed: 0 }
  for (const { id: workspaceId } of workspaces) {
    const stretch = { workspaceId, ...day, factId }
    const old = await compare(em, stretch)
    await recount(em, stretch)
    total.facts += prove(await compare(em, stretch))
    total.differed += new Set(old.filter(differs).map(({ hourAt }) => hourAt.getTime())).size
  }
  return total
}

const differs = ({ facts, buckets }: Comparison) => facts !== buckets

/** @returns the number of facts @throws BucketsDifferError */
function prove(comparisons: Comparison[]): number {
  const wrong = comparisons.find(differs)
  if (wrong) throw new BucketsDifferError(wrong)
  return comparisons.reduce((sum, { rows }) => sum + rows, 0)
}
