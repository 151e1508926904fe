import { setTimeout as sleep } from 'node:timers/promises'
import type { AnyJobDefinition, JobContext } from '../../ledger/definition.ts'
import { startProcess } from '../../runtime/process.ts'
import { runWorkers } from '../../runtime/worker-process.ts'
import { leadCreated } from '../../workers/lead.created.ts'
import { now } from './clock.ts'
import { pace } from './pace.ts'
import type { Behaviour } from './system.ts'

/** A worker process with the product's whole runtime; only what the job itself does is replaced. */

type Run = (input: unknown, context: JobContext<unknown, unknown>) => Promise<unknown>

const behaviours: Record<Behaviour, Run> = {
  nothing: async () => undefined,
  once: async (_input, { progress }) => progress({ at: now() }),
  steadily: async (_input, { progress }) => {
    for (let count = 0; count < pace.reports; count++) {
      progress({ at: now() })
      await sleep(pace.everyMs)
    }
  },
}

const definition: AnyJobDefinition = { ...leadCreated, run: behaviours[process.argv[2] as Behaviour] }
const parts = await startProcess('worker')
await runWorkers(parts, [definition], {}, new URL('../../bin/processor.ts', import.meta.url))
