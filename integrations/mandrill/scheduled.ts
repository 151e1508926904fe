// Mails that Mandrill holds back until their time.

import { z } from 'zod'
import type { CallContext } from '../client.ts'
import { type Ask, unlessUnknown, utcText, utcTime } from './ask.ts'
import type { ScheduledEmail } from './shapes.ts'

const Scheduled = z
  .object({ _id: z.string(), send_at: utcTime, created_at: utcTime, to: z.string(), subject: z.string() })
  .transform(({ _id, send_at, created_at, to, subject }) => ({
    messageId: _id,
    sendAt: send_at,
    createdAt: created_at,
    to,
    subject,
  }))

export async function listScheduled(
  ask: Ask,
  to: string | undefined,
  context: CallContext,
): Promise<ScheduledEmail[]> {
  return ask(
    {
      operation: 'listScheduled',
      path: '/messages/list-scheduled',
      body: { to },
      repeatable: true,
      answer: z.array(Scheduled),
      personal: [to],
      maxAnswerBytes: 20 * 1024 * 1024,
    },
    context,
  )
}

export async function cancelScheduled(
  ask: Ask,
  id: string,
  context: CallContext,
): Promise<ScheduledEmail | undefined> {
  const request = { operation: 'cancelScheduled', path: '/messages/cancel-scheduled', body: { id } }
  return unlessUnknown('Unknown_Message', (expects) =>
    ask({ ...request, repeatable: true, answer: Scheduled, expects }, context),
  )
}

export async function reschedule(
  ask: Ask,
  id: string,
  sendAt: Date,
  context: CallContext,
): Promise<ScheduledEmail | undefined> {
  const body = { id, send_at: utcText(sendAt) }
  const request = { operation: 'reschedule', path: '/messages/reschedule', body }
  return unlessUnknown('Unknown_Message', (expects) =>
    ask({ ...request, repeatable: true, answer: Scheduled, expects }, context),
  )
}
