/** What became of a sent campaign (integrations.md 3.5). */
import { stamp } from './mailchimp.answers.ts'
import type { Audience } from './mailchimp.audiences.ts'
import type { Campaign } from './mailchimp.campaign.ts'
import type { Settings } from './settings.ts'

type Action = {
  action: 'open' | 'click' | 'bounce'
  type: string
  timestamp: string
  ip: string
  url?: string
}
/** Only those are named whom an event named; the others are numbers. */
export type Report = {
  sentAt: number
  hardBounces: number
  softBounces: number
  opens: number
  uniqueOpens: number
  clicks: number
  uniqueClicks: number
  lastOpen: number | null
  lastClick: number | null
  activity: Map<string, Action[]>
  unsubscribed: Map<string, number>
}

/** The report of a campaign that has just been sent. */
export function newReport(): Report {
  return {
    sentAt: Date.now(),
    hardBounces: 0,
    softBounces: 0,
    opens: 0,
    uniqueOpens: 0,
    clicks: 0,
    uniqueClicks: 0,
    lastOpen: null,
    lastClick: null,
    activity: new Map(),
    unsubscribed: new Map(),
  }
}

type Reaction = { action: 'open' | 'click' | 'bounce'; email?: string; count: number; url?: string }

/** Counts an opening or a click: of one person, or of `count` nameless ones. */
export function react(report: Report, { action, email, count, url }: Reaction): void {
  const known = email ? (report.activity.get(email) ?? []) : []
  const news = email && known.some((each) => each.action === action) ? 0 : count
  if (action === 'open') {
    Object.assign(report, {
      opens: report.opens + count,
      uniqueOpens: report.uniqueOpens + news,
      lastOpen: Date.now(),
    })
  } else if (action === 'click') {
    Object.assign(report, {
      clicks: report.clicks + count,
      uniqueClicks: report.uniqueClicks + news,
      lastClick: Date.now(),
    })
  }
  if (!email) return
  const entry = { action, type: action === 'bounce' ? 'hard' : '', timestamp: stamp(Date.now()), ip: '' }
  report.activity.set(email, [...known, { ...entry, ...(url ? { url } : {}) }])
}

/** The report as the API shows it: what was told, and what the settings let grow over time. */
export function describedReport(
  audience: Audience | undefined,
  campaign: Campaign,
  report: Report,
  settings: Settings,
) {
  const { id, listId, emailsSent, type } = campaign
  const grown = growth(report, emailsSent, settings)
  const delivered = Math.max(1, emailsSent - report.hardBounces - report.softBounces)
  const uniqueOpens = Math.min(emailsSent, report.uniqueOpens + grown.opens)
  const uniqueClicks = Math.min(emailsSent, report.uniqueClicks + grown.clicks)
  return {
    id,
    campaign_title: campaign.settings.title ?? '',
    type,
    list_id: listId,
    list_is_active: audience !== undefined,
    list_name: audience?.about.name ?? '',
    subject_line: campaign.settings.subject_line ?? '',
    preview_text: campaign.settings.preview_text ?? '',
    emails_sent: emailsSent,
    abuse_reports: 0,
    unsubscribed: report.unsubscribed.size,
    send_time: stamp(campaign.sendTime),
    bounces: { hard_bounces: report.hardBounces, soft_bounces: report.softBounces, syntax_errors: 0 },
    forwards: { forwards_count: 0, forwards_opens: 0 },
    opens: {
      opens_total: report.opens + grown.opens,
      unique_opens: uniqueOpens,
      open_rate: uniqueOpens / delivered,
      last_open: stamp(report.lastOpen),
    },
    clicks: {
      clicks_total: report.clicks + grown.clicks,
      unique_clicks: uniqueClicks,
      unique_subscriber_clicks: uniqueClicks,
      click_rate: uniqueClicks / delivered,
      last_click: stamp(report.lastClick),
    },
    list_stats: { sub_rate: 0, unsub_rate: 0, open_rate: 0, click_rate: 0 },
  }
}

/** Opens and clicks by the settings, all at once or growing over `mailchimpReportGrowMs`. */
function growth(report: Report, sent: number, settings: Settings) {
  const { mailchimpOpenRate, mailchimpClickRate, mailchimpReportGrowMs } = settings
  const share = Math.min(1, (Date.now() - report.sentAt) / Math.max(1, mailchimpReportGrowMs))
  const grown = mailchimpReportGrowMs === 0 ? 1 : share
  return {
    opens: Math.round(sent * mailchimpOpenRate * grown),
    clicks: Math.round(sent * mailchimpClickRate * grown),
  }
}

/** GET email-activity: who did something at or after `since`. */
export function activityOf(
  { id, listId }: Campaign,
  report: Report,
  idOf: (email: string) => string,
  since = '1970-01-01',
) {
  return [...report.activity].flatMap(([email, actions]) => {
    const activity = actions.filter(({ timestamp }) => Date.parse(timestamp) >= Date.parse(since))
    const who = { campaign_id: id, list_id: listId, email_id: idOf(email), email_address: email }
    return activity.length === 0 ? [] : [{ ...who, activity }]
  })
}

/** GET unsubscribed: who left by this campaign. */
export function leaversOf({ id, listId }: Campaign, report: Report, idOf: (email: string) => string) {
  return [...report.unsubscribed].map(([email, at]) => ({
    email_id: idOf(email),
    email_address: email,
    timestamp: stamp(at),
    reason: 'Unsubscribed by the person',
    campaign_id: id,
    list_id: listId,
  }))
}
