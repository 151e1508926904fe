import { NotFoundError } from '../../ledger/errors.ts'
import { searchOf } from './message-search.ts'
import { sendAgain } from './resend.ts'
import { lockMessage, type MessageRow, reopenMessage, settleMessage } from './send-ledger.ts'
import type { SendContext } from './send-message.ts'
import { sendersOf } from './senders.ts'

/** Says "not found yet": Mandrill's search learns of a message some time after it was sent. */
class NotFoundYet extends Error {
  readonly errorClass = 'TRANSIENT'
  readonly code = 'NOT_FOUND_YET'
}

/**
 * Finds out what became of a message whose answer was lost, by asking its provider for our delivery id. Only when the
 * provider has not found it on every attempt of the job, minutes apart, is it taken as not sent, and sent; should that
 * answer be lost, too, an operator decides.
 * @returns what it came to, in a word
 * @throws NotFoundError, and an error of class `TRANSIENT` when it is to be asked for again
 */
export async function lookUpMessage(context: SendContext, messageId: string): Promise<string> {
  const found = await context.transaction((em) => lockMessage(em, messageId))
  const message = found?.workspaceId === context.job.workspaceId ? found : undefined
  if (!message) throw new NotFoundError(messageId)
  if (message.state === 'NOT_SENT' || message.state === 'CLAIMED') return sendUnfound(context, message)
  if (message.state !== 'UNKNOWN') return message.state
  const search = searchOf((await sendersOf(context)).email)
  if (!search || message.channel !== 'EMAIL') return 'UNRESOLVED'
  const sent = await search({ messageId, since: message.claimedAt })
  if (sent) {
    const state = sent.state === 'rejected' ? 'REJECTED' : 'ACCEPTED'
    await context.transaction((em) =>
      settleMessage(em, messageId, { state, providerMessageId: sent.messageId }),
    )
    return 'FOUND'
  }
  if (!context.job.isLastAttempt) throw new NotFoundYet('The provider has not found the message yet')
  await context.transaction((em) => reopenMessage(em, messageId))
  return sendUnfound(context, message)
}

async function sendUnfound(context: SendContext, message: MessageRow): Promise<string> {
  const { outcome } = await sendAgain(context, message, { lookUp: false })
  return `SENT_AGAIN_${outcome}`
}
