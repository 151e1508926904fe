import { type Deletion, deleteInChunks } from '../entities/chunks.ts'
import { firstIdAt } from '../entities/ids.ts'
import { factsPosition, notePruned } from './stats/position.ts'

/** What becomes too old to keep. Ids grow with time, so what was written before a time is found by the primary key. */

/** Deletes lines of leads' timelines written before then. */
export function pruneLeadEvents(deletion: Deletion, before: Date): Promise<void> {
  return deleteInChunks(deletion, 'delete from lead_event where id < ? order by id', [
    firstIdAt('leadEvent', before),
  ])
}

/** Deletes lines of campaigns' histories written before then. */
export function pruneCampaignEvents(deletion: Deletion, before: Date): Promise<void> {
  return deleteInChunks(deletion, 'delete from campaign_event where id < ? order by id', [
    firstIdAt('campaignEvent', before),
  ])
}

/** Deletes receipts of webhooks that came before then and are done with. One that could not be applied stays. */
export function pruneReceipts(deletion: Deletion, before: Date): Promise<void> {
  return deleteInChunks(
    deletion,
    "delete from webhook_receipt where received_at < ? and state in ('APPLIED', 'IGNORED', 'FOREIGN') order by received_at",
    [before],
  )
}

/**
 * Deletes facts that occurred before then and are in the statistics. First it is noted that they may be gone, so that
 * nobody counts those days anew.
 * @param before the beginning of a UTC day
 */
export async function pruneFacts(deletion: Deletion, before: Date): Promise<void> {
  const counted = await deletion.transaction(async (em) => {
    await notePruned(em, before)
    return (await factsPosition(em)).factId
  })
  const workspaces = await deletion.transaction((em) =>
    em.execute<{ id: string }[]>('select id from workspace order by id'),
  )
  // `id + 0`: MariaDB is to find them by their time, not to walk through all ids up to that one.
  for (const { id } of workspaces)
    await deleteInChunks(
      deletion,
      'delete from fact where workspace_id = ? and occurred_at < ? and id + 0 <= ? order by occurred_at',
      [id, before, counted],
    )
}
