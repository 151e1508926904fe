import { z } from 'zod'
import { lookUpMessage } from '../marketing/messages/look-up.ts'
import { defineJob } from './define-job.ts'

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
  run: async ({ messageId }, context) => ({ outcome: await lookUpMessage(context, messageId) }),
})
