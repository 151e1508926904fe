import { vendors } from './exchange.ts'
import { mandrillEvents } from './mandrill.account-shapes.ts'
import { flag, list, object, text } from './shape.ts'

/** Bodies of the control API. */
export const vendorText = text({ oneOf: vendors })
export const downShape = object({ vendor: vendorText, down: flag })
const url = text({ pattern: /^http:\/\// })
export const webhooksShape = object(
  {},
  {
    mailchimp: object({ url, secret: text() }),
    mandrill: object({ url, key: text() }, { events: list(text({ oneOf: mandrillEvents })) }),
    whatsapp: object({ url, appSecret: text() }, { verifyToken: text() }),
    hubspot: object({ url, secret: text() }, { subscriptions: list(text()) }),
    twenty: object({ url, secret: text() }),
  },
)
