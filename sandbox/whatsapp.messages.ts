import { createHash, randomBytes } from 'node:crypto'
import { forgetOldest, type Send } from './exchange.ts'
import type { Person } from './whatsapp.people.ts'

/** A number we send from: its id at Meta and its digits. */
export type Phone = { id: string; number: string }
export type Failure = { code: number; details: string }
export type WhatsAppMessage = {
  id: string
  at: number
  phone: Phone
  /** As the sender wrote it. */
  to: string
  /** Named by phone; null when only the user id was given. */
  waId: string | null
  userId: string
  /** The template's name, or the kind of a free-form message. */
  template: string
  category: 'service' | 'utility' | 'marketing' | 'authentication'
  language: string | null
  content: string
  correlation: string | null
  /** Set when the message is accepted but will be reported as failed. */
  failure: Failure | null
}

/** The business account's id. */
export const WABA = '102290129340398'
/** The number people write to when an event names none. */
export const PHONE_ID = '106540352242922'
const MESSAGES_KEPT = 20_000

/** Messages sent, and the ids of those received. */
export function createMessages() {
  const messages = new Map<string, WhatsAppMessage>()
  const inbound = new Map<string, true>()
  return {
    all: () => [...messages.values()],
    get: (id: string) => messages.get(id),
    add(message: WhatsAppMessage) {
      messages.set(message.id, message)
      forgetOldest(messages, MESSAGES_KEPT)
    },
    receive(id: string) {
      inbound.set(id, true)
      forgetOldest(inbound, MESSAGES_KEPT)
    },
    wasReceived: (id: string) => inbound.has(id),
    sends: (): Send[] => [...messages.values()].map(toSend),
  }
}

/** WhatsApp's id of a message; like the original it contains the number. */
export function newWamid({ waId, userId }: Person): string {
  const person = Buffer.from(`\x1d\x05${waId ?? userId}\x15\x02`).toString('base64url')
  return `wamid.${person}${randomBytes(12).toString('hex').toUpperCase()}`
}

/** The display number of a phone number id; invented, but the same every time. */
export function phoneOf(id: string): Phone {
  if (id === PHONE_ID) return { id, number: '15550783881' }
  const number = createHash('md5').update(id).digest().readUInt32BE(0) % 10_000_000
  return { id, number: `1555${String(number).padStart(7, '0')}` }
}

function toSend(message: WhatsAppMessage): Send {
  const { template, category, content } = message
  return {
    vendor: 'whatsapp',
    channel: 'whatsapp',
    recipient: message.waId ?? message.userId,
    template: category === 'service' ? `${template}: ${content}` : template,
    correlation: message.correlation,
    id: message.id,
    accepted: message.failure === null,
    at: new Date(message.at).toISOString(),
  }
}
