import type { Conversation } from '../entities/conversation.ts'
import { newId } from '../entities/ids.ts'
import type { Em } from '../entities/index.ts'
import type { Row } from '../entities/row.ts'
import { fromSql, marks } from '../entities/sql.ts'

/** WhatsApp conversations, each with one person, by whatever that person is known. */

/** A conversation as plain data. */
export type ConversationRow = Row<Conversation>

/** Who writes to which of our numbers: known by WhatsApp id (the phone number's digits), by user id, or by both. */
export interface Person {
  workspaceId: string
  phoneNumberId: string
  waId?: string | null | undefined
  userId?: string | null | undefined
}

/** The user id comes first: a person may hide the phone number later. */
const keyOf = (userId: string | null | undefined, waId: string | null | undefined) => userId ?? waId ?? ''

/**
 * The conversation a message of `at` belongs to; its row stays locked. Somebody known by phone number who brings a user id
 * goes on in the same conversation; two that turn out to be with one person become one.
 */
export async function continueConversation(em: Em, person: Person, at: Date): Promise<ConversationRow> {
  await begin(em, person, at)
  const rows = await find(em, person)
  const kept = chosen(rows, person)!
  const others = rows.filter((row) => row !== kept && row.userId === null)
  return mergeInto(em, kept, others, {
    waId: person.waId ?? kept.waId ?? others[0]?.waId ?? null,
    userId: person.userId ?? kept.userId,
    lastInboundAt: new Date(Math.max(at.getTime(), kept.lastInboundAt.getTime())),
  })
}

/** The person has another number now; their conversation goes on under it. The user id changes with the number. */
export async function changeNumber(
  em: Em,
  person: Person,
  { waId, userId }: Pick<Person, 'waId' | 'userId'>,
): Promise<void> {
  const kept = chosen(await find(em, person), person)
  if (!kept) return
  const others = (await find(em, { ...person, waId, userId })).filter(({ id }) => id !== kept.id)
  const known = others.find((row) => row.userId !== null)?.userId
  await mergeInto(em, kept, others, { waId: waId ?? null, userId: userId ?? known ?? null })
}

/** Ties a conversation to the lead it is with. */
export async function setLead(em: Em, conversationId: string, leadId: string): Promise<void> {
  await em.execute('update conversation set lead_id = ? where id = ?', [leadId, conversationId])
}

/**
 * The conversation with a person, if there is one. The user id decides where there is one. A number finds conversations
 * from before the user id was known, but never those of another user id: a number can pass to somebody else. By number
 * alone it is the one that was last written in.
 */
export async function findConversation(em: Em, person: Person): Promise<ConversationRow | undefined> {
  return chosen(await find(em, person), person)
}

export interface NewInbound {
  providerMessageId: string
  type: string
  text: string | null
  at: Date
}

/** Keeps what somebody wrote. @returns false when it was kept before */
export async function keepInbound(em: Em, conversationId: string, message: NewInbound): Promise<boolean> {
  const id = newId('inboundMessage')
  const { providerMessageId, type, text, at } = message
  const [holder] = await em.execute<{ id: string }[]>(
    `insert into inbound_message (id, conversation_id, provider_message_id, type, text, at) values (?, ?, ?, ?, ?, ?)
     on duplicate key update id = id returning id`,
    [id, conversationId, providerMessageId, type, text, at],
  )
  return holder?.id === id
}

/** The conversations that may be with a person. */
async function find(
  em: Em,
  { workspaceId, phoneNumberId, waId, userId }: Person,
): Promise<ConversationRow[]> {
  const keys = [userId, waId].filter((key) => typeof key === 'string')
  if (keys.length === 0) return []
  const rows = await em.execute<Record<string, unknown>[]>(
    `select * from conversation where workspace_id = ? and phone_number_id = ?
     and (person_key in ${marks(keys)} or wa_id = ?) order by last_inbound_at desc, id for update`,
    [workspaceId, phoneNumberId, ...keys, waId ?? ''],
  )
  return rows.map((row) => fromSql<ConversationRow>(row))
}

/** The same number with another user id is another person: numbers get new owners. */
function chosen(rows: readonly ConversationRow[], { userId }: Person): ConversationRow | undefined {
  if (!userId) return rows[0]
  return rows.find((row) => row.userId === userId) ?? rows.find((row) => row.userId === null)
}

async function begin(em: Em, person: Person, at: Date): Promise<void> {
  if (chosen(await find(em, person), person)) return
  const { workspaceId, phoneNumberId, waId, userId } = person
  await em.execute(
    `insert into conversation (id, workspace_id, phone_number_id, person_key, wa_id, user_id, last_inbound_at)
     values (?, ?, ?, ?, ?, ?, ?) on duplicate key update id = id`,
    [
      newId('conversation'),
      workspaceId,
      phoneNumberId,
      keyOf(userId, waId),
      waId ?? null,
      userId ?? null,
      at,
    ],
  )
}

/** What was said in the others belongs to `kept` from now on. */
async function mergeInto(
  em: Em,
  kept: ConversationRow,
  others: readonly ConversationRow[],
  change: Partial<ConversationRow>,
): Promise<ConversationRow> {
  for (const { id } of others) {
    await em.execute('update inbound_message set conversation_id = ? where conversation_id = ?', [
      kept.id,
      id,
    ])
    await em.execute('delete from conversation where id = ?', [id])
  }
  const row = { ...kept, ...change }
  const times = [row, ...others].map(({ lastInboundAt: last }) => last.getTime())
  row.lastInboundAt = new Date(Math.max(...times))
  row.leadId ??= others.find(({ leadId }) => leadId)?.leadId ?? null
  row.personKey = keyOf(row.userId, row.waId)
  await em.execute(
    'update conversation set person_key = ?, wa_id = ?, user_id = ?, lead_id = ?, last_inbound_at = ? where id = ?',
    [row.personKey, row.waId, row.userId, row.leadId, row.lastInboundAt, row.id],
  )
  return row
}
