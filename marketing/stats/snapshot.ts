import type { Em } from '../../entities/index.ts'

/** Statistics read at once by this process: each holds a connection for seconds, and others need some too. */
const mostAtOnce = 2

let reading = 0
const waiting: (() => void)[] = []

/** Runs `work` on one snapshot, so that all its statements see the same buckets. Waits while enough others read. */
export async function inSnapshot<T>(em: Em, work: (em: Em) => Promise<T>): Promise<T> {
  const options = { isolationLevel: 'repeatable read' as never, readOnly: true }
  if (reading < mostAtOnce) reading++
  else await new Promise<void>((resolve) => waiting.push(resolve))
  try {
    return await em.transactional((snapshot) => work(snapshot as Em), options)
  } finally {
    const next = waiting.shift()
    if (next) next()
    else reading--
  }
}
