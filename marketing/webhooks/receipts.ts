import { createHash } from 'node:crypto'
import { newId } from '../../entities/ids.ts'
import type { Em } from '../../entities/index.ts'
import type { Row } from '../../entities/row.ts'
import { fromSql, marks } from '../../entities/sql.ts'
import type { ReceiptState, WebhookReceipt, WebhookVendor } from '../../entities/webhook-receipt.ts'
import type { ReportedEvent } from './split.ts'

/** Receipts of webhooks: what a vendor said, kept once, before anything is done about it. */

/** A receipt as plain data. */
export type ReceiptRow = Row<WebhookReceipt>

/** Most receipts written with one statement. */
const chunk = 500

/**
 * Keeps events in the caller's transaction. An event that was kept before is left as it is.
 * @returns the ids of those that are new, in order
 */
export async function keepReceipts(
  em: Em,
  { workspaceId, vendor }: { workspaceId: string; vendor: WebhookVendor },
  events: readonly Pick<ReportedEvent, 'identity' | 'body'>[],
  state: 'RECEIVED' | 'FOREIGN' = 'RECEIVED',
): Promise<string[]> {
  const receivedAt = new Date()
  const rows = events.map(({ identity, body }) => {
    const key = dedupeKey(workspaceId, identity)
    return {
      id: newId('webhookReceipt'),
      key,
      values: [workspaceId, vendor, key, body, state, receivedAt],
    }
  })
  const fresh = new Set<string>()
  // By key, so that two requests with the same events wait for each other instead of for ever.
  const sorted = rows.toSorted((a, b) => (a.key < b.key ? -1 : 1))
  for (let start = 0; start < sorted.length; start += chunk)
    for (const id of await insertNew(em, sorted.slice(start, start + chunk))) fresh.add(id)
  return rows.map(({ id }) => id).filter((id) => fresh.has(id))
}

interface NewRow {
  id: string
  key: string
  values: unknown[]
}

const columns = ['id', 'workspace_id', 'vendor', 'dedupe_key', 'body', 'state', 'received_at']

async function insertNew(em: Em, rows: readonly NewRow[]): Promise<string[]> {
  const values = rows.map(({ id, values }) => [id, ...values])
  const holders = await em.execute<{ id: string }[]>(
    `insert into webhook_receipt (${columns.join(', ')}) values ${values.map(marks).join(', ')}
     on duplicate key update id = id returning id`,
    values.flat(),
  )
  return rows.map(({ id }) => id).filter((id, index) => holders[index]?.id === id)
}

/**
 * Notes events about another account. What they say is not ours to keep; and should the account turn out to be ours, the
 * note must not stand in the way of the event.
 */
export async function noteForeign(
  em: Em,
  about: { workspaceId: string; vendor: WebhookVendor },
  events: readonly ReportedEvent[],
): Promise<void> {
  const notes = events.map(({ identity }) => ({ identity: ['FOREIGN', ...identity], body: '' }))
  await keepReceipts(em, about, notes, 'FOREIGN')
}

/** The workspace is part of it, so that nobody can claim an event of others by reporting it first. */
function dedupeKey(workspaceId: string, identity: readonly unknown[]): string {
  return createHash('sha256')
    .update(JSON.stringify([workspaceId, ...identity]))
    .digest('hex')
}

/** A receipt by id, its row locked for the rest of the transaction. */
export async function lockReceipt(em: Em, id: string): Promise<ReceiptRow | undefined> {
  const [row] = await em.execute<Record<string, unknown>[]>(
    'select * from webhook_receipt where id = ? for update',
    [id],
  )
  return row && fromSql<ReceiptRow>(row)
}

/** Says what became of a receipt. */
export async function markReceipt(
  em: Em,
  id: string,
  state: Exclude<ReceiptState, 'RECEIVED'>,
): Promise<void> {
  const appliedAt = state === 'FAILED' ? null : new Date()
  await em.execute('update webhook_receipt set state = ?, applied_at = ? where id = ?', [
    state,
    appliedAt,
    id,
  ])
}
