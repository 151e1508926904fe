import { timePattern } from './mandrill.times.ts'
import { anything, either, flag, list, number, type Of, object, record, text } from './shape.ts'

const address = text({ pattern: /^[^@]+@[^@]+$/, message: 'An email address must contain a single @' })
const variables = list(object({ name: text(), content: anything }))
const scalars = record(either(either(text({ max: 500 }), number), flag))
const file = list(object({ type: text(), name: text(), content: text({ pattern: /^[A-Za-z0-9+/\s]*=*$/ }) }))
const tag = text({
  max: 50,
  pattern: /^[^_]/,
  message: 'Tags must be at most 50 characters and not start with _',
})

const recipient = object({ email: address }, { name: text(), type: text({ oneOf: ['to', 'cc', 'bcc'] }) })

const message = object(
  { to: list(recipient, { min: 1, max: 1000 }) },
  {
    html: text(),
    text: text(),
    subject: text(),
    from_email: address,
    from_name: text(),
    headers: record(text()),
    important: flag,
    track_opens: flag,
    track_clicks: flag,
    auto_text: flag,
    auto_html: flag,
    inline_css: flag,
    url_strip_qs: flag,
    preserve_recipients: flag,
    view_content_link: flag,
    bcc_address: address,
    tracking_domain: text(),
    signing_domain: text(),
    return_path_domain: text(),
    merge: flag,
    merge_language: text({ oneOf: ['mailchimp', 'handlebars'] }),
    global_merge_vars: variables,
    merge_vars: list(object({ rcpt: address, vars: variables })),
    tags: list(tag),
    subaccount: text(),
    google_analytics_domains: list(text()),
    google_analytics_campaign: text(),
    metadata: scalars,
    recipient_metadata: list(object({ rcpt: address, values: scalars })),
    attachments: file,
    images: file,
  },
)

const key = text()
const sendOptions = {
  key,
  async: flag,
  ip_pool: text(),
  send_at: text({
    pattern: timePattern,
    message: 'Please use YYYY-MM-DD HH:MM:SS (UTC)',
  }),
}

/** Request bodies of the methods (integrations.md 4.2). */
export const sendShape = object({ message }, sendOptions)
export const sendTemplateShape = object(
  { template_name: text(), template_content: list(object({ name: text(), content: text() })), message },
  sendOptions,
)
export const infoShape = object({ id: text() }, { key })
export const searchShape = object(
  {},
  {
    key,
    query: text(),
    date_from: text({ pattern: /^\d{4}-\d\d-\d\d/ }),
    date_to: text({ pattern: /^\d{4}-\d\d-\d\d/ }),
    tags: list(text()),
    senders: list(text()),
    api_keys: list(text()),
    limit: number,
  },
)

/** `POST /_sandbox/templates`, without its vendor. */
export const templateShape = object(
  { name: text({ pattern: /\S/ }) },
  {
    subject: text(),
    from_email: address,
    from_name: text(),
    code: text(),
    text: text(),
    labels: list(text()),
  },
)
export type TemplateOrder = Of<typeof templateShape>
export type Message = Of<typeof message>
export type Recipient = Of<typeof recipient>
export type SendOrder = Of<typeof sendShape>
export type SearchOrder = Of<typeof searchShape>
