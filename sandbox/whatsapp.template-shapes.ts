import { anything, list, number, type Of, object, text } from './shape.ts'

const button = object(
  { type: text({ oneOf: ['URL', 'QUICK_REPLY', 'PHONE_NUMBER', 'COPY_CODE'] }) },
  { text: text({ max: 25 }), url: text(), phone_number: text(), example: anything },
)
const component = object(
  { type: text({ oneOf: ['HEADER', 'BODY', 'FOOTER', 'BUTTONS'] }) },
  {
    format: text({ oneOf: ['TEXT', 'IMAGE', 'VIDEO', 'DOCUMENT'] }),
    text: text({ max: 1024 }),
    buttons: list(button, { max: 10 }),
    example: anything,
  },
)
export const templateStatuses = [
  ...(['APPROVED', 'PENDING', 'REJECTED', 'PAUSED', 'DISABLED', 'IN_APPEAL'] as const),
]

/** `POST /_sandbox/templates`, without its vendor: `params` makes a body, `components` are taken as they are. */
export const templateAddition = object(
  { name: text({ pattern: /^[a-z0-9_]{1,512}$/ }), languages: list(text(), { min: 1 }) },
  {
    params: number,
    components: list(component, { min: 1 }),
    category: text({ oneOf: ['UTILITY', 'MARKETING', 'AUTHENTICATION'] }),
    status: text({ oneOf: templateStatuses }),
  },
)
export type TemplateAddition = Of<typeof templateAddition>
export type TemplateComponent = Of<typeof component>
