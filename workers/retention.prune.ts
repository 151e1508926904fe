import { z } from 'zod'
import type { Deletion } from '../entities/chunks.ts'
import { pruneJobs } from '../ledger/retention.ts'
import { pruneCampaignEvents, pruneFacts, pruneLeadEvents, pruneReceipts } from '../marketing/retention.ts'
import { defineJob } from './define-job.ts'

const kinds = ['jobs', 'leadEvents', 'campaignEvents', 'receipts', 'facts'] as const
type Kind = (typeof kinds)[number]
type Deleted = Record<Kind, number>

const dayMs = 86_400_000

/** Beginning of the UTC day so many days ago. */
const dayBefore = (days: number) => new Date((Math.floor(Date.now() / dayMs) - days) * dayMs)

const prune: Record<Kind, (deletion: Deletion, before: Date) => Promise<void>> = {
  jobs: pruneJobs,
  leadEvents: pruneLeadEvents,
  campaignEvents: pruneCampaignEvents,
  receipts: pruneReceipts,
  facts: pruneFacts,
}

/**
 * Deletes what is older than the settings say, of all workspaces; docs/retention.md tells what is kept how long. Each chunk
 * is for good by itself, so it may be stopped anywhere and goes on where it was.
 */
export const retentionPrune = defineJob<Record<string, never>, Deleted, Deleted>({
  name: 'retention.prune',
  description: 'Deletes jobs, timelines, webhook receipts and facts that are older than they are to be kept.',
  input: z.strictObject({}),
  progress: z.object(Object.fromEntries(kinds.map((kind) => [kind, z.int()])) as Record<Kind, z.ZodInt>),
  app: 'stats.rollup',
  scope: 'INSTALLATION',
  schedule: { cron: '40 3 * * *', overlap: 'SKIP', catchUp: 'ONCE' },
  attempts: 3,
  timeoutMs: 3_600_000,
  concurrency: 1,
  mutation: { permission: 'installation:admin' },
  async run(_, { services: { retention }, signal, transaction, progress }) {
    const days: Record<Kind, number> = {
      ...retention,
      leadEvents: retention.events,
      campaignEvents: retention.events,
    }
    const deleted: Deleted = { jobs: 0, leadEvents: 0, campaignEvents: 0, receipts: 0, facts: 0 }
    for (const kind of kinds) {
      const tell = (rows: number) => {
        deleted[kind] += rows
        progress({ ...deleted })
      }
      await prune[kind]({ transaction, signal, tell }, dayBefore(days[kind]))
    }
    return deleted
  },
})
