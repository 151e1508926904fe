import { randomBytes } from 'node:crypto'
import { forgetOldest, type Send } from './exchange.ts'
import type { Message, Recipient, SendOrder } from './mandrill.shapes.ts'
import type { Template } from './mandrill.templates.ts'
import { timeOf } from './mandrill.times.ts'

type Detail = Record<string, unknown>
export type Mail = {
  _id: string
  /** When it was sent: for a scheduled mail, when it was let go. */
  at: number
  created: number
  /** Until when it is held; null = it was sent at once. */
  sendAt: number | null
  email: string
  sender: string
  subject: string
  template: string | null
  tags: string[]
  metadata: Record<string, string | number | boolean>
  status: 'sent' | 'queued' | 'scheduled' | 'rejected' | 'invalid'
  reject_reason: string | null
  queued_reason: string | null
  state: 'sent' | 'scheduled' | 'rejected' | 'deferred' | 'bounced' | 'soft-bounced' | 'spam' | 'unsub'
  bounce: { bounce_description: string; diag: string } | null
  opens_detail: Detail[]
  clicks_detail: Detail[]
  smtp_events: Detail[]
}
type ReasonAgainst = (email: string) => string | null

const MAILS_KEPT = 20_000
const MANY_RECIPIENTS = 10

/** The mails of the account, held ones included. */
export function createMails(reasonAgainst: ReasonAgainst) {
  const mails = new Map<string, Mail>()

  function send(order: SendOrder, template: Template | null): Mail[] {
    const made = order.message.to.map((to) => newMail(order, template, to, reasonAgainst(to.email)))
    for (const mail of made) mails.set(mail._id, mail)
    forgetOldest(mails, MAILS_KEPT)
    return made
  }

  return {
    send,
    get: (id: string) => mails.get(id),
    all: () => [...mails.values()],
    forget: (id: string) => void mails.delete(id),
    /** What a person has or would have received: a held mail is not there yet. */
    sends: (): Send[] => [...mails.values()].filter(({ state }) => state !== 'scheduled').map(toSend),
  }
}

function newMail(order: SendOrder, template: Template | null, to: Recipient, reason: string | null): Mail {
  const { message } = order
  const own = message.recipient_metadata?.find((each) => each.rcpt.toLowerCase() === to.email.toLowerCase())
  const status = reason === null ? acceptedStatus(order, to) : refusedStatus(reason)
  return {
    _id: randomBytes(16).toString('hex'),
    at: Date.now(),
    created: Date.now(),
    sendAt: status === 'scheduled' ? timeOf(order.send_at ?? '') : null,
    email: to.email,
    sender: message.from_email ?? template?.from_email ?? '',
    subject: message.subject ?? template?.subject ?? '',
    template: template?.name ?? null,
    tags: message.tags ?? [],
    metadata: { ...message.metadata, ...own?.values },
    status,
    reject_reason: reason,
    queued_reason: status === 'queued' ? queuedReason(message, to) : null,
    state: reason !== null ? 'rejected' : status === 'scheduled' ? 'scheduled' : 'sent',
    bounce: null,
    opens_detail: [],
    clicks_detail: [],
    smtp_events: [],
  }
}

export function refusedStatus(reason: string): 'rejected' | 'invalid' {
  return reason === 'invalid' ? 'invalid' : 'rejected'
}

function acceptedStatus({ message, async, send_at }: SendOrder, to: Recipient): Mail['status'] {
  if (send_at && timeOf(send_at) > Date.now()) return 'scheduled'
  return async || isMany(message) || isOverQuota(to) ? 'queued' : 'sent'
}

function isMany(message: Message): boolean {
  return message.to.length > MANY_RECIPIENTS
}

/** `quota…@bounce.example` is queued as if the hour's quota were used up, and goes out all the same. */
function isOverQuota({ email }: Recipient): boolean {
  return /^quota.*@bounce\.example$/i.test(email)
}

function queuedReason(message: Message, to: Recipient): string | null {
  if (isOverQuota(to)) return 'hourly-quota-exhausted'
  return isMany(message) ? 'multiple-recipients' : null
}

function toSend(mail: Mail): Send {
  return {
    vendor: 'mandrill',
    channel: 'email',
    recipient: mail.email,
    template: mail.template ?? `subject: ${mail.subject}`,
    correlation: mail.metadata.delivery_id === undefined ? null : String(mail.metadata.delivery_id),
    id: mail._id,
    accepted: mail.reject_reason === null,
    at: new Date(mail.at).toISOString(),
  }
}

/** A mail as messages/info and messages/search show it. */
export function described(mail: Mail) {
  const { _id, email, sender, subject, template, tags, metadata, state } = mail
  const { opens_detail, clicks_detail, smtp_events } = mail
  const counts = { opens: opens_detail.length, clicks: clicks_detail.length }
  const details = { opens_detail, clicks_detail, smtp_events }
  const reject = mail.reject_reason === null ? {} : { reject: { reason: mail.reject_reason } }
  const trouble = { ...mail.bounce, ...reject }
  const ts = Math.floor(mail.at / 1000)
  return {
    ts,
    _id,
    sender,
    template,
    subject,
    email,
    tags,
    ...counts,
    state,
    metadata,
    ...details,
    ...trouble,
  }
}
