// What an account has beside its mails: addresses that get none, webhooks and templates.

import { z } from 'zod'
import type { CallContext } from '../client.ts'
import { type Ask, unlessUnknown, utcTime } from './ask.ts'
import type { MandrillTemplate, MandrillWebhook, NewWebhook, Reject, RejectQuery } from './shapes.ts'

const RejectEntry = z
  .object({
    email: z.string(),
    reason: z.string(),
    detail: z.string().nullish(),
    created_at: utcTime,
    expires_at: utcTime.nullish(),
    expired: z.boolean(),
  })
  .transform(({ email, reason, detail, created_at, expires_at, expired }) => ({
    email,
    reason,
    detail: detail ?? '',
    createdAt: created_at,
    expiresAt: expires_at ?? undefined,
    expired,
  }))

export async function listRejects(
  ask: Ask,
  { email, includeExpired }: RejectQuery,
  context: CallContext,
): Promise<Reject[]> {
  return ask(
    {
      operation: 'listRejects',
      path: '/rejects/list',
      body: { email, include_expired: includeExpired },
      repeatable: true,
      answer: z.array(RejectEntry),
      personal: [email],
    },
    context,
  )
}

export async function addReject(
  ask: Ask,
  email: string,
  comment: string | undefined,
  context: CallContext,
): Promise<boolean> {
  const request = { operation: 'addReject', path: '/rejects/add', body: { email, comment } }
  const answer = z.object({ added: z.boolean() })
  const { added } = await ask({ ...request, repeatable: true, answer, personal: [email] }, context)
  return added
}

export async function deleteReject(ask: Ask, email: string, context: CallContext): Promise<boolean> {
  const request = { operation: 'deleteReject', path: '/rejects/delete', body: { email } }
  const answer = z.object({ deleted: z.boolean() })
  const known = await unlessUnknown('Invalid_Reject', (expects) =>
    ask({ ...request, repeatable: true, answer, personal: [email], expects }, context),
  )
  return known?.deleted ?? false
}

const Webhook = z
  .object({
    id: z.number(),
    url: z.string(),
    description: z.string().nullish(),
    events: z.array(z.string()),
    auth_key: z.string().nullish(),
    batches_sent: z.number(),
    events_sent: z.number(),
    last_error: z.string().nullish(),
  })
  .transform((hook) => ({
    id: hook.id,
    url: hook.url,
    description: hook.description ?? undefined,
    events: hook.events,
    authKey: hook.auth_key ?? undefined,
    batchesSent: hook.batches_sent,
    eventsSent: hook.events_sent,
    lastError: hook.last_error ?? undefined,
  }))

export async function listWebhooks(ask: Ask, context: CallContext): Promise<MandrillWebhook[]> {
  const request = { operation: 'listWebhooks', path: '/webhooks/list', repeatable: true }
  return ask({ ...request, answer: z.array(Webhook) }, context)
}

export async function addWebhook(
  ask: Ask,
  { url, description, events }: NewWebhook,
  context: CallContext,
): Promise<MandrillWebhook> {
  const request = { operation: 'addWebhook', path: '/webhooks/add', body: { url, description, events } }
  return ask({ ...request, repeatable: false, answer: Webhook }, context)
}

export async function deleteWebhook(ask: Ask, id: number, context: CallContext): Promise<boolean> {
  const request = { operation: 'deleteWebhook', path: '/webhooks/delete', body: { id } }
  const answer = z.object({ id: z.number() })
  const known = await unlessUnknown('Unknown_Webhook', (expects) =>
    ask({ ...request, repeatable: true, answer, expects }, context),
  )
  return known !== undefined
}

const Template = z
  .object({
    slug: z.string(),
    name: z.string(),
    subject: z.string().nullish(),
    publish_subject: z.string().nullish(),
    published_at: z.string().nullish(),
    updated_at: utcTime,
  })
  .transform((template) => ({
    slug: template.slug,
    name: template.name,
    subject: template.publish_subject ?? template.subject ?? undefined,
    published: Boolean(template.published_at),
    updatedAt: template.updated_at,
  }))

/** The answer holds the code of every template. */
export async function listTemplates(ask: Ask, context: CallContext): Promise<MandrillTemplate[]> {
  const request = { operation: 'listTemplates', path: '/templates/list', repeatable: true }
  return ask({ ...request, answer: z.array(Template), maxAnswerBytes: 50 * 1024 * 1024 }, context)
}
