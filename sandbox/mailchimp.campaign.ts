import { randomBytes } from 'node:crypto'
import { nowInSeconds, stamp } from './mailchimp.answers.ts'
import type { Audience } from './mailchimp.audiences.ts'
import type { CampaignChange, CampaignOrder, Segment } from './mailchimp.campaign.shapes.ts'
import { type Member, tagId } from './mailchimp.members.ts'
import type { Report } from './mailchimp.reports.ts'

export type CampaignStatus = 'save' | 'paused' | 'schedule' | 'sending' | 'sent' | 'canceled' | 'canceling'

export type Campaign = {
  id: string
  number: number
  type: string
  status: CampaignStatus
  createdAt: number
  /** When it is to be sent, or was begun. */
  sendTime: number | null
  listId: string
  segment: Segment | undefined
  /** When the recipients will have been counted. */
  countedAt: number
  settings: CampaignChange['settings'] | NonNullable<CampaignOrder['settings']>
  tracking: object
  content: { html: string; plain_text: string; type: 'html' | 'template' | 'url' }
  emailsSent: number
  report: Report | null
  /** Changes with each change of status, so that what was planned before does not happen. */
  turn: number
}

const usualTracking = { opens: true, html_clicks: true, text_clicks: false }

/** A campaign as POST /campaigns makes it. */
export function newCampaign(number: number, order: CampaignOrder, countedAt: number): Campaign {
  return {
    id: randomBytes(5).toString('hex'),
    number,
    type: order.type,
    status: 'save',
    createdAt: nowInSeconds(),
    sendTime: null,
    listId: order.recipients?.list_id ?? '',
    segment: order.recipients?.segment_opts,
    countedAt,
    settings: { ...order.settings },
    tracking: { ...usualTracking, ...order.tracking },
    content: { html: '', plain_text: '', type: 'html' },
    emailsSent: 0,
    report: null,
    turn: 0,
  }
}

/** Takes the next step of a campaign's life. */
export function turnTo(campaign: Campaign, status: CampaignStatus): number {
  campaign.status = status
  campaign.turn += 1
  return campaign.turn
}

/** Subscribed members the campaign goes to; a saved segment is a tag. */
export function* recipientsOf(audience: Audience | undefined, { segment }: Campaign): Generator<Member> {
  const wanted = segment?.saved_segment_id
  for (const member of audience?.members.values() ?? []) {
    if (member.status !== 'subscribed') continue
    if (wanted === undefined || member.tags.some((name) => tagId(name) === wanted)) yield member
  }
}

/** How many members the campaign goes to. */
export function countRecipients(audience: Audience | undefined, campaign: Campaign): number {
  let count = 0
  for (const _ of recipientsOf(audience, campaign)) count += 1
  return count
}

/** The segment in words, as Mailchimp shows them: HTML. */
function segmentText(audience: Audience | undefined, campaign: Campaign): string {
  const { segment } = campaign
  if (!segment) return ''
  const tags = [...(audience?.members.values() ?? [])].flatMap(({ tags }) => tags)
  const tag = tags.find((name) => tagId(name) === segment.saved_segment_id)
  const condition = tag ? `Tags contact is tagged <strong>${tag}</strong>` : 'Contact matches the segment'
  return `<p class="nounder">Contacts that match <strong>${segment.match ?? 'any'}</strong> of the following conditions:</p><ol><li>${condition}</li></ol>`
}

function recipientCount(audience: Audience | undefined, campaign: Campaign): number {
  if (campaign.status === 'sent') return campaign.emailsSent
  return Date.now() < campaign.countedAt ? 0 : countRecipients(audience, campaign)
}

/** A campaign as the API shows it. Until the recipients are counted there are none. */
export function describedCampaign(audience: Audience | undefined, campaign: Campaign) {
  const { id, number, type, status, listId, segment, settings, tracking, content } = campaign
  const recipients = {
    list_id: listId,
    list_is_active: audience !== undefined,
    list_name: audience?.about.name ?? '',
    segment_text: segmentText(audience, campaign),
    recipient_count: recipientCount(audience, campaign),
    ...(segment ? { segment_opts: segment } : {}),
  }
  return {
    id,
    web_id: 5_000_000 + number,
    type,
    create_time: stamp(campaign.createdAt),
    archive_url: `http://eepurl.com/${id}`,
    status,
    emails_sent: campaign.emailsSent,
    send_time: stamp(campaign.sendTime),
    content_type: content.type,
    resendable: status === 'sent',
    recipients,
    settings: { ...usualSettings, ...settings },
    tracking,
    delivery_status: deliveryStatus(campaign),
  }
}

const usualSettings = {
  subject_line: '',
  preview_text: '',
  title: '',
  from_name: '',
  reply_to: '',
  use_conversation: false,
  to_name: '',
  folder_id: '',
  authenticate: true,
  auto_footer: false,
  inline_css: false,
  auto_tweet: false,
  fb_comments: true,
  timewarp: false,
  template_id: 0,
  drag_and_drop: false,
}

function deliveryStatus({ status, emailsSent }: Campaign) {
  const words: Partial<Record<CampaignStatus, string>> = {
    sending: 'delivering',
    sent: 'delivered',
    canceling: 'canceling',
    canceled: 'canceled',
  }
  const word = words[status]
  if (!word) return { enabled: false }
  return { enabled: true, can_cancel: status === 'sending', status: word, emails_sent: emailsSent }
}
