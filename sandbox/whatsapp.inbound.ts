import { type MediaKind, sha256 } from './whatsapp.media.ts'
import type { Phone } from './whatsapp.messages.ts'
import type { Account } from './whatsapp.ts'

const mediaKinds = ['image', 'audio', 'video', 'document', 'sticker'] as const
export const inboundKinds = [
  ...mediaKinds,
  ...(['text', 'reaction', 'button', 'interactive', 'location', 'contacts', 'unsupported'] as const),
]
type InboundKind = (typeof inboundKinds)[number]
type Words = {
  kind?: InboundKind
  text?: string
  emoji?: string
  payload?: string
  replyTo?: string
  mime?: string
  base64?: string
}

const usualTypes: Record<MediaKind, string> = {
  image: 'image/jpeg',
  audio: 'audio/ogg',
  video: 'video/mp4',
  document: 'application/pdf',
  sticker: 'image/webp',
}

/** What a person sends, as the webhook tells it: `type` and a field of that name. */
export function contentOf(account: Account, phone: Phone, words: Words): Record<string, unknown> {
  const { kind = 'text', text = 'Hello', emoji = '👍', payload = 'STOP', replyTo = 'wamid.none' } = words
  if (isMedia(kind)) return { type: kind, [kind]: fileOf(account, phone, kind, words) }
  const contents: Record<Exclude<InboundKind, MediaKind>, Record<string, unknown>> = {
    text: { text: { body: text } },
    reaction: { reaction: { message_id: replyTo, emoji } },
    button: { button: { payload, text } },
    interactive: { interactive: { type: 'button_reply', button_reply: { id: payload, title: text } } },
    location: { location: { latitude: 40.4168, longitude: -3.7038, name: text } },
    contacts: { contacts: [{ name: { formatted_name: text, first_name: text } }] },
    unsupported: {
      errors: [{ code: 131051, title: 'Message type unknown', message: 'Message type unknown' }],
    },
  }
  return { type: kind, ...contents[kind] }
}

function isMedia(kind: InboundKind): kind is MediaKind {
  return mediaKinds.some((each) => each === kind)
}

/** The file is kept, so that it can be fetched by its id. */
function fileOf({ media }: Account, phone: Phone, kind: MediaKind, words: Words): Record<string, unknown> {
  const { mime = usualTypes[kind], base64 = 'c2FuZGJveA==', text } = words
  const { id, data } = media.add(phone.id, mime, Buffer.from(base64, 'base64'))
  const named = kind === 'document' ? { filename: 'file.pdf' } : {}
  const captioned = text === undefined || kind === 'audio' || kind === 'sticker' ? {} : { caption: text }
  return { id, mime_type: mime, sha256: sha256(data).toString('base64'), ...named, ...captioned }
}
