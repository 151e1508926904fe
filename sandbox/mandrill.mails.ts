import { randomBytes } from 'node:crypto'
import { forgetOldest, type Send } from './exchange.ts'
import type { Message, Recipient, SendOrder } from './mandrill.shapes.ts'

export type Template = { name: string; subject: string; from_email: string }
export type Mail = {
  _id: string
  at: number
  email: string
  sender: string
  subject: string
  template: string | null
  tags: string[]
  metadata: Record<string, string | number | boolean>
  status: 'sent' | 'queued' | 'scheduled' | 'rejected' | 'invalid'
  reject_reason: string | null
  queued_reason: string | null
  state: 'sent' | 'bounced' | 'rejected' | 'scheduled'
  opens: number
  clicks: number
}

const MAILS_KEPT = 20_000
const MANY_RECIPIENTS = 10

/** Local parts at `bounce.example` that are refused, and why (integrations.md 4.2). */
const refusedStarts: [start: string, reason: string][] = [
  ['hardbounce', 'hard-bounce'],
  ['softbounce', 'soft-bounce'],
  ['spam', 'spam'],
  ['unsub', 'unsub'],
  ['reject', 'custom'],
  ['custom', 'custom'],
  ['invalidsender', 'invalid-sender'],
  ['invalid', 'invalid'],
  ['testlimit', 'test-mode-limit'],
  ['unsigned', 'unsigned'],
  ['rule', 'rule'],
]

/** The account's mails and its list of addresses that get no more mail. */
export function createMails() {
  const mails = new Map<string, Mail>()
  const denied = new Map<string, string>()

  function send(order: SendOrder, template: Template | null): Mail[] {
    const made = order.message.to.map((to) => newMail(order, template, to, reasonAgainst(to.email, denied)))
    for (const mail of made) mails.set(mail._id, mail)
    forgetOldest(mails, MAILS_KEPT)
    return made
  }

  return {
    send,
    get: (id: string) => mails.get(id),
    all: () => [...mails.values()],
    deny: (email: string, reason: string) => denied.set(email.toLowerCase(), reason),
    sends: (): Send[] => [...mails.values()].map(toSend),
  }
}

function reasonAgainst(email: string, denied: Map<string, string>): string | null {
  const [local = '', domain] = email.toLowerCase().split('@')
  const listed = denied.get(email.toLowerCase())
  if (listed || domain !== 'bounce.example') return listed ?? null
  return refusedStarts.find(([start]) => local.startsWith(start))?.[1] ?? null
}

function newMail(order: SendOrder, template: Template | null, to: Recipient, reason: string | null): Mail {
  const { message } = order
  const own = message.recipient_metadata?.find((each) => each.rcpt.toLowerCase() === to.email.toLowerCase())
  const status = reason === null ? acceptedStatus(order) : refusedStatus(reason)
  return {
    _id: randomBytes(16).toString('hex'),
    at: Date.now(),
    email: to.email,
    sender: message.from_email ?? template?.from_email ?? '',
    subject: message.subject ?? template?.subject ?? '',
    template: template?.name ?? null,
    tags: message.tags ?? [],
    metadata: { ...message.metadata, ...own?.values },
    status,
    reject_reason: reason,
    queued_reason: status === 'queued' && isMany(message) ? 'multiple-recipients' : null,
    state: reason !== null ? 'rejected' : status === 'scheduled' ? 'scheduled' : 'sent',
    opens: 0,
    clicks: 0,
  }
}

function refusedStatus(reason: string): Mail['status'] {
  return reason === 'invalid' ? 'invalid' : 'rejected'
}

function acceptedStatus({ message, async, send_at }: SendOrder): Mail['status'] {
  if (send_at && Date.parse(`${send_at.replace(' ', 'T')}Z`) > Date.now()) return 'scheduled'
  return async || isMany(message) ? 'queued' : 'sent'
}

function isMany(message: Message): boolean {
  return message.to.length > MANY_RECIPIENTS
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
  const { _id, email, sender, subject, template, tags, metadata, state, opens, clicks } = mail
  const ts = Math.floor(mail.at / 1000)
  const details = { opens_detail: [], clicks_detail: [], smtp_events: [] }
  return { ts, _id, sender, template, subject, email, tags, opens, clicks, state, metadata, ...details }
}
