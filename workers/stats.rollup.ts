import { z } from 'zod'
import { rollUpJobStats } from '../ledger/job-stats/roll-up.ts'
import { type RollUpProgress, rollUpFacts } from '../marketing/stats/roll-up.ts'
import { defineJob } from './define-job.ts'

/**
 * Brings statistics up to date. What is counted is committed chunk by chunk and is not counted again, so a run that breaks
 * off is simply run again.
 */
export const statsRollup = defineJob<Record<string, never>, RollUpProgress, { facts: number }>({
  name: 'stats.rollup',
  description:
    'Counts what has happened since the last time into the hours of statistics, of leads and messages as of jobs.',
  input: z.strictObject({}),
  progress: z.object({ facts: z.int(), factId: z.int(), horizon: z.int() }),
  scope: 'INSTALLATION',
  schedule: { cron: '*/5 * * * *', overlap: 'SKIP', catchUp: 'ONCE' },
  attempts: 5,
  backoff: { type: 'exponential', delay: 2_000, jitter: 0.5, maxDelay: 60_000 },
  timeoutMs: 3_600_000,
  concurrency: 1,
  mutation: { permission: 'installation:admin' },
  async run(_, { transaction, signal, progress }) {
    const facts = await rollUpFacts({ transaction, signal, tell: progress })
    await rollUpJobStats({ transaction, now: new Date(), signal })
    return { facts }
  },
})
