import type { Em } from './index.ts'

/** How much is deleted with one statement, so that its locks are held for milliseconds. */
const chunk = 500

export interface Deletion {
  /** Runs one statement in a transaction of its own. */
  transaction: <T>(work: (em: Em) => Promise<T>) => Promise<T>
  /** Ends it between two chunks. */
  signal: AbortSignal
  /** Called after each chunk with the number of rows it deleted. */
  tell: (deleted: number) => void
}

/**
 * Deletes rows in small chunks, oldest first, each for good at once.
 * @param sql a `delete` that ends in `order by` a column of an index
 * @throws the signal's reason
 */
export async function deleteInChunks(
  { transaction, signal, tell }: Deletion,
  sql: string,
  values: readonly unknown[],
): Promise<void> {
  for (;;) {
    signal.throwIfAborted()
    const { affectedRows } = await transaction((em) =>
      em.execute<{ affectedRows: number }>(`${sql} limit ${chunk}`, [...values], 'run'),
    )
    tell(affectedRows)
    if (affectedRows < chunk) return
  }
}
