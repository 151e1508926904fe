import { CampaignSync, type SyncScope, type SyncState } from '../../entities/campaign-sync.ts'
import {
  CampaignSyncItem,
  type SyncDirection,
  type SyncOutcome,
  syncOutcomes,
} from '../../entities/campaign-sync-item.ts'
import { newId } from '../../entities/ids.ts'
import type { Em } from '../../entities/index.ts'
import type { Row } from '../../entities/row.ts'
import { marks } from '../../entities/sql.ts'

/** The report of a run of `campaign.sync`: one per job, whatever became of its attempts, and one item per campaign. */

export type SyncRow = Row<CampaignSync>
export type SyncItemRow = Row<CampaignSyncItem>

interface NewSync {
  workspaceId: string
  jobId: string
  scope: SyncScope
  campaignId: string | null
}

/** Opens the report of a job, or goes on with it. When a person starts the job again, what failed is tried again. */
export async function openSync(em: Em, { workspaceId, jobId, scope, campaignId }: NewSync): Promise<SyncRow> {
  await em.execute(
    `insert into campaign_sync (id, workspace_id, job_id, scope, campaign_id, state, started_at)
     values (?, ?, ?, ?, ?, 'RUNNING', ?) on duplicate key update id = id`,
    [newId('campaignSync'), workspaceId, jobId, scope, campaignId, new Date()],
  )
  const sync: SyncRow = await em.findOneOrFail(CampaignSync, { jobId }, { disableIdentityMap: true })
  if (sync.state === 'RUNNING') return sync
  await em.execute("delete from campaign_sync_item where sync_id = ? and outcome = 'FAILED'", [sync.id])
  await em.execute("update campaign_sync set state = 'RUNNING', finished_at = null where id = ?", [sync.id])
  return { ...sync, state: 'RUNNING', finishedAt: null }
}

/** Closes the report. */
export async function closeSync(em: Em, syncId: string, state: SyncState): Promise<void> {
  await em.execute('update campaign_sync set state = ?, finished_at = ? where id = ?', [
    state,
    new Date(),
    syncId,
  ])
}

/** Closes the report of a job that died before it could. */
export async function failSync(em: Em, jobId: string): Promise<void> {
  await em.execute(
    "update campaign_sync set state = 'FAILED', finished_at = ? where job_id = ? and state = 'RUNNING'",
    [new Date(), jobId],
  )
}

/** What there is to say about one campaign; what is left out stays as it was. */
export interface SyncNote extends Partial<Pick<SyncItemRow, 'fields' | 'conflicts' | 'mailchimpId'>> {
  /** Our campaign, or Mailchimp's id where there is none of ours. */
  subject: string
  campaignId?: string | null
  direction?: SyncDirection
  outcome: SyncOutcome
  reason?: string
  done?: boolean
}

/** The later ones say more. */
const rank = (outcome: SyncOutcome) =>
  ['UNCHANGED', 'UPDATED', 'CREATED', 'CONFLICTED', 'FAILED'].indexOf(outcome)

/**
 * Adds to what the report says about a campaign, in the transaction of the change itself: so the report is complete
 * however often the job was interrupted.
 */
export async function noteItem(em: Em, syncId: string, note: SyncNote): Promise<void> {
  const known = await em.findOne(
    CampaignSyncItem,
    { syncId, subject: note.subject },
    { disableIdentityMap: true },
  )
  const item = { ...(known ?? blank(syncId, note.subject)) }
  const fields = [...new Set([...item.fields, ...(note.fields ?? [])])]
  await em.upsert(CampaignSyncItem, {
    ...item,
    campaignId: note.campaignId ?? item.campaignId ?? null,
    mailchimpId: note.mailchimpId ?? item.mailchimpId ?? null,
    direction: item.direction === 'PUSH' ? 'PUSH' : (note.direction ?? item.direction ?? null),
    outcome: rank(note.outcome) > rank(item.outcome) ? note.outcome : item.outcome,
    fields,
    conflicts: [...item.conflicts, ...(note.conflicts ?? [])],
    reason: note.reason?.slice(0, 300) ?? item.reason ?? null,
    done: note.done ?? false,
    at: new Date(),
  })
}

const blank = (syncId: string, subject: string): SyncItemRow => ({
  syncId,
  subject,
  campaignId: null,
  mailchimpId: null,
  direction: null,
  outcome: 'UNCHANGED',
  fields: [],
  conflicts: [],
  reason: null,
  done: false,
  at: new Date(),
})

/** Which of these the run is done with. */
export async function doneSubjects(
  em: Em,
  syncId: string,
  subjects: readonly string[],
): Promise<Set<string>> {
  if (subjects.length === 0) return new Set()
  const rows = await em.execute<{ subject: string }[]>(
    `select subject from campaign_sync_item where sync_id = ? and done and subject in ${marks(subjects)}`,
    [syncId, ...subjects],
  )
  return new Set(rows.map(({ subject }) => subject))
}

export type SyncCounts = Record<SyncOutcome, number>

/** How many campaigns came to what, by run; in the order of `syncIds`. */
export async function countItems(em: Em, syncIds: readonly string[]): Promise<SyncCounts[]> {
  const rows = await em.execute<{ sync_id: string; outcome: SyncOutcome; n: number }[]>(
    `select sync_id, outcome, count(*) as n from campaign_sync_item
     where sync_id in ${marks(syncIds)} and done group by sync_id, outcome`,
    [...syncIds],
  )
  const none = Object.fromEntries(syncOutcomes.map((outcome) => [outcome, 0])) as SyncCounts
  const counts = new Map(syncIds.map((id) => [id, { ...none }]))
  for (const { sync_id, outcome, n } of rows) counts.get(sync_id)![outcome] = Number(n)
  return syncIds.map((id) => counts.get(id)!)
}
