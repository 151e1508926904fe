// What goes to Mandrill and comes from it, in our words.

import type { FoundEmail, TemplateEmail } from '../email.ts'

/** A mail with its own content; it needs no template at Mandrill. */
export type OwnEmail = Omit<TemplateEmail, 'template' | 'subject' | 'vars'> & {
  subject: string
  html: string
  /** For readers without HTML. */
  text?: string | undefined
}

export interface EmailInfo extends FoundEmail {
  sentAt: Date
  opens: number
  clicks: number
  metadata: Record<string, unknown>
  /** Why it was rejected or bounced, e.g. `hard-bounce` or `bad_mailbox`. */
  reason: string | undefined
}

export interface ScheduledEmail {
  messageId: string
  sendAt: Date
  createdAt: Date
  to: string
  subject: string
}

/** An address Mandrill sends nothing to. */
export interface Reject {
  email: string
  /** hard-bounce, soft-bounce, spam, unsub or custom. */
  reason: string
  detail: string
  createdAt: Date
  /** Undefined: never. */
  expiresAt: Date | undefined
  expired: boolean
}

export interface RejectQuery {
  /** Default: every address. */
  email?: string | undefined
  includeExpired?: boolean | undefined
}

type WebhookEvent =
  | 'send'
  | 'deferral'
  | 'hard_bounce'
  | 'soft_bounce'
  | 'delivered'
  | 'open'
  | 'click'
  | 'spam'
  | 'unsub'
  | 'reject'

export interface NewWebhook {
  url: string
  description?: string | undefined
  events: readonly WebhookEvent[]
}

export interface MandrillWebhook {
  id: number
  url: string
  description: string | undefined
  events: string[]
  /** Signs what the webhook brings: a secret. */
  authKey: string | undefined
  batchesSent: number
  eventsSent: number
  /** What Mandrill last met with; many failures disable the webhook. */
  lastError: string | undefined
}

export interface MandrillTemplate {
  /** What `TemplateEmail.template` names. */
  slug: string
  name: string
  subject: string | undefined
  /** Only what is published is sent. */
  published: boolean
  updatedAt: Date
}
