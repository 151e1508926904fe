import type { Person } from '../conversations.ts'
import { fields, seconds, text, vendorId, waId } from './read.ts'

/** What somebody wrote to one of our numbers. */
export interface Inbound {
  from: Omit<Person, 'workspaceId'>
  providerMessageId: string
  type: string
  /** What can be read of it; pictures and the like may have a caption. */
  text: string | null
  at: Date
  /** Given when it says that the person has another number now. */
  newNumber: Pick<Person, 'waId' | 'userId'> | undefined
}

const reply = fields({ title: text })
const captioned = fields({ caption: text })

const shape = fields({
  phoneNumberId: vendorId,
  contact: fields({ wa_id: waId, user_id: vendorId }),
  message: fields({
    id: vendorId,
    from: waId,
    from_user_id: vendorId,
    timestamp: seconds,
    type: text,
    text: fields({ body: text }),
    button: fields({ text }),
    interactive: fields({ button_reply: reply, list_reply: reply }),
    reaction: fields({ emoji: text }),
    image: captioned,
    video: captioned,
    document: captioned,
    system: fields({ type: text, wa_id: waId, user_id: vendorId }),
  }),
})

/** Longest text kept; WhatsApp takes 4,096 characters. */
const longest = 10_000

/** Reads one message; undefined when it is none of the documented form. The number may be absent since 2026. */
export function readInbound(body: unknown): Inbound | undefined {
  const { phoneNumberId, contact, message } = shape.parse(body)
  const { id, timestamp: at, type = '', system } = message
  const from = { waId: message.from ?? contact.wa_id, userId: message.from_user_id ?? contact.user_id }
  if (!phoneNumberId || !id || !at || !(from.waId || from.userId)) return undefined
  const hasMoved = system.type === 'user_changed_number' && system.wa_id !== undefined
  return {
    from: { phoneNumberId, ...from },
    providerMessageId: id,
    type: /^[a-z_]{1,32}$/.test(type) ? type : 'unknown',
    text: textIn(message)?.slice(0, longest) ?? null,
    at,
    newNumber: hasMoved ? { waId: system.wa_id, userId: system.user_id } : undefined,
  }
}

function textIn(message: ReturnType<typeof shape.parse>['message']): string | undefined {
  const { interactive, image, video, document, reaction } = message
  return (
    message.text.body ??
    message.button.text ??
    interactive.button_reply.title ??
    interactive.list_reply.title ??
    image.caption ??
    video.caption ??
    document.caption ??
    reaction.emoji
  )
}
