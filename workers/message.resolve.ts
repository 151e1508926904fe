import { z } from 'zod'
import { Lead } from '../entities/lead.ts'
import type { JobContext } from '../ledger/definition.ts'
import { appendFacts } from '../marketing/facts.ts'
import { lockMessage, type MessageRow, releaseMessage, settleMessage } from '../marketing/messages.ts'
import { skippedFact } from '../marketing/step-metrics.ts'
import type { Services } from '../runtime/services.ts'
import { defineJob } from './define-job.ts'
import { searchOf } from './message-search.ts'
import { sendWelcomeEmail } from './welcome.ts'

/** Says "not found yet": Mandrill's search learns of a message some time after it was sent. */
class NotFoundYet extends Error {
  readonly errorClass = 'TRANSIENT'
  readonly code = 'NOT_FOUND_YET'
}

/**
 * Finds out what became of an e-mail whose answer was lost, by asking Mandrill for our delivery id. Only when Mandrill
 * has not found it several times, minutes apart, is it taken as not sent, and sent. A mail server cannot be asked: there
 * the message stays `UNKNOWN` until an operator decides.
 */
export const messageResolve = defineJob<{ messageId: string }, never, { outcome: string }>({
  name: 'message.resolve',
  description: 'Finds out whether a message whose answer was lost was sent, and sends it if it was not.',
  input: z.strictObject({ messageId: z.string().describe('Id of the message') }),
  app: 'lead.created',
  attempts: 4,
  backoff: { type: 'exponential', delay: 60_000, jitter: 0.1 },
  concurrency: 100,
  async run({ messageId }, context) {
    const message = await context.transaction((em) => lockMessage(em, messageId))
    if (message?.state !== 'UNKNOWN') return { outcome: message?.state ?? 'GONE' }
    const { email } = await context.services.accounts(context.job.workspaceId)
    const search = searchOf(email)
    if (!search) return { outcome: 'UNRESOLVED' }
    const found = await search({ messageId, since: message.claimedAt })
    if (found) {
      const state = found.state === 'rejected' ? 'REJECTED' : 'ACCEPTED'
      await context.transaction((em) =>
        settleMessage(em, messageId, { state, providerMessageId: found.messageId }),
      )
      return { outcome: 'FOUND' }
    }
    if (context.job.attempt < context.job.attempts)
      throw new NotFoundYet('Mandrill has not found the message yet')
    return { outcome: await sendAgain(context, message) }
  },
})

async function sendAgain(context: JobContext<never, Services>, message: MessageRow): Promise<string> {
  const lead = await context.em.findOne(Lead, { id: message.leadId }, { disableIdentityMap: true })
  if (!lead || lead.erasedAt) return 'GONE'
  await context.transaction((em) => releaseMessage(em, message.id))
  const { outcome } = await sendWelcomeEmail(context, lead, async () => undefined)
  if (outcome === 'SKIPPED')
    await context.transaction((em) =>
      appendFacts(em, [skippedFact(lead, 'EMAIL', 'welcome-email', message.purpose)]),
    )
  return `SENT_AGAIN_${outcome}`
}
