import { vendors } from './exchange.ts'
import { flag, list, number, object, text } from './shape.ts'

/** Bodies of the control API. */
export const vendorText = text({ oneOf: vendors })
export const downShape = object({ vendor: vendorText, down: flag })
const url = text({ pattern: /^http:\/\// })
export const webhooksShape = object(
  {},
  {
    mailchimp: object({ url, secret: text() }),
    mandrill: object({ url, key: text() }),
    whatsapp: object({ url, appSecret: text() }),
    hubspot: object({ url, secret: text() }),
  },
)

export const templateShapes = {
  mandrill: object({ vendor: vendorText, name: text() }, { subject: text(), from_email: text() }),
  whatsapp: object({ vendor: vendorText, name: text(), languages: list(text()), params: number }),
}
