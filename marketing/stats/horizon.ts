import { setTimeout as sleep } from 'node:timers/promises'
import type { Em } from '../../entities/index.ts'
import { deadlock, hasErrno, lockWaitTimeout } from '../../entities/sql.ts'
import { closeGate, type Transaction } from './position.ts'

/**
 * Ids of facts grow, but transactions commit in any order: the highest id one sees says nothing of those below it. Whoever
 * appends holds the gate shared until its commit; once the gate was closed, every id below the highest is committed or
 * will never be. It is closed for the time of one read. While somebody keeps it open, those who come later would wait behind us:
 * so we wait a second at most, and let them pass before we try again.
 */

const passMs = 500
/** In each round the transaction is tried up to three times. */
const rounds = 10

/** Somebody has not committed the facts it appended. The job comes again. */
export class FactsOpenError extends Error {
  readonly errorClass = 'TRANSIENT'
  constructor() {
    super('A transaction that appends facts has not ended, so it cannot be told which facts are complete')
    this.name = 'FactsOpenError'
  }
}

/**
 * The highest id of a fact, when no fact with a lower id is still to come; 0 without facts.
 * @throws FactsOpenError, the signal's reason
 */
export async function safeHorizon(
  transaction: Transaction,
  signal: AbortSignal,
  maxRounds: number = rounds,
): Promise<number> {
  for (let round = 1; ; round++) {
    signal.throwIfAborted()
    try {
      return await transaction(readHighest)
    } catch (error) {
      if (!hasErrno(error, [lockWaitTimeout, deadlock])) throw error
      if (round >= maxRounds) throw new FactsOpenError()
    }
    await sleep(passMs, undefined, { signal })
  }
}

async function readHighest(em: Em): Promise<number> {
  await closeGate(em)
  const [row] = await em.execute<{ highest: string | number | null }[]>('select max(id) as highest from fact')
  return Number(row!.highest ?? 0)
}
