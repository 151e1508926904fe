// Sending: one recipient per message, because only then there is one id per delivery.

import { z } from 'zod'
import type { CallContext } from '../client.ts'
import type { SentEmail, TemplateEmail } from '../email.ts'
import { type Ask, utcText } from './ask.ts'
import type { OwnEmail } from './shapes.ts'

interface Sender {
  fromEmail: string
  fromName: string
}

const Sent = z.object({
  status: z.enum(['sent', 'queued', 'scheduled', 'rejected', 'invalid']),
  _id: z.string().nullish(),
  reject_reason: z.string().nullish(),
})

export async function sendTemplate(
  ask: Ask,
  sender: Sender,
  email: TemplateEmail,
  context: CallContext,
): Promise<SentEmail> {
  const message = {
    ...messageOf(sender, email),
    subject: email.subject,
    merge_language: 'handlebars',
    global_merge_vars: Object.entries(email.vars).map(([name, content]) => ({ name, content })),
  }
  const body = { template_name: email.template, template_content: [], message, ...deliveryOf(email) }
  return deliver(ask, 'sendTemplate', '/messages/send-template', body, personalOf(email), context)
}

export async function send(
  ask: Ask,
  sender: Sender,
  email: OwnEmail,
  context: CallContext,
): Promise<SentEmail> {
  const { subject, html, text } = email
  const body = { message: { ...messageOf(sender, email), subject, html, text }, ...deliveryOf(email) }
  return deliver(ask, 'send', '/messages/send', body, [...personalOf(email), subject], context)
}

async function deliver(
  ask: Ask,
  operation: string,
  path: string,
  body: Record<string, unknown>,
  personal: (string | undefined)[],
  context: CallContext,
): Promise<SentEmail> {
  const answer = z.tuple([Sent])
  const [sent] = await ask({ operation, path, body, repeatable: false, answer, personal }, context)
  return {
    status: sent.status,
    messageId: sent._id ?? undefined,
    rejectReason: sent.reject_reason ?? undefined,
  }
}

type Addressed = Pick<TemplateEmail, 'to' | 'metadata' | 'tags' | 'sendAt'>

function messageOf({ fromEmail, fromName }: Sender, { to, metadata, tags }: Addressed): object {
  return { from_email: fromEmail, from_name: fromName, to: [{ ...to, type: 'to' }], metadata, tags }
}

/** Up to ten recipients the answer comes when they are done, unless it is scheduled. */
function deliveryOf({ sendAt }: Addressed): object {
  return { async: false, ...(sendAt && { send_at: utcText(sendAt) }) }
}

function personalOf(email: Addressed & { vars?: Record<string, string> }): (string | undefined)[] {
  return [email.to.email, email.to.name, ...Object.values(email.vars ?? {})]
}
