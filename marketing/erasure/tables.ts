import { newId } from '../../entities/ids.ts'
import type { Em } from '../../entities/index.ts'
import { hashedAddress } from '../suppressed-address.ts'
import { among, type KnownPerson, mentions } from './person.ts'

/** What erasing a person means, table by table. All of it changes nothing the second time. */

type Erase = (em: Em, person: KnownPerson, at: Date) => Promise<unknown>

/** Rows that count something stay; what they say of the person goes. */
export const tables: Record<string, Erase> = {
  lead: (em, { lead }, at) =>
    em.execute(
      `update \`lead\` set email = null, phone = null, phone_key = null, first_name = null, last_name = null, company = null, locale = null,
         time_zone = null, utm = '{}', tags = '[]', custom_fields = '{}', external_ids = '{}',
         erased_at = coalesce(erased_at, ?), updated_at = ? where id = ?`,
      [at, at, lead.id],
    ),
  contact: (em, { lead }) => em.execute('delete from contact where lead_id = ?', [lead.id]),
  // That the person agreed or refused, and when, is kept as evidence; a text that names them is not.
  consent_event: (em, { lead, marks, names }) => {
    const texts = [...marks, ...names]
    return em.execute(
      `update consent_event set wording = null where lead_id = ? and ${mentions('wording', texts)}`,
      [lead.id, ...texts],
    )
  },
  // WhatsApp's ids of messages hold the phone number.
  message: (em, { lead }) =>
    em.execute('update message set provider_message_id = null, content = null where lead_id = ?', [lead.id]),
  inbound_message: (em, { conversationIds: ids }) =>
    em.execute(
      `update inbound_message set text = null, provider_message_id = concat('erased:', id) where ${among('conversation_id', ids)}`,
      ids,
    ),
  conversation: (em, { conversationIds: ids }) =>
    em.execute(
      `update conversation set person_key = concat('erased:', id), wa_id = null, user_id = null where ${among('id', ids)}`,
      ids,
    ),
  audience_member: (em, { lead }) =>
    em.execute('delete from audience_member where workspace_id = ? and email = ?', [
      lead.workspaceId,
      lead.email ?? '',
    ]),
  webhook_receipt: eraseReceipts,
  fact: eraseFacts,
  job: (em, { lead, marks, names }) => {
    const texts = [...marks, ...names]
    return em.execute(
      `update job set idempotency_key = concat('erased:', id) where lead_id = ? and ${mentions('idempotency_key', texts)}`,
      [lead.id, ...texts],
    )
  },
  audit: eraseReasons,
  suppression: hashSuppressions,
}

/** They go on counting, for nobody. Vendors' names of events may hold the phone number, or the address of a link. */
async function eraseFacts(em: Em, { lead }: KnownPerson): Promise<void> {
  await em.execute(
    `update fact set source_event = concat(convert(substring_index(source_event, ':', 1) using utf8mb4), ':', sha2(source_event, 256))
     where lead_id = ? and source_event not like 'lead:%' and source_event not like 'message:%'`,
    [lead.id],
  )
  await em.execute('update fact set lead_id = null where lead_id = ?', [lead.id])
}

/** Reports that mention the person; one that was not applied yet is not applied any more. */
async function eraseReceipts(em: Em, { lead, marks }: KnownPerson, at: Date): Promise<void> {
  const found = await em.execute<{ id: string }[]>(
    `select id from webhook_receipt where workspace_id = ? and ${mentions('body', marks)}`,
    [lead.workspaceId, ...marks],
  )
  const ids = found.map(({ id }) => id)
  await em.execute(
    `update webhook_receipt set body = '{}', applied_at = coalesce(applied_at, ?),
       state = if(state in ('RECEIVED', 'FAILED'), 'IGNORED', state) where ${among('id', ids)}`,
    [at, ...ids],
  )
}

/** What operators wrote about the person, whatever they did. */
async function eraseReasons(em: Em, person: KnownPerson): Promise<void> {
  const { lead, messageIds, marks, names } = person
  const hashes = person.addresses.map((each) => hashedAddress({ workspaceId: lead.workspaceId, ...each }))
  const addresses = [...person.addresses.map(({ address }) => address), ...hashes]
  const rows = await em.execute<{ id: string }[]>(
    `select id from job where lead_id = ? union select id from suppression where workspace_id = ? and ${among('address', addresses)}`,
    [lead.id, lead.workspaceId, ...addresses],
  )
  const subjects = [lead.id, ...messageIds, ...rows.map(({ id }) => id)]
  const texts = [...marks, ...names]
  await em.execute(
    `update audit set reason = null where workspace_id = ? and ${among('subject_id', subjects)} and ${mentions('reason', texts)}`,
    [lead.workspaceId, ...subjects, ...texts],
  )
}

/** Addresses nothing may be sent to stay so, and the person's own are from now on: an old list may bring them back. */
async function hashSuppressions(em: Em, { lead, addresses }: KnownPerson, at: Date): Promise<void> {
  const { workspaceId } = lead
  for (const { channel, address } of addresses) {
    const hashed = hashedAddress({ workspaceId, channel, address })
    const plain = [workspaceId, channel, address]
    const where = 'where workspace_id = ? and channel = ? and address = ?'
    await em.execute(`update ignore suppression set address = ? ${where}`, [hashed, ...plain])
    await em.execute(`delete from suppression ${where}`, plain)
    await em.execute(
      `insert into suppression (id, workspace_id, channel, address, reason, source, at) values (?, ?, ?, ?, 'ERASED', 'erasure', ?)
       on duplicate key update at = values(at), lifted_at = null`,
      [newId('suppression'), workspaceId, channel, hashed, at],
    )
  }
}
