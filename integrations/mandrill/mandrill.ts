// Mailchimp Transactional (Mandrill) API 1.0: one e-mail to one person. It has no idempotency key, so a send whose
// answer is lost is looked for by its metadata, never repeated.

import { z } from 'zod'
import { type CallContext, type Caller, type CallSettings, createCaller } from '../client.ts'
import { MANDRILL_RULES, mandrillProblem } from './errors.ts'

export interface MandrillSettings extends CallSettings {
  /** Up to the version, e.g. `https://mandrillapp.com/api/1.0`. */
  baseUrl: string
  apiKey: string
  /** An address of a domain that is verified and signed; else recipients are rejected as `unsigned`. */
  fromEmail: string
  fromName: string
}

interface SendEmailTemplateInput {
  /** The template's slug. */
  template: string
  to: { email: string; name?: string | undefined }
  /** Default: the template's own. */
  subject?: string | undefined
  /** Values for the template's handlebars. */
  vars: Record<string, string>
  /** Comes back in every webhook and can be searched for: ids only. */
  metadata: Record<string, string> & { delivery_id: string }
  tags: readonly string[]
}

interface SentEmail {
  /** Mandrill accepts a request with HTTP 200 and still rejects the recipient. */
  status: 'sent' | 'queued' | 'scheduled' | 'rejected' | 'invalid'
  /** May be missing for an invalid address. */
  messageId: string | undefined
  /** hard-bounce, soft-bounce, spam, unsub, custom, invalid-sender, invalid, test-mode-limit, unsigned or rule. */
  rejectReason: string | undefined
}

interface MetadataQuery {
  /** A metadata key that is registered as custom metadata in the account. */
  key: string
  value: string
  /** Only its UTC date counts. */
  since: Date
}

interface FoundEmail {
  messageId: string
  /** sent, bounced, rejected, … */
  state: string
}

export interface Mandrill {
  ping(context: CallContext): Promise<void>
  sendTemplate(input: SendEmailTemplateInput, context: CallContext): Promise<SentEmail>
  findByMetadata(query: MetadataQuery, context: CallContext): Promise<FoundEmail | undefined>
}

const Sent = z.object({
  status: z.enum(['sent', 'queued', 'scheduled', 'rejected', 'invalid']),
  _id: z.string().nullish(),
  reject_reason: z.string().nullish(),
})
const Found = z.object({
  _id: z.string(),
  state: z.string(),
  metadata: z.record(z.string(), z.unknown()).optional().catch(undefined),
})

/** The verbs we use on one Mandrill account. `sendTemplate` must not be repeated when its answer is lost. */
export function createMandrill(settings: MandrillSettings): Mandrill {
  const call = createCaller({
    vendor: 'mandrill',
    baseUrl: settings.baseUrl,
    headers: {},
    credential: settings.apiKey,
    rules: MANDRILL_RULES,
    problemOf: mandrillProblem,
    settings,
  })
  return {
    ping: (context) => ping(call, settings, context),
    sendTemplate: (input, context) => sendTemplate(call, settings, input, context),
    findByMetadata: (query, context) => findByMetadata(call, settings, query, context),
  }
}

async function ping(call: Caller, { apiKey }: MandrillSettings, context: CallContext): Promise<void> {
  const request = { operation: 'ping', method: 'POST', path: '/users/ping2', repeatable: true } as const
  await call({ ...request, body: { key: apiKey }, answer: z.object({}) }, context)
}

async function sendTemplate(
  call: Caller,
  settings: MandrillSettings,
  input: SendEmailTemplateInput,
  context: CallContext,
): Promise<SentEmail> {
  const [sent] = await call(
    {
      operation: 'sendTemplate',
      method: 'POST',
      path: '/messages/send-template',
      body: {
        key: settings.apiKey,
        template_name: input.template,
        template_content: [],
        message: messageOf(settings, input),
        async: false,
      },
      repeatable: false,
      answer: z.tuple([Sent]),
      personal: [input.to.email, input.to.name, ...Object.values(input.vars)],
    },
    context,
  )
  return {
    status: sent.status,
    messageId: sent._id ?? undefined,
    rejectReason: sent.reject_reason ?? undefined,
  }
}

/** One recipient per message, because only then there is one id per delivery. */
function messageOf(settings: MandrillSettings, input: SendEmailTemplateInput): object {
  return {
    from_email: settings.fromEmail,
    from_name: settings.fromName,
    to: [{ ...input.to, type: 'to' }],
    subject: input.subject,
    merge_language: 'handlebars',
    global_merge_vars: Object.entries(input.vars).map(([name, content]) => ({ name, content })),
    metadata: input.metadata,
    tags: input.tags,
  }
}

/**
 * Mandrill's search: 20 a minute per account, and a new message is found only after about a minute. The query is
 * fuzzy, so the answer is compared.
 */
async function findByMetadata(
  call: Caller,
  { apiKey }: MandrillSettings,
  { key, value, since }: MetadataQuery,
  context: CallContext,
): Promise<FoundEmail | undefined> {
  const query = { query: `u_${key}:${value}`, date_from: since.toISOString().slice(0, 10), limit: 100 }
  const found = await call(
    {
      operation: 'findByMetadata',
      method: 'POST',
      path: '/messages/search',
      body: { key: apiKey, ...query },
      repeatable: true,
      answer: z.array(Found),
    },
    context,
  )
  const match = found.find(({ metadata }) => metadata === undefined || metadata[key] === value)
  return match && { messageId: match._id, state: match.state }
}
