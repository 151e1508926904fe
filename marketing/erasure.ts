import { newId } from '../entities/ids.ts'
import type { Em } from '../entities/index.ts'
import { denyForErasure } from './consent/change-consent.ts'
import { recognise } from './erasure/person.ts'
import { tables } from './erasure/tables.ts'
import { appendLeadEvents } from './lead-events.ts'

/** That a lead was erased; it must stay so in a database restored from an older backup. */
export interface Tombstone {
  leadId: string
  workspaceId: string
  at: Date
}

/** Says from now on that a lead is being erased: nothing is sent to it and nothing is written about it. */
export async function beginErasure(em: Em, workspaceId: string, leadId: string, at: Date): Promise<boolean> {
  const { affectedRows } = await em.execute<{ affectedRows: number }>(
    'update `lead` set erased_at = coalesce(erased_at, ?) where id = ? and workspace_id = ?',
    [at, leadId, workspaceId],
    'run',
  )
  return affectedRows > 0 || (await exists(em, workspaceId, leadId))
}

async function exists(em: Em, workspaceId: string, leadId: string): Promise<boolean> {
  const sql = 'select 1 from `lead` where id = ? and workspace_id = ?'
  return (await em.execute<unknown[]>(sql, [leadId, workspaceId])).length > 0
}

/**
 * Erases a person from all tables and leaves a tombstone, in the caller's transaction. The lead's row stays without anything
 * personal, so that statistics and jobs stay right. Doing it again changes nothing.
 * @returns false when there is no such lead
 */
export async function eraseLeadRows(
  em: Em,
  leadId: string,
  cause: { at: Date; correlationId: string; jobId?: string },
): Promise<boolean> {
  const person = await recognise(em, leadId)
  if (!person) return false
  const { at, correlationId, jobId } = cause
  await denyForErasure(em, leadId, cause)
  // The lead's row last: it is what the person is recognised by.
  const { lead, ...others } = tables
  for (const erase of Object.values(others)) await erase(em, person, at)
  await lead!(em, person, at)
  const { workspaceId } = person.lead
  if (await bury(em, { leadId, workspaceId, at }))
    await appendLeadEvents(em, [{ leadId, type: 'ERASED', at, correlationId, jobId }])
  return true
}

/** @returns false when there is a tombstone already */
async function bury(em: Em, { leadId, workspaceId, at }: Tombstone): Promise<boolean> {
  const { affectedRows } = await em.execute<{ affectedRows: number }>(
    `insert ignore into erasure (id, workspace_id, lead_id, at) select ?, w.id, ?, ? from workspace w where w.id = ?`,
    [newId('erasure'), leadId, at, workspaceId],
    'run',
  )
  return affectedRows > 0
}

/**
 * Erases again, in a database restored from an older backup, whoever was erased since; in the caller's transaction.
 * @returns how many of them were in the backup
 */
export async function replayErasures(em: Em, tombstones: readonly Tombstone[]): Promise<number> {
  let found = 0
  for (const tombstone of tombstones) {
    const cause = { at: tombstone.at, correlationId: 'restore' }
    if (await eraseLeadRows(em, tombstone.leadId, cause)) found++
    else await bury(em, tombstone)
  }
  return found
}
