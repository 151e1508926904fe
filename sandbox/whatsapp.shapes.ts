import { anything, flag, list, number, type Of, object, record, type Shape, text } from './shape.ts'

const media = object({}, { id: text(), link: text({ pattern: /^https?:\/\// }), filename: text() })

const parameter = object(
  { type: text({ oneOf: ['text', 'currency', 'date_time', 'image', 'document', 'video', 'payload'] }) },
  {
    text: text(),
    parameter_name: text(),
    payload: text(),
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

const product = text({ oneOf: ['whatsapp'] })
const envelope = { messaging_product: product, to: text({ max: 20 }) }
const envelopeOptions = {
  recipient_type: text({ oneOf: ['individual'] }),
  biz_opaque_callback_data: text({ max: 512 }),
  context: object({ message_id: text({ pattern: /^wamid\./ }) }),
}

/** Bodies of POST /{phone-number-id}/messages (integrations.md 5.3). */
export const templateShape = object(
  {
    ...envelope,
    type: text({ oneOf: ['template'] }),
    template: object(
      {
        name: text({ max: 512 }),
        language: object({ code: text() }, { policy: text({ oneOf: ['deterministic'] }) }),
      },
      { components: list(component) },
    ),
  },
  envelopeOptions,
)
export const textShape = object(
  { ...envelope, text: object({ body: text({ max: 4096, pattern: /\S/ }) }, { preview_url: flag }) },
  { ...envelopeOptions, type: text({ oneOf: ['text'] }) },
)
export const readShape = object({
  messaging_product: product,
  status: text({ oneOf: ['read'] }),
  message_id: text({ pattern: /^wamid\./ }),
})
export const bodyShape: Shape<Record<string, unknown>> = record(anything)

export type TemplateOrder = Of<typeof templateShape>
export type TextOrder = Of<typeof textShape>
