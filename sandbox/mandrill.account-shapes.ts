import { timePattern } from './mandrill.times.ts'
import { flag, list, type Of, object, text } from './shape.ts'

const key = text()
const address = text({ pattern: /^[^@]+@[^@]+$/, message: 'An email address must contain a single @' })
const url = text({ pattern: /^https?:\/\/\S+$/, message: 'Please enter a valid URL' })

/** What a webhook may be told of: what happens to a message, and changes of the two lists (4.4). */
export const messageEvents = [
  ...(['send', 'deferral', 'hard_bounce', 'soft_bounce', 'delivered', 'open', 'click'] as const),
  ...(['spam', 'unsub', 'reject'] as const),
]
export const mandrillEvents = [...messageEvents, 'blacklist', 'whitelist'] as const
export type EventName = (typeof mandrillEvents)[number]

/** Request bodies of webhooks/, rejects/, templates/ and of the scheduled messages. */
export const webhookShape = object(
  { url },
  { key, description: text({ max: 255 }), events: list(text({ oneOf: mandrillEvents })) },
)
/** Ids of webhooks are numbers; both spellings are taken. */
export const webhookIdShape = object({ id: text({ pattern: /^\d+$/ }) }, { key })
export const keyShape = object({}, { key })

export const rejectShape = object(
  { email: address },
  { key, comment: text({ max: 255 }), subaccount: text() },
)
export const rejectListShape = object({}, { key, email: address, include_expired: flag, subaccount: text() })
export const rejectDeleteShape = object({ email: address }, { key, subaccount: text() })

export const templateListShape = object({}, { key, label: text() })
export const templateInfoShape = object({ name: text() }, { key })

export const scheduledListShape = object({}, { key, to: address })
export const scheduledShape = object({ id: text() }, { key })
export const rescheduleShape = object(
  { id: text(), send_at: text({ pattern: timePattern, message: 'Please use YYYY-MM-DD HH:MM:SS (UTC)' }) },
  { key },
)
export type WebhookOrder = Of<typeof webhookShape>
