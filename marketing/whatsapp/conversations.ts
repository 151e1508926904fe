import type { Conversation } from '../../entities/conversation.ts'
import type { Em } from '../../entities/index.ts'
import { fromSql } from '../../entities/sql.ts'

/** A conversation as plain data. */
export type ConversationRow = { [K in keyof Conversation as K extends symbol ? never : K]: Conversation[K] }

/** A person as a webhook names them, or as we know them: since people may hide their number, either may be missing. */
export interface ConversationPerson {
  /** Id of our sending number. */
  phoneNumberId: string
  /** Business-scoped user id. */
  userId?: string | null | undefined
  /** The phone number as WhatsApp knows it: digits alone. */
  waId?: string | null | undefined
}

/**
 * The conversation of one of our numbers with a person; undefined when there is none. The user id decides where there
 * is one. A number finds conversations from before the user id was known, but never those of another user id: a number
 * can pass to somebody else. By number alone it is the conversation that was last written in.
 */
export async function findConversation(
  em: Em,
  { phoneNumberId, userId, waId }: ConversationPerson,
): Promise<ConversationRow | undefined> {
  const byKey = userId
    ? await newest(em, 'phone_number_id = ? and person_key = ?', [phoneNumberId, userId])
    : undefined
  if (byKey || !waId) return byKey
  const others = userId ? ' and user_id is null' : ''
  return newest(em, `phone_number_id = ? and wa_id = ?${others}`, [phoneNumberId, waId])
}

async function newest(em: Em, where: string, values: string[]): Promise<ConversationRow | undefined> {
  const [row] = await em.execute<Record<string, unknown>[]>(
    `select * from conversation where ${where} order by last_inbound_at desc limit 1`,
    values,
  )
  return row && fromSql<ConversationRow>(row)
}
