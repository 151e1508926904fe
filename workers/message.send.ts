import { z } from 'zod'
import { resend } from '../marketing/messages/resend.ts'
import { defineJob } from './define-job.ts'

/** Sends a message that surely did not get through, by what is kept of it; `resolveMessage` and `resendMessage` start it. */
export const messageSend = defineJob<{ messageId: string }, never, { outcome: string; reason?: string }>({
  name: 'message.send',
  description: 'Sends a message again that was not sent.',
  input: z.strictObject({ messageId: z.string().describe('Id of the message') }),
  app: 'lead.created',
  attempts: 10,
  backoff: { type: 'exponential', delay: 1_000, jitter: 0.5 },
  timeoutMs: 120_000,
  concurrency: 20,
  run: ({ messageId }, context) => resend(context, messageId),
})
