import { anything, flag, list, number, type Of, object, record, type Shape, text } from './shape.ts'

const link = text({ pattern: /^https?:\/\/\S+$/ })
const fileId = text({ pattern: /^\d+$/ })
const caption = text({ max: 1024 })
const media = object({}, { id: fileId, link, filename: text() })

const parameter = object(
  {
    type: text({
      oneOf: [
        ...(['text', 'currency', 'date_time', 'image', 'document', 'video'] as const),
        ...(['payload', 'coupon_code'] as const),
      ],
    }),
  },
  {
    text: text(),
    parameter_name: text(),
    payload: text(),
    coupon_code: text({ max: 15 }),
    currency: object({ fallback_value: text(), code: text({ max: 3 }), amount_1000: number }),
    date_time: object({ fallback_value: text() }),
    image: media,
    document: media,
    video: media,
  },
)

const component = object(
  { type: text({ oneOf: ['header', 'body', 'button'] }) },
  {
    sub_type: text({ oneOf: ['url', 'quick_reply', 'copy_code', 'flow'] }),
    index: text({ pattern: /^\d$/ }),
    parameters: list(parameter),
  },
)
export type Component = Of<typeof component>

const template = object(
  {
    name: text({ max: 512 }),
    language: object({ code: text() }, { policy: text({ oneOf: ['deterministic'] }) }),
  },
  { components: list(component) },
)
export type TemplateOrder = Of<typeof template>

const wamid = text({ pattern: /^wamid\./ })
const product = text({ oneOf: ['whatsapp'] })

/** What a message may hold, by its `type` (integrations.md 5.3). */
const contents = {
  text: object({ body: text({ max: 4096, pattern: /\S/ }) }, { preview_url: flag }),
  template,
  image: object({}, { id: fileId, link, caption }),
  audio: object({}, { id: fileId, link, voice: flag }),
  video: object({}, { id: fileId, link, caption }),
  document: object({}, { id: fileId, link, caption, filename: text({ max: 240 }) }),
  sticker: object({}, { id: fileId, link }),
  reaction: object({ message_id: wamid, emoji: text({ max: 20 }) }),
}
export type Kind = keyof typeof contents
export const kinds = Object.keys(contents) as Kind[]

/** Bodies of POST /{phone-number-id}/messages. A person is named by phone (`to`) or by user id (`recipient`). */
export const orderShape = object(
  { messaging_product: product },
  {
    to: text({ max: 20 }),
    recipient: text({ pattern: /^[A-Z]{2}\.[A-Za-z0-9]{1,128}$/ }),
    recipient_type: text({ oneOf: ['individual'] }),
    type: text({ oneOf: kinds }),
    biz_opaque_callback_data: text({ max: 512 }),
    context: object({ message_id: wamid }),
    ...contents,
  },
)
export type Order = Of<typeof orderShape>

export const readShape = object(
  { messaging_product: product, status: text({ oneOf: ['read'] }), message_id: wamid },
  { typing_indicator: object({ type: text({ oneOf: ['text'] }) }) },
)
export const bodyShape: Shape<Record<string, unknown>> = record(anything)
