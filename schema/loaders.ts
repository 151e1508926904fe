import DataLoader from 'dataloader'
import { ApiKey } from '../entities/api-key.ts'
import { Backup } from '../entities/backup.ts'
import { Campaign } from '../entities/campaign.ts'
import type { Em } from '../entities/index.ts'
import { JobAttempt } from '../entities/job-attempt.ts'
import { Lead } from '../entities/lead.ts'
import { Message } from '../entities/message.ts'
import { Schedule } from '../entities/schedule.ts'
import { marks } from '../entities/sql.ts'
import { Verification } from '../entities/verification.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { JobRow } from '../ledger/row.ts'
import { newestLines } from './job-logs.ts'

export type Loaders = ReturnType<typeof makeLoaders>

/** Most log lines and messages shown of one job or lead: the newest ones. */
export const maxChildren = 200

const unmanaged = { disableIdentityMap: true } as const

/** Reads by id for one operation, batched: everything asked for in one tick takes one query. */
export function makeLoaders(em: Em, ledger: Ledger, workspaceId: string) {
  return {
    job: byId((ids) => ledger.load(em, workspaceId, ids)),
    lead: byId((ids) => em.find(Lead, { id: { $in: [...ids] }, workspaceId }, unmanaged)),
    message: byId((ids) => em.find(Message, { id: { $in: [...ids] }, workspaceId }, unmanaged)),
    campaign: byId((ids) => em.find(Campaign, { id: { $in: [...ids] }, workspaceId }, unmanaged)),
    schedule: byId((ids) => em.find(Schedule, { id: { $in: [...ids] }, workspaceId }, unmanaged)),
    apiKey: byId((ids) => em.find(ApiKey, { id: { $in: [...ids] }, workspaceId }, unmanaged)),
    // They belong to no workspace: whoever asks has the permission for the whole installation.
    backup: byId((ids) => em.find(Backup, { id: { $in: [...ids] } }, unmanaged)),
    verification: byId((ids) => em.find(Verification, { id: { $in: [...ids] } }, unmanaged)),
    verifications: byParent(
      (ids) => em.find(Verification, { backupId: { $in: ids } }, { ...unmanaged, orderBy: { id: 'desc' } }),
      ({ backupId }) => backupId,
    ),
    receiptJob: new DataLoader<string, JobRow | null>((ids) => receiptJobs(em, ledger, workspaceId, ids)),
    attempts: byParent(
      (ids) =>
        em.find(
          JobAttempt,
          { jobId: { $in: ids } },
          { ...unmanaged, orderBy: { run: 'asc', number: 'asc' } },
        ),
      ({ jobId }) => jobId,
    ),
    logs: byParent(
      (ids) => newestLines(em, ids, maxChildren),
      ({ jobId }) => jobId,
    ),
    messages: byParent(
      (ids) =>
        em.find(Message, { leadId: { $in: ids }, workspaceId }, { ...unmanaged, orderBy: { id: 'asc' } }),
      ({ leadId }) => leadId,
    ),
  }
}

/** The job of each webhook receipt; the receipt's id is its key. */
async function receiptJobs(em: Em, ledger: Ledger, workspaceId: string, ids: readonly string[]) {
  const found = await em.execute<{ id: string }[]>(
    `select id from job where workspace_id = ? and name = 'webhook.receive' and idempotency_key in ${marks(ids)}`,
    [workspaceId, ...ids],
  )
  const jobs = await ledger.load(
    em,
    workspaceId,
    found.map(({ id }) => id),
  )
  return ids.map((id) => jobs.find(({ idempotencyKey }) => idempotencyKey === id) ?? null)
}

function byId<T extends { id: string }>(load: (ids: readonly string[]) => Promise<T[]>) {
  return new DataLoader<string, T | null>(async (ids) => {
    const found = new Map((await load(ids)).map((row) => [row.id, row]))
    return ids.map((id) => found.get(id) ?? null)
  })
}

function byParent<T>(load: (ids: string[]) => Promise<T[]>, parentOf: (row: T) => string) {
  return new DataLoader<string, T[]>(async (ids) => {
    const groups = Map.groupBy(await load([...ids]), parentOf)
    return ids.map((id) => (groups.get(id) ?? []).slice(-maxChildren))
  })
}
