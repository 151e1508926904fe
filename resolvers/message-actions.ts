import { NotFoundError } from '../ledger/errors.ts'
import {
  type Decided,
  MessageSettledError,
  resendMessage,
  resolveMessage,
} from '../marketing/messages/resolve.ts'
import type { Api } from '../schema/api.ts'

/** What operators decide about messages; marketing/messages/resolve.ts does it. */
export function messageActions({ builder, Job, Message, MessageOutcome }: Api): void {
  const ResolveMessageInput = builder.inputType('ResolveMessageInput', {
    description: 'What became of a message.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'The message.' }),
      outcome: t.field({ type: MessageOutcome, required: true, description: 'What became of it.' }),
      reason: t.string({ description: 'How you know; kept with the action.' }),
    }),
  })
  const ResendMessageInput = builder.inputType('ResendMessageInput', {
    description: 'Which message to send again.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'The message.' }),
      reason: t.string({ description: 'Why; kept with the action.' }),
    }),
  })
  // Not `message`: beside it, documents ask for the text of that name of an `Error`.
  const ResolveMessagePayload = builder.objectRef<Decided>('ResolveMessagePayload').implement({
    description: 'A message that was resolved.',
    fields: (t) => ({
      sentMessage: t.field({
        type: Message,
        nullable: true,
        description: 'The message, accepted now. Null when it was not sent.',
        resolve: ({ message }) => (message.state === 'ACCEPTED' ? message : null),
      }),
      job: t.expose('job', {
        type: Job,
        nullable: true,
        description: 'The job that sends it, when it was not sent and is to be.',
      }),
    }),
  })
  const ResendMessagePayload = builder.objectRef<Decided>('ResendMessagePayload').implement({
    description: 'A message that is sent again.',
    fields: (t) => ({
      resentMessage: t.expose('message', { type: Message, description: 'The message, not sent yet.' }),
      job: t.expose('job', { type: Job, nullable: true, description: 'The job that sends it.' }),
    }),
  })
  const common = { authScopes: { permission: 'jobs:write' } } as const
  const errors = { types: [NotFoundError, MessageSettledError] }
  builder.mutationFields((t) => ({
    resolveMessage: t.field({
      ...common,
      errors,
      type: ResolveMessagePayload,
      description: 'Says what became of an `UNKNOWN` message. One that was not sent is sent by a new job.',
      args: { input: t.arg({ type: ResolveMessageInput, required: true }) },
      resolve: (_, { input }, { ledger, actor }) =>
        ledger.transaction((em) => resolveMessage(em, ledger, actor, input)),
    }),
    resendMessage: t.field({
      ...common,
      errors,
      type: ResendMessagePayload,
      description:
        'Sends a message again that did not get through: one that was refused (`REJECTED`), not delivered, or is `NOT_SENT`. Consent and suppression are asked anew.',
      args: { input: t.arg({ type: ResendMessageInput, required: true }) },
      resolve: (_, { input }, { ledger, actor }) =>
        ledger.transaction((em) => resendMessage(em, ledger, actor, input)),
    }),
  }))
}
