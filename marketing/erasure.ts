import { newId } from '../entities/ids.ts'
import type { Em } from '../entities/index.ts'

/** That a lead was erased; it must stay so in a database restored from an older backup. */
export interface Tombstone {
  leadId: string
  workspaceId: string
  at: Date
}

/**
 * Erases again, in a database restored from an older backup, whoever was erased since; in the caller's transaction.
 * @returns how many of them were in the backup
 */
export async function replayErasures(em: Em, tombstones: readonly Tombstone[]): Promise<number> {
  let found = 0
  for (const { leadId, workspaceId, at } of tombstones) {
    const { affectedRows } = await em.execute<{ affectedRows: number }>(
      `update \`lead\` set email = null, phone = null, first_name = null, last_name = null, company = null, updated_at = ?
       where id = ?`,
      [at, leadId],
      'run',
    )
    found += affectedRows
    await em.execute(
      'insert ignore into erasure (id, workspace_id, lead_id, at) select ?, w.id, ?, ? from workspace w where w.id = ?',
      [newId('erasure'), leadId, at, workspaceId],
    )
  }
  return found
}
