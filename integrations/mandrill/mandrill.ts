// Mailchimp Transactional (Mandrill) API 1.0: one e-mail to one person. It has no idempotency key, so a send whose
// answer is lost is looked for by its metadata, never repeated.

import { z } from 'zod'
import { type CallContext, type CallSettings, createCaller } from '../client.ts'
import type { EmailSender, FoundEmail, MetadataQuery, SentEmail } from '../email.ts'
import * as account from './account.ts'
import { createAsk } from './ask.ts'
import { MANDRILL_RULES, mandrillProblem } from './errors.ts'
import { send, sendTemplate } from './messages.ts'
import * as scheduled from './scheduled.ts'
import * as search from './search.ts'
import type {
  EmailInfo,
  MandrillTemplate,
  MandrillWebhook,
  NewWebhook,
  OwnEmail,
  Reject,
  RejectQuery,
  ScheduledEmail,
} from './shapes.ts'

export interface MandrillSettings extends CallSettings {
  /** Up to the version, e.g. `https://mandrillapp.com/api/1.0`. */
  baseUrl: string
  apiKey: string
  /** An address of a domain that is verified and signed; else recipients are rejected as `unsigned`. */
  fromEmail: string
  fromName: string
}

/** What is not safe to repeat says so. */
export interface Mandrill extends EmailSender {
  readonly vendor: 'mandrill'
  /** Not safe to repeat. */
  send(email: OwnEmail, context: CallContext): Promise<SentEmail>

  /** One search for all of them, because 20 a minute are allowed. Those not found are not in the answer. */
  findByMetadata(query: MetadataQuery, context: CallContext): Promise<Map<string, FoundEmail>>
  /** Undefined while Mandrill does not know the id: a new mail is unknown for about a minute. */
  info(messageId: string, context: CallContext): Promise<EmailInfo | undefined>

  /** Those to one address, or all. */
  listScheduled(to: string | undefined, context: CallContext): Promise<ScheduledEmail[]>
  /** Undefined: there is no such scheduled mail, because it was sent or cancelled. */
  cancelScheduled(messageId: string, context: CallContext): Promise<ScheduledEmail | undefined>
  /** A time that has passed sends it at once. Undefined as for `cancelScheduled`. */
  reschedule(messageId: string, sendAt: Date, context: CallContext): Promise<ScheduledEmail | undefined>

  /** At most 1,000; those of one address, or all. */
  listRejects(query: RejectQuery, context: CallContext): Promise<Reject[]>
  /** False: it was on the list. The comment is for people: nothing personal. */
  addReject(email: string, comment: string | undefined, context: CallContext): Promise<boolean>
  /** False: it was not on the list. Mandrill lowers the account's reputation for those who bounce again. */
  deleteReject(email: string, context: CallContext): Promise<boolean>

  listWebhooks(context: CallContext): Promise<MandrillWebhook[]>
  /** Mandrill calls the URL before it answers. Not safe to repeat: look for the URL first. */
  addWebhook(webhook: NewWebhook, context: CallContext): Promise<MandrillWebhook>
  /** False: it was gone. */
  deleteWebhook(id: number, context: CallContext): Promise<boolean>

  listTemplates(context: CallContext): Promise<MandrillTemplate[]>
}

/** The verbs of one Mandrill account. It makes no connection before the first call and holds no state. */
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
  const ask = createAsk(call, settings.apiKey)
  return {
    vendor: 'mandrill',
    schedules: true,
    async check(context) {
      const request = { operation: 'check', path: '/users/ping2', repeatable: true }
      await ask({ ...request, answer: z.object({}) }, context)
    },
    sendTemplate: (email, context) => sendTemplate(ask, settings, email, context),
    send: (email, context) => send(ask, settings, email, context),
    findByMetadata: (query, context) => search.findByMetadata(ask, query, context),
    info: (messageId, context) => search.info(ask, messageId, context),
    listScheduled: (to, context) => scheduled.listScheduled(ask, to, context),
    cancelScheduled: (messageId, context) => scheduled.cancelScheduled(ask, messageId, context),
    reschedule: (messageId, sendAt, context) => scheduled.reschedule(ask, messageId, sendAt, context),
    listRejects: (query, context) => account.listRejects(ask, query, context),
    addReject: (email, comment, context) => account.addReject(ask, email, comment, context),
    deleteReject: (email, context) => account.deleteReject(ask, email, context),
    listWebhooks: (context) => account.listWebhooks(ask, context),
    addWebhook: (webhook, context) => account.addWebhook(ask, webhook, context),
    deleteWebhook: (id, context) => account.deleteWebhook(ask, id, context),
    listTemplates: (context) => account.listTemplates(ask, context),
  }
}
