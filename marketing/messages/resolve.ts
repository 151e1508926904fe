import type { Em } from '../../entities/index.ts'
import type { MessageState } from '../../entities/message.ts'
import { audit } from '../../ledger/audit.ts'
import { requireDefinition } from '../../ledger/definition.ts'
import { LedgerError, NotFoundError } from '../../ledger/errors.ts'
import type { Actor, Ledger } from '../../ledger/ledger.ts'
import type { JobRow } from '../../ledger/row.ts'
import { lockMessage, type MessageRow, reopenMessage, settleMessage } from './send-ledger.ts'
import { isUnknown } from './unknown.ts'

/** What operators decide about messages. Every decision writes its audit row in its own transaction. */

/**
 * What became of a message, on an operator's word. `SENT`: it was sent. `NOT_SENT`: it was not, and a job sends it.
 * `DROPPED`: it was not, and is not to be.
 */
export type MessageOutcome = 'SENT' | 'NOT_SENT' | 'DROPPED'

export interface Decided {
  message: MessageRow
  /** The job that sends it, when it is to be sent. */
  job: JobRow | null
}

/** The message is in no state in which this can be decided about it. */
export class MessageSettledError extends LedgerError {
  readonly messageState: MessageState
  constructor(id: string, state: MessageState, needed: string) {
    super('MESSAGE_SETTLED', `Message ${id} is ${state}; ${needed}`)
    this.messageState = state
  }
}

interface Word {
  id: string
  outcome: MessageOutcome
  reason?: string | null | undefined
}

/**
 * Says what became of a message of which nobody knows it, in the caller's transaction.
 * @throws NotFoundError, MessageSettledError
 */
export async function resolveMessage(em: Em, ledger: Ledger, actor: Actor, word: Word): Promise<Decided> {
  const { id, outcome, reason } = word
  const message = await lockOwn(em, actor, id)
  if (!isUnknown(message, new Date()))
    throw new MessageSettledError(id, message.state, 'only one that is UNKNOWN can be resolved')
  await audit(em, actor, 'resolveMessage', id, [outcome, reason].filter(Boolean).join(': '))
  if (outcome === 'NOT_SENT') return sendAnew(em, ledger, actor, message)
  const settlement =
    outcome === 'SENT' ? { state: 'ACCEPTED' as const } : { state: 'REJECTED' as const, reason: outcome }
  await settleMessage(em, id, settlement)
  return { message: (await lockMessage(em, id))!, job: null }
}

/**
 * Sends a message again that did not get through: refused, not delivered, or given up by the job that was to send it.
 * @throws NotFoundError, MessageSettledError
 */
export async function resendMessage(
  em: Em,
  ledger: Ledger,
  actor: Actor,
  { id, reason }: Omit<Word, 'outcome'>,
): Promise<Decided> {
  const message = await lockOwn(em, actor, id)
  const failed = message.state === 'ACCEPTED' && message.delivery === 'FAILED'
  if (!failed && message.state !== 'REJECTED' && message.state !== 'NOT_SENT')
    throw new MessageSettledError(id, message.state, 'only one that did not get through can be sent again')
  await audit(em, actor, 'resendMessage', id, reason)
  return sendAnew(em, ledger, actor, message)
}

async function lockOwn(em: Em, { workspaceId }: Actor, id: string): Promise<MessageRow> {
  const message = await lockMessage(em, id)
  if (message?.workspaceId !== workspaceId) throw new NotFoundError(id)
  return message
}

/** The message can be claimed again, by the job that sends it as by any other that is asked to. */
async function sendAnew(em: Em, ledger: Ledger, actor: Actor, message: MessageRow): Promise<Decided> {
  const { id, leadId } = message
  await reopenMessage(em, id)
  const definition = requireDefinition(ledger.definitions, 'message.send')
  const [outcome] = await ledger.enqueueIn(em, [{ definition, input: { messageId: id }, leadId, actor }])
  if (outcome instanceof Error) throw outcome
  return { message: (await lockMessage(em, id))!, job: outcome!.job }
}
