import { isMainThread } from 'node:worker_threads'
import { z } from 'zod'
import { defineJobFor } from '../../ledger/definition.ts'

/** A job that keeps a CPU busy, to be run in a thread. */
export const heavy = defineJobFor<unknown>()<
  { ms: number; fail?: string | undefined },
  { done: boolean },
  { onMainThread: boolean }
>({
  name: 'heavy.run',
  description: 'Computes for a while.',
  input: z.strictObject({ ms: z.number(), fail: z.string().optional() }),
  cpuHeavy: true,
  attempts: 2,
  backoff: { type: 'fixed', delay: 100, jitter: 0 },
  async run({ ms, fail }, { progress, step, signal }) {
    const end = Date.now() + ms
    while (Date.now() < end) Math.sqrt(end)
    if (fail) throw Object.assign(new Error('as asked'), { errorClass: fail })
    progress({ done: true })
    signal.throwIfAborted()
    return { onMainThread: await step('where', async () => isMainThread) }
  },
})
