import type { Em } from '../../entities/index.ts'
import { factsPosition } from './position.ts'

/** How far facts are counted. */
export interface StatProgress {
  /** All facts that arrived until then are counted; null before the first. */
  through: Date | null
  /** Tells two positions apart. */
  cursor: string
}

/** Reads how far facts are counted. */
export async function readProgress(em: Em): Promise<StatProgress> {
  const { factId, at } = await factsPosition(em)
  return { through: at.getTime() > 0 ? at : null, cursor: `${factId}-${at.getTime()}` }
}
