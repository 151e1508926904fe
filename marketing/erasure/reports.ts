import type { Em } from '../../entities/index.ts'
import type { Channel } from '../../entities/message.ts'
import { hashedAddress } from '../suppressed-address.ts'
import { phoneOf } from '../webhooks/addresses.ts'
import type { ReceiptRow } from '../webhooks/receipts.ts'
import { among } from './person.ts'

/** Vendors go on telling of people who were erased: what they say is applied, and not kept. */
export async function forgetErased(em: Em, { id, workspaceId, body }: ReceiptRow): Promise<void> {
  const hashes = addressesIn(body).map(([channel, address]) =>
    hashedAddress({ workspaceId, channel, address }),
  )
  if (hashes.length === 0) return
  const rows = await em.execute<unknown[]>(
    `select 1 from suppression where workspace_id = ? and channel in ('EMAIL', 'WHATSAPP') and ${among('address', hashes)}
       and reason = 'ERASED' and lifted_at is null limit 1`,
    [workspaceId, ...hashes],
  )
  if (rows.length > 0) await em.execute("update webhook_receipt set body = '{}' where id = ?", [id])
}

/** Whatever looks like an e-mail address or a phone number, in a form or in JSON. */
function addressesIn(body: string): [Channel, string][] {
  const text = body.replaceAll('%40', '@').replaceAll('%2B', '+')
  const emails = text.match(/[^\s"'<>=&,;:\\]+@[a-z0-9.-]+/gi) ?? []
  const numbers = text.match(/\d{7,15}/g) ?? []
  return [
    ...[...new Set(emails)].map((email): [Channel, string] => ['EMAIL', email.toLowerCase()]),
    ...[...new Set(numbers)].map((digits): [Channel, string] => ['WHATSAPP', phoneOf(digits)]),
  ]
}
