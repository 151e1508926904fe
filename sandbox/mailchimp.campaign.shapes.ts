import { moment, pagedBy } from './mailchimp.answers.ts'
import { anything, flag, list, number, type Of, object, record, text } from './shape.ts'

const address = text({ pattern: /^([^\s@]+@[^\s@]+\.[^\s@.]+)?$/, message: 'is not a valid email address' })
const kinds = ['regular', 'plaintext', 'absplit', 'rss', 'variate'] as const

const segment = object(
  {},
  {
    saved_segment_id: number,
    prebuilt_segment_id: text(),
    match: text({ oneOf: ['any', 'all'] }),
    conditions: list(record(anything)),
  },
)
export type Segment = Of<typeof segment>
const recipients = object({ list_id: text() }, { segment_opts: segment })

const sender = { subject_line: text(), from_name: text(), reply_to: address }
const otherSettings = {
  preview_text: text(),
  title: text(),
  use_conversation: flag,
  to_name: text(),
  folder_id: text(),
  authenticate: flag,
  auto_footer: flag,
  inline_css: flag,
  auto_tweet: flag,
  auto_fb_post: list(text()),
  fb_comments: flag,
  template_id: number,
}
const tracking = object(
  {},
  {
    opens: flag,
    html_clicks: flag,
    text_clicks: flag,
    goal_tracking: flag,
    ecomm360: flag,
    google_analytics: text(),
    clicktale: text(),
    salesforce: object({}, { campaign: flag, notes: flag }),
    capsule: object({}, { notes: flag }),
  },
)
const social_card = object({}, { image_url: text(), description: text(), title: text() })

/** POST /campaigns. RSS and variate options are refused, for the sandbox sends neither. */
export const campaignShape = object(
  { type: text({ oneOf: kinds }) },
  {
    recipients,
    settings: object({}, { ...sender, ...otherSettings }),
    tracking,
    social_card,
    content_type: text({ oneOf: ['template', 'multichannel'] }),
  },
)
export type CampaignOrder = Of<typeof campaignShape>

/** PATCH: the settings are required, and in them subject and sender. */
export const campaignPatchShape = object(
  { settings: object(sender, otherSettings) },
  { recipients, tracking, social_card },
)
export type CampaignChange = Of<typeof campaignPatchShape>

const template = object({ id: number }, { sections: record(text()) })
const archive = object(
  { archive_content: text() },
  { archive_type: text({ oneOf: ['zip', 'tar.gz', 'tar.bz2', 'tar', 'tgz', 'tbz'] }) },
)
/** PUT content: html, plain text or both, or one of the others. */
export const contentShape = object(
  {},
  { html: text(), plain_text: text(), url: text({ pattern: /^https?:\/\/\S+$/ }), template, archive },
)
export type ContentOrder = Of<typeof contentShape>

export const testShape = object({
  test_emails: list(
    text({ pattern: /^[^\s@]+@[^\s@]+\.[^\s@.]+$/, message: 'is not a valid email address' }),
    {
      min: 1,
    },
  ),
  send_type: text({ oneOf: ['html', 'plaintext'] }),
})

export const scheduleShape = object(
  { schedule_time: moment },
  { timewarp: flag, batch_delivery: object({ batch_delay: number, batch_count: number }) },
)

export const campaignsQuery = pagedBy({
  type: text({ oneOf: kinds }),
  status: text({ oneOf: ['save', 'paused', 'schedule', 'sending', 'sent'] }),
  list_id: text(),
  before_send_time: moment,
  since_send_time: moment,
  before_create_time: moment,
  since_create_time: moment,
  sort_field: text({ oneOf: ['create_time', 'send_time'] }),
  sort_dir: text({ oneOf: ['ASC', 'DESC'] }),
})
export type CampaignsQuery = Of<typeof campaignsQuery>
export const reportsQuery = pagedBy({
  type: text({ oneOf: kinds }),
  before_send_time: moment,
  since_send_time: moment,
})
export const activityQuery = pagedBy({ since: moment })
