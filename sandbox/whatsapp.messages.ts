import { createHash, randomBytes } from 'node:crypto'
import { forgetOldest, type Send } from './exchange.ts'
import { refuse } from './whatsapp.errors.ts'
import type { Phone } from './whatsapp.webhooks.ts'

export type WhatsAppMessage = {
  id: string
  at: number
  phone: Phone
  to: string
  waId: string
  /** The template's name, or `text` for a free-form message. */
  template: string
  language: string | null
  content: string
  correlation: string | null
  /** Set when the message is accepted but will be reported as failed. */
  failure: { code: number; details: string } | null
}

const MESSAGES_KEPT = 20_000
const SERVICE_WINDOW_MS = 24 * 60 * 60 * 1000

/** Messages sent, and when people last wrote (which opens the 24 h service window; 5.4). */
export function createMessages() {
  const messages = new Map<string, WhatsAppMessage>()
  const lastInbound = new Map<string, number>()
  const inboundIds = new Set<string>()

  return {
    all: () => [...messages.values()],
    add(message: WhatsAppMessage) {
      messages.set(message.id, message)
      forgetOldest(messages, MESSAGES_KEPT)
    },
    receive(waId: string): string {
      const id = newWamid(waId)
      lastInbound.set(waId, Date.now())
      inboundIds.add(id)
      return id
    },
    wasReceived: (id: string) => inboundIds.has(id),
    hasOpenWindow: (waId: string) => Date.now() - (lastInbound.get(waId) ?? 0) < SERVICE_WINDOW_MS,
    sends: (): Send[] => [...messages.values()].map(toSend),
  }
}

/** WhatsApp's id of a message; like the original it contains the number. */
export function newWamid(waId: string): string {
  return `wamid.${Buffer.from(`\x1d\x05${waId}\x15\x02`).toString('base64')}${randomBytes(12).toString('hex').toUpperCase()}`
}

/** The digits of a number as people write it; refused when it cannot be a phone number. */
export function waIdOf(to: string): string {
  const digits = to.replace(/[\s()+.-]/g, '')
  return /^[1-9]\d{6,14}$/.test(digits) ? digits : refuse(131009, 'Parameter to is not a valid phone number')
}

/** The display number of a phone number id; invented, but the same every time. */
export function phoneOf(id: string): Phone {
  if (id === '106540352242922') return { id, number: '15550783881' }
  const number = createHash('md5').update(id).digest().readUInt32BE(0) % 10_000_000
  return { id, number: `1555${String(number).padStart(7, '0')}` }
}

/** Accepted, but reported as failed later: unreachable numbers, and free text outside the window. */
export function laterFailure(
  waId: string,
  template: string,
  hasOpenWindow: boolean,
): WhatsAppMessage['failure'] {
  if (waId.endsWith('9999')) return { code: 131026, details: 'Message Undeliverable.' }
  if (template !== 'text' || hasOpenWindow) return null
  const details =
    'Message failed to send because more than 24 hours have passed since the customer last replied to this number.'
  return { code: 131047, details }
}

function toSend(message: WhatsAppMessage): Send {
  return {
    vendor: 'whatsapp',
    channel: 'whatsapp',
    recipient: message.waId,
    template: message.template === 'text' ? `text: ${message.content}` : message.template,
    correlation: message.correlation,
    id: message.id,
    accepted: message.failure === null,
    at: new Date(message.at).toISOString(),
  }
}
