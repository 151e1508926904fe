import { z } from 'zod'
import { type Rebuilt, rebuildBuckets } from '../marketing/stats/rebuild.ts'
import { defineJob } from './define-job.ts'

interface Input {
  from: string
  to: string
}

const hourMs = 3_600_000
const maxDays = 3_660

const hour = z.iso
  .datetime()
  .refine((text) => new Date(text).getTime() % hourMs === 0, 'must be the start of an hour in UTC')

/** Days between two times. */
const days = ({ from, to }: Input) => (new Date(to).getTime() - new Date(from).getTime()) / (24 * hourMs)

/** Counts hours of statistics anew from their facts and proves them equal; for when buckets are not to be trusted. */
export const statsRebuild = defineJob<Input, Rebuilt, Rebuilt>({
  name: 'stats.rebuild',
  description: 'Counts hours of statistics anew from the facts, and proves that both are equal.',
  input: z
    .strictObject({
      from: hour.describe('The first hour, e.g. 2026-11-24T00:00:00Z'),
      to: hour.describe('The hour after the last one'),
    })
    .refine((range) => days(range) > 0, { path: ['to'], message: 'must be later than `from`' })
    .refine((range) => days(range) <= maxDays, { path: ['to'], message: `must be within ${maxDays} days` }),
  progress: z.object({ facts: z.int(), hours: z.int(), differed: z.int() }),
  app: 'stats.rollup',
  scope: 'INSTALLATION',
  attempts: 5,
  backoff: { type: 'exponential', delay: 2_000, jitter: 0.5, maxDelay: 60_000 },
  timeoutMs: 6 * hourMs,
  concurrency: 1,
  mutation: { permission: 'installation:admin' },
  run: ({ from, to }, { transaction, signal, progress }) =>
    rebuildBuckets({ transaction, signal, tell: progress }, { from: new Date(from), to: new Date(to) }),
})
