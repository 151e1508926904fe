import type { Em } from '../../entities/index.ts'
import type { Channel } from '../../entities/message.ts'
import { fromSql, marks } from '../../entities/sql.ts'
import type { LeadRow } from '../lead-row.ts'

/** What a person is known by, in all our tables. */
export interface KnownPerson {
  lead: LeadRow
  /** Where the person is written to. A phone number that another lead has, too, is not among them. */
  addresses: { channel: Channel; address: string }[]
  conversationIds: string[]
  messageIds: string[]
  /** Texts that mean this person and nobody else: addresses and ids in every spelling. */
  marks: string[]
  /** The person's names. Others may have them, too. */
  names: string[]
}

/** Everything the database holds to recognise a person by; the lead's row is locked for the rest of the transaction. */
export async function recognise(em: Em, leadId: string): Promise<KnownPerson | undefined> {
  const [raw] = await em.execute<Record<string, unknown>[]>('select * from `lead` where id = ? for update', [
    leadId,
  ])
  if (!raw) return undefined
  const lead = leadOf(raw)
  const phone = (await isShared(em, lead)) ? null : (lead.phone ?? null)
  const conversations = await conversationsWith(em, lead, phone)
  const messages = await messagesTo(em, lead.id)
  const userIds = conversations.flatMap(({ userId }) => userId ?? [])
  const ids = [
    ...userIds,
    ...conversations.flatMap(({ waId }) => waId ?? []),
    ...messages.flatMap(({ id, providerMessageId }) => [id, providerMessageId ?? []].flat()),
    ...externalMarks(lead),
  ]
  return {
    lead,
    addresses: [
      ...(lead.email ? [{ channel: 'EMAIL' as const, address: lead.email }] : []),
      ...[phone ?? [], ...userIds].flat().map((address) => ({ channel: 'WHATSAPP' as const, address })),
    ],
    conversationIds: conversations.map(({ id }) => id),
    messageIds: messages.map(({ id }) => id),
    marks: [lead.email ?? [], phone?.slice(1) ?? [], ids].flat().flatMap(inEverySpelling),
    names: [lead.firstName, lead.lastName].filter((name): name is string => (name?.length ?? 0) > 1),
  }
}

function leadOf(raw: Record<string, unknown>): LeadRow {
  const row = fromSql<LeadRow>(raw)
  return { ...row, externalIds: JSON.parse(String(row.externalIds)) }
}

/** Whether another lead of the workspace has the phone number, too. */
async function isShared(em: Em, { id, workspaceId, phone }: LeadRow): Promise<boolean> {
  if (!phone) return false
  const sql = 'select 1 from `lead` where workspace_id = ? and phone = ? and id <> ? limit 1'
  return (await em.execute<unknown[]>(sql, [workspaceId, phone, id])).length > 0
}

interface Conversation {
  id: string
  waId: string | null
  userId: string | null
}

async function conversationsWith(em: Em, lead: LeadRow, phone: string | null): Promise<Conversation[]> {
  const rows = await em.execute<Record<string, unknown>[]>(
    `select id, wa_id, user_id from conversation where lead_id = ?
     union select id, wa_id, user_id from conversation where workspace_id = ? and wa_id = ? and lead_id is null`,
    [lead.id, lead.workspaceId, phone?.slice(1) ?? ''],
  )
  return rows.map((row) => fromSql<Conversation>(row))
}

async function messagesTo(
  em: Em,
  leadId: string,
): Promise<{ id: string; providerMessageId: string | null }[]> {
  const rows = await em.execute<Record<string, unknown>[]>(
    'select id, provider_message_id from message where lead_id = ?',
    [leadId],
  )
  return rows.map((row) => fromSql(row))
}

/** HubSpot's ids are short numbers, which mean the person only where HubSpot says so. */
function externalMarks({ externalIds: { hubspot, ...others } }: LeadRow): string[] {
  return [...Object.values(others), ...(hubspot ? [`"objectId":${hubspot},`, `"objectId":${hubspot}}`] : [])]
}

/** As plain text, in a form, and in JSON that is written in ASCII. */
function inEverySpelling(text: string): string[] {
  const ascii = text.replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return [...new Set([text, encodeURIComponent(text), ascii])]
}

/** SQL that finds any of these texts in a column, capitals or not. */
export function mentions(column: string, texts: readonly string[]): string {
  const each = texts.map(() => `locate(?, convert(${column} using utf8mb4) collate utf8mb4_unicode_ci) > 0`)
  return `(${each.join(' or ') || 'false'})`
}

/** SQL and values for `column in (…)`, also when there are none. */
export const among = (column: string, ids: readonly string[]) =>
  ids.length > 0 ? `${column} in ${marks(ids)}` : 'false'
