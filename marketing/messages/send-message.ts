import type { Em } from '../../entities/index.ts'
import { Lead } from '../../entities/lead.ts'
import type { JobContext } from '../../ledger/definition.ts'
import type { Services } from '../../runtime/services.ts'
import { decide, type Prepared, type SkipReason } from './policy.ts'
import { checkRequest, contentOf, keyOf, type MessageRequest } from './request.ts'
import {
  claimMessage,
  findMessage,
  lockMessage,
  type MessageKey,
  type MessageRow,
  releaseMessage,
  type Settlement,
  settleMessage,
} from './send-ledger.ts'
import { recordSkip } from './skips.ts'
import { type Transport, transportOf } from './transports.ts'

/** What sending takes of the context of a job. */
export type SendContext = Pick<
  JobContext<never, Services>,
  'em' | 'job' | 'signal' | 'transaction' | 'enqueue' | 'services' | 'log'
>

/**
 * What became of a message.
 * - `ACCEPTED`: the provider took it, now or on an earlier call
 * - `REJECTED`: the provider refused it for good, as it does with an address that does not exist
 * - `UNKNOWN`: it left and the answer was lost. It is looked up, and never sent again blindly
 * - `SKIPPED`: it must not be sent, and why
 */
export type SendOutcome =
  | { outcome: 'ACCEPTED' | 'REJECTED' | 'UNKNOWN'; messageId: string; reason?: string }
  | { outcome: 'SKIPPED'; reason: SkipReason }

/**
 * Sends one message to a lead; the only way in which a job writes to people. Asked for the same message again (lead, purpose,
 * channel, occurrence), it answers with what became of the first.
 * 1. It was sent: that is the answer.
 * 2. It must not be sent: consent, suppression, template or window say no. The lead's timeline says why, once.
 * 3. Claim it. Whoever does not get the claim does not send.
 * 4. Send it. An error that says "not sent" gives the claim back and is thrown, so that a later attempt tries again.
 * 5. Write down what became of it; a lost answer is looked up later by `message.resolve`, where the vendor can be asked.
 *
 * @param lookUp whether a lost answer is looked up; default true
 * @throws InvalidInputError for a request no message can be made of
 * @throws what the vendor's client throws when the message did not leave, e.g. a `VendorError`
 */
export async function sendMessage(
  context: SendContext,
  request: MessageRequest,
  { lookUp = true } = {},
): Promise<SendOutcome> {
  context.signal.throwIfAborted()
  checkRequest(request)
  const key = keyOf(request)
  const earlier = await findMessage(context.em, key)
  if (earlier && isSettled(earlier)) return outcomeOf(earlier)
  const where = { id: key.leadId, workspaceId: context.job.workspaceId }
  const lead = await context.em.findOne(Lead, where, { disableIdentityMap: true })
  const decision = await decide(context.em, lead, request, new Date())
  if (!decision.send) {
    const { reason } = decision
    if (lead) await context.transaction((em) => recordSkip(em, context.job, lead, key, reason))
    return { outcome: 'SKIPPED', reason }
  }
  const transport = await transportOf(context, lead!, request, decision.prepared)
  return claimAndSend(context, request, decision.prepared, transport, lookUp)
}

type Settled = MessageRow & { state: Settlement['state'] }

function isSettled(message: MessageRow): message is Settled {
  return message.state !== 'CLAIMED' && message.state !== 'NOT_SENT'
}

function outcomeOf({ id: messageId, state: outcome, reason }: Settled): SendOutcome {
  return { outcome, messageId, ...(reason && { reason }) }
}

async function claimAndSend(
  context: SendContext,
  request: MessageRequest,
  prepared: Prepared,
  transport: Transport,
  lookUp: boolean,
): Promise<SendOutcome> {
  const { language, body } = prepared
  const content = { ...contentOf(request), ...(language && { language }), ...(body && { body }) }
  const { message, mine } = await claim(context, keyOf(request), transport.provider, content)
  if (!mine && isSettled(message)) return outcomeOf(message)
  if (!mine) throwIfInHand(message, context)
  const settlement: Settlement = mine
    ? await attemptSend(context, message.id, transport)
    : { state: 'UNKNOWN', reason: 'WORKER_LOST' }
  const settled = await context.transaction((em) =>
    settle(em, context, message, settlement, lookUp && transport.canLookUp),
  )
  return outcomeOf(settled)
}

function claim(
  { job, transaction }: SendContext,
  key: MessageKey,
  provider: string,
  content: MessageRow['content'],
): Promise<{ message: MessageRow; mine: boolean }> {
  const { workspaceId, id: jobId, correlationId } = job
  const owner = { workspaceId, jobId, correlationId, provider, content: content! }
  return transaction((em) => claimMessage(em, { ...key, ...owner }))
}

/** Longer than any send takes: whoever claimed a message and has not settled it by then is dead. */
const longestSendMs = 120_000

/** Another job is sending it at this moment. It comes again, without using an attempt. */
class MessageInHand extends Error {
  readonly errorClass = 'THROTTLED'
  readonly code = 'MESSAGE_IN_HAND'
  readonly retryAfterMs = 1_000
}

/** A claim that an earlier attempt of this job left, or a job that died, means: perhaps sent. */
function throwIfInHand({ jobId, claimedAt }: MessageRow, { job }: SendContext): void {
  if (jobId === job.id || Date.now() - claimedAt.getTime() > longestSendMs) return
  throw new MessageInHand('Another job is sending this message')
}

async function attemptSend(
  { transaction }: SendContext,
  messageId: string,
  { send }: Transport,
): Promise<Settlement> {
  try {
    return await send(messageId)
  } catch (error) {
    const settlement = settlementOf(error)
    if (settlement) return settlement
    await transaction((em) => releaseMessage(em, messageId, codeOf(error)))
    throw error
  }
}

interface Failure {
  errorClass?: string
  code?: unknown
  recipientRefused?: boolean
}

const codeOf = (error: unknown) => {
  const { code } = error as Failure
  return typeof code === 'string' ? code : undefined
}

/** What an error says about the message; undefined when it surely did not leave and may be tried again. */
function settlementOf(error: unknown): Settlement | undefined {
  const { errorClass, recipientRefused } = error as Failure
  if (errorClass === 'UNKNOWN') return { state: 'UNKNOWN', reason: codeOf(error) }
  if (recipientRefused) return { state: 'REJECTED', reason: codeOf(error) }
  return undefined
}

/** A webhook may have been faster: then what it says stands. */
async function settle(
  em: Em,
  { enqueue, services, log }: SendContext,
  { id, leadId }: MessageRow,
  settlement: Settlement,
  lookUp: boolean,
): Promise<Settled> {
  const isNews = await settleMessage(em, id, settlement)
  if (isNews && settlement.state === 'UNKNOWN') {
    log.warn(
      { message: id, lead: leadId, reason: settlement.reason },
      'It is unknown whether a message was sent',
    )
    const runAt = new Date(Date.now() + services.welcome.searchAfterSeconds * 1_000)
    if (lookUp) await enqueue(em, 'message.resolve', { messageId: id }, { runAt })
  }
  return (await lockMessage(em, id)) as Settled
}
