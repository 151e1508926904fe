import { kindOfId } from '../entities/ids.ts'
import { InvalidCursorError } from '../ledger/errors.ts'
import {
  type ConversationLine,
  countConversation,
  type LinePosition,
  readConversation,
} from '../marketing/messages/conversation.ts'
import type { Api } from '../schema/api.ts'
import { type Page, pageSize } from '../schema/connection.ts'

/** What was said between a lead and the workspace by WhatsApp. */
export function conversations({ builder, Lead, ConversationMessageConnection }: Api): void {
  builder.objectField(Lead, 'conversation', (t) =>
    t.field({
      type: ConversationMessageConnection,
      nullable: true,
      description:
        'What was said by WhatsApp, with its texts, newest first. Takes the permission `messages:read`; null without it.',
      authScopes: { permission: 'messages:read' },
      args: {
        first: t.arg.int({ description: 'Size of the page: 1 to 200, 50 by default.' }),
        after: t.arg.string({ description: 'The cursor after which the page begins.' }),
      },
      resolve: async (lead, { first, after }, { em }): Promise<Page<ConversationLine>> => {
        const size = pageSize(first)
        const rows = await readConversation(em, lead, size + 1, positionOf(after))
        return {
          rows: rows.slice(0, size),
          more: rows.length > size,
          after,
          cursorOf: ({ at, id }) => `${at.getTime()}.${id}`,
          count: async (limit) => Math.min(await countConversation(em, lead), limit),
        }
      },
    }),
  )
}

/** @throws InvalidCursorError */
function positionOf(cursor: string | null | undefined): LinePosition | undefined {
  if (!cursor) return undefined
  const [, ms, id] = /^(\d{1,15})\.(\w+)$/.exec(cursor) ?? []
  const kind = kindOfId(id ?? '')
  if (!ms || !id || (kind !== 'message' && kind !== 'inboundMessage')) throw new InvalidCursorError()
  return { at: new Date(Number(ms)), id }
}
