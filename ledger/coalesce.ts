/**
 * Lets concurrent calls share one run of `run`, as a group commit: while a batch is on its way, callers gather for the
 * next. A batch that fails is repeated item by item, so that one bad item does not fail the others.
 * @param run does a batch; returns one result per item, in order. What a batch did before it failed must not be done
 * twice when its items come again.
 * @param maxBatch most items of a batch
 * @param lanes batches under way at once
 * @param concernsAll whether an error is not the fault of an item, so that all of the batch fail with it
 */
export function coalesce<T, R>(
  run: (items: T[]) => Promise<R[]>,
  {
    maxBatch,
    lanes = 2,
    concernsAll = () => false,
  }: { maxBatch: number; lanes?: number; concernsAll?: (error: unknown) => boolean },
): (item: T) => Promise<R> {
  const waiting: { item: T; resolve: (result: R) => void; reject: (error: unknown) => void }[] = []
  let busy = 0
  let woken = false

  async function lane(): Promise<void> {
    busy++
    while (waiting.length > 0) await settle(waiting.splice(0, maxBatch))
    busy--
  }

  async function settle(batch: typeof waiting): Promise<void> {
    try {
      const results = await run(batch.map(({ item }) => item))
      batch.forEach(({ resolve }, index) => {
        resolve(results[index]!)
      })
    } catch (error) {
      if (batch.length === 1 || concernsAll(error)) for (const { reject } of batch) reject(error)
      else for (const each of batch) await settle([each])
    }
  }

  function wake(): void {
    woken = false
    if (busy < lanes && waiting.length > 0) void lane()
  }

  return (item) =>
    new Promise<R>((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      if (woken) return
      woken = true
      setImmediate(wake)
    })
}
