import { InvalidInputError } from '../ledger/errors.ts'
import { type ManyResolved, resolveMessages } from '../marketing/messages/resolve-many.ts'
import { countUnknown, type UnknownCount } from '../marketing/messages/unknown.ts'
import type { Api } from '../schema/api.ts'

/** Messages of which nobody knows whether they were sent: how many, and what became of them. */
export function unknownMessages({ builder, Channel, MessageOutcome }: Api): void {
  const UnknownMessageCount = builder.objectRef<UnknownCount>('UnknownMessageCount').implement({
    description: 'How many messages of a kind there are of which nobody knows whether they were sent.',
    fields: (t) => ({
      channel: t.expose('channel', { type: Channel, description: 'How they were sent.' }),
      reason: t.exposeString('reason', {
        description: 'Why it is not known: a code; `WORKER_LOST` when the job that sent them died.',
      }),
      count: t.exposeInt('count', { description: 'How many there are.' }),
      oldestClaimedAt: t.expose('oldestClaimedAt', {
        type: 'DateTime',
        description: 'When the oldest of them was about to be sent.',
      }),
    }),
  })
  builder.queryField('unknownMessages', (t) =>
    t.field({
      type: [UnknownMessageCount],
      description:
        'Messages of the workspace of which nobody knows whether they were sent, counted by channel and reason. `resolveMessages` resolves them.',
      authScopes: { permission: 'leads:read' },
      resolve: (_, __, { em, workspaceId }) => countUnknown(em, new Date(), workspaceId),
    }),
  )
  const UnknownMessageFilter = builder.inputType('UnknownMessageFilter', {
    description: 'Which messages of those that are unknown; every condition given must hold.',
    fields: (t) => ({
      channels: t.field({ type: [Channel], description: 'Sent by one of these.' }),
      reasons: t.stringList({ description: 'Unknown for one of these reasons; see `unknownMessages`.' }),
      purposes: t.stringList({ description: 'Sent for one of these purposes.' }),
      claimedBefore: t.field({ type: 'DateTime', description: 'About to be sent before this time.' }),
    }),
  })
  const ResolveMessagesInput = builder.inputType('ResolveMessagesInput', {
    description: 'What became of many messages. Either `ids` or `filter` is given.',
    fields: (t) => ({
      ids: t.idList({ description: 'These messages; at most 500.' }),
      filter: t.field({ type: UnknownMessageFilter, description: 'Those it finds; `{}` finds all.' }),
      outcome: t.field({ type: MessageOutcome, required: true, description: 'What became of them.' }),
      reason: t.string({ description: 'How you know; kept with the action.' }),
      limit: t.int({ description: 'How many at most, oldest first: 1 to 500, which is the default.' }),
    }),
  })
  const ResolveMessagesPayload = builder.objectRef<ManyResolved>('ResolveMessagesPayload').implement({
    description: 'What a call of `resolveMessages` did.',
    fields: (t) => ({
      resolvedCount: t.exposeInt('resolvedCount', { description: 'Messages that were resolved.' }),
      unchangedCount: t.exposeInt('unchangedCount', {
        description: 'Messages given by id that are not unknown, or not there.',
      }),
      remainingCount: t.exposeInt('remainingCount', {
        description: 'Messages the filter still finds: call again until there are none.',
      }),
    }),
  })
  builder.mutationField('resolveMessages', (t) =>
    t.field({
      type: ResolveMessagesPayload,
      description:
        'Says what became of up to 500 unknown messages. Each is audited; one that is known by now stays as it is, so the call may be repeated. `NOT_SENT` lets jobs send them.',
      authScopes: { permission: 'jobs:write' },
      errors: { types: [InvalidInputError] },
      args: {
        input: t.arg({
          type: ResolveMessagesInput,
          required: true,
          description: 'What became of which messages.',
        }),
      },
      resolve: (_, { input }, { ledger, em, actor }) => resolveMessages(ledger, em, actor, input),
    }),
  )
}
