// The webhooks of one audience.

import { z } from 'zod'
import { type CallContext, type Caller, unlessAbsent } from '../client.ts'
import { listPath } from './paths.ts'
import type { AudienceWebhook, Mailchimp } from './verbs.ts'

const WebhookAnswer = z
  .object({
    id: z.string(),
    url: z.string().default(''),
    signing_enabled: z.boolean().nullish(),
    signing_secret: z.string().nullish(),
  })
  .transform(
    ({ id, url, signing_enabled, signing_secret }): AudienceWebhook => ({
      id,
      url,
      signed: signing_enabled ?? Boolean(signing_secret),
      signingSecret: signing_secret || undefined,
    }),
  )
const WebhooksAnswer = z.object({ webhooks: z.array(WebhookAnswer) })

const EVENTS = {
  subscribe: true,
  unsubscribe: true,
  profile: true,
  cleaned: true,
  upemail: true,
  campaign: true,
}
/** All three are named, because the default is not documented. What the API did is our own doing: no echo of it. */
const SOURCES = { user: true, admin: true, api: false }

type WebhookVerbs = Pick<Mailchimp, 'webhooks' | 'addWebhook' | 'deleteWebhook'>

export function createWebhooks(call: Caller, listId: string): WebhookVerbs {
  return {
    webhooks: (context) => readWebhooks(call, listId, context),
    addWebhook: (url, context) => addWebhook(call, listId, url, context),
    deleteWebhook: (id, context) => deleteWebhook(call, listId, id, context),
  }
}

async function readWebhooks(call: Caller, listId: string, context: CallContext): Promise<AudienceWebhook[]> {
  const path = listPath(listId, '/webhooks')
  const answer = WebhooksAnswer
  return (await call({ operation: 'webhooks', method: 'GET', path, repeatable: true, answer }, context))
    .webhooks
}

async function addWebhook(
  call: Caller,
  listId: string,
  url: string,
  context: CallContext,
): Promise<AudienceWebhook> {
  return call(
    {
      operation: 'addWebhook',
      method: 'POST',
      path: listPath(listId, '/webhooks'),
      body: { url, events: EVENTS, sources: SOURCES },
      repeatable: false,
      answer: WebhookAnswer,
    },
    context,
  )
}

/** One that is gone needs no deleting. */
async function deleteWebhook(call: Caller, listId: string, id: string, context: CallContext): Promise<void> {
  const path = listPath(listId, `/webhooks/${encodeURIComponent(id)}`)
  const answer = z.unknown()
  await unlessAbsent((expects) =>
    call({ operation: 'deleteWebhook', method: 'DELETE', path, repeatable: true, answer, expects }, context),
  )
}
