import type { Em } from '../entities/index.ts'
import { audit } from '../ledger/audit.ts'
import { NotFoundError } from '../ledger/errors.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { JobRow } from '../ledger/row.ts'
import { lockMessage, type MessageRow, releaseMessage, settleMessage } from '../marketing/messages.ts'
import type { Api } from '../schema/api.ts'
import type { Context } from '../schema/context.ts'
import { MessageSettledError } from './errors.ts'
import { leadCreatedOf } from './lead-created.ts'

interface Resolved {
  sentMessage: MessageRow | null
  job: JobRow | null
}

/** What operators do about messages whose answer was lost. */
export function messageActions({ builder, Job, Message, MessageOutcome }: Api): void {
  const ResolveMessageInput = builder.inputType('ResolveMessageInput', {
    fields: (t) => ({
      id: t.id({ required: true }),
      outcome: t.field({ description: 'What became of it.', type: MessageOutcome, required: true }),
      reason: t.string({ description: 'How you know; kept with the action.' }),
    }),
  })
  // Not `message`: beside it, documents ask for the text of that name of an `Error`.
  const ResolveMessagePayload = builder.objectRef<Resolved>('ResolveMessagePayload').implement({
    fields: (t) => ({
      sentMessage: t.expose('sentMessage', {
        type: Message,
        nullable: true,
        description: 'The message, accepted now. Null when it was not sent: the job claims a new one.',
      }),
      job: t.expose('job', {
        type: Job,
        nullable: true,
        description: 'The job that sends it, when it was not sent.',
      }),
    }),
  })
  builder.mutationField('resolveMessage', (t) =>
    t.field({
      type: ResolveMessagePayload,
      description: 'Says what became of an `UNKNOWN` message. One that was not sent is sent by a new job.',
      authScopes: { permission: 'jobs:write' },
      args: { input: t.arg({ type: ResolveMessageInput, required: true }) },
      errors: { types: [NotFoundError, MessageSettledError] },
      resolve: (_, { input }, { ledger, actor }) =>
        ledger.transaction(async (em) => {
          const message = await lockUnknown(em, actor.workspaceId, input.id)
          const { outcome, reason } = input
          await audit(em, actor, 'resolveMessage', message.id, [outcome, reason].filter(Boolean).join(': '))
          return outcome === 'SENT' ? accept(em, message) : sendAnew(em, ledger, actor, message)
        }),
    }),
  )
}

async function lockUnknown(em: Em, workspaceId: string, id: string): Promise<MessageRow> {
  const message = await lockMessage(em, id)
  if (message?.workspaceId !== workspaceId) throw new NotFoundError(id)
  if (message.state !== 'UNKNOWN') throw new MessageSettledError(id, message.state)
  return message
}

async function accept(em: Em, { id }: MessageRow): Promise<Resolved> {
  await settleMessage(em, id, { state: 'ACCEPTED' })
  return { sentMessage: (await lockMessage(em, id))!, job: null }
}

/** Gives the claim back and lets the lead's steps run again: those that are done do nothing, the one that is not sends. */
async function sendAnew(
  em: Em,
  ledger: Ledger,
  actor: Context['actor'],
  { id, leadId }: MessageRow,
): Promise<Resolved> {
  await releaseMessage(em, id)
  const definition = leadCreatedOf(ledger)
  const request = { definition, input: { leadId }, leadId, actor, idempotencyKey: `resend:${id}` }
  const [outcome] = await ledger.enqueueIn(em, [request])
  if (outcome instanceof Error) throw outcome
  return { sentMessage: null, job: outcome!.job }
}
