import { Message } from '../entities/message.ts'
import type { MessageRow } from '../marketing/messages/send-ledger.ts'
import type { Api } from '../schema/api.ts'
import type { Page } from '../schema/connection.ts'
import type { Context } from '../schema/context.ts'
import { newestFirst, type PageArgs } from './newest-first.ts'

/** Reading messages. */
export function messageQueries({ builder, MessageConnection, MessageState, Channel }: Api): void {
  const MessageFilter = builder.inputType('MessageFilter', {
    description: 'Which messages; every condition given must hold.',
    fields: (t) => ({
      states: t.field({ type: [MessageState] }),
      channels: t.field({ type: [Channel] }),
      leadId: t.id(),
    }),
  })
  builder.queryField('messages', (t) =>
    t.field({
      type: MessageConnection,
      description: 'Messages, newest first. Those that are `UNKNOWN` may need `resolveMessage`.',
      authScopes: { permission: 'leads:read' },
      args: { filter: t.arg({ type: MessageFilter }), first: t.arg.int(), after: t.arg.string() },
      resolve: (_, { filter, ...page }, context) => messagePage(context, filter ?? {}, page),
    }),
  )
}

interface MessageFilter {
  states?: MessageRow['state'][] | null | undefined
  channels?: MessageRow['channel'][] | null | undefined
  leadId?: string | null | undefined
}

function messagePage(
  context: Context,
  { states, channels, leadId }: MessageFilter,
  page: PageArgs,
): Promise<Page<MessageRow>> {
  const conditions = [
    states && { state: { $in: states } },
    channels && { channel: { $in: channels } },
    leadId ? { leadId } : null,
  ]
  return newestFirst(context, [Message, 'message'], conditions, page)
}
