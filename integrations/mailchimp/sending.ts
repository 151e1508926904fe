// Sending a campaign, and what came of it. None of the actions is safe to repeat: when an answer is lost, the campaign's
// status tells whether it was done.

import { z } from 'zod'
import { type CallContext, type Caller, unlessAbsent } from '../client.ts'
import { VendorError } from '../errors.ts'
import { campaignPath, timeText, withQuery } from './paths.ts'
import type { CampaignReport, Mailchimp } from './verbs.ts'

const QUARTER_HOUR_MS = 15 * 60_000

const ChecklistAnswer = z.object({
  is_ready: z.boolean(),
  items: z.array(
    z.object({
      type: z.enum(['success', 'warning', 'error']),
      heading: z.string().default(''),
      details: z.string().default(''),
    }),
  ),
})

const count = z.number().default(0)
const ReportAnswer = z.object({
  emails_sent: count,
  abuse_reports: count,
  unsubscribed: count,
  bounces: z.object({ hard_bounces: count, soft_bounces: count }),
  opens: z.object({ opens_total: count, unique_opens: count }),
  clicks: z.object({ clicks_total: count, unique_subscriber_clicks: count }),
})
const REPORT_FIELDS = [
  'emails_sent',
  'abuse_reports',
  'unsubscribed',
  'bounces.hard_bounces',
  'bounces.soft_bounces',
  'opens.opens_total',
  'opens.unique_opens',
  'clicks.clicks_total',
  'clicks.unique_subscriber_clicks',
]

type SendingVerbs = Pick<
  Mailchimp,
  'checklist' | 'sendTest' | 'schedule' | 'unschedule' | 'send' | 'cancelSend' | 'report'
>
type Action = 'test' | 'schedule' | 'unschedule' | 'send' | 'cancel-send'

export function createSending(call: Caller): SendingVerbs {
  return {
    checklist: (id, context) => readChecklist(call, id, context),
    sendTest: (id, emails, context) => sendTest(call, id, emails, context),
    schedule: (id, at, context) => schedule(call, id, at, context),
    unschedule: (id, context) => act(call, id, 'unschedule', 'unschedule', context),
    send: (id, context) => act(call, id, 'send', 'send', context),
    cancelSend: (id, context) => act(call, id, 'cancelSend', 'cancel-send', context),
    report: (id, context) => readReport(call, id, context),
  }
}

async function readChecklist(
  call: Caller,
  id: string,
  context: CallContext,
): ReturnType<Mailchimp['checklist']> {
  const fields = 'is_ready,items.type,items.heading,items.details'
  const path = withQuery(campaignPath(id, '/send-checklist'), { fields })
  const answer = ChecklistAnswer
  const list = await call({ operation: 'checklist', method: 'GET', path, repeatable: true, answer }, context)
  return { ready: list.is_ready, items: list.items }
}

async function act(
  call: Caller,
  id: string,
  operation: string,
  action: Action,
  context: CallContext,
  body?: object,
  personal: readonly string[] = [],
): Promise<void> {
  const path = campaignPath(id, `/actions/${action}`)
  const answer = z.unknown()
  await call({ operation, method: 'POST', path, body, repeatable: false, answer, personal }, context)
}

function sendTest(call: Caller, id: string, emails: readonly string[], context: CallContext): Promise<void> {
  const body = { test_emails: emails, send_type: 'html' }
  return act(call, id, 'sendTest', 'test', context, body, emails)
}

/** Mailchimp takes full quarter hours in UTC only; any other time is refused here, before anything is sent. */
async function schedule(call: Caller, id: string, at: Date, context: CallContext): Promise<void> {
  if (at.getTime() % QUARTER_HOUR_MS !== 0) throw invalidTime()
  await act(call, id, 'schedule', 'schedule', context, { schedule_time: timeText(at) })
}

function invalidTime(): VendorError {
  return new VendorError({
    vendor: 'mailchimp',
    operation: 'schedule',
    errorClass: 'PERMANENT',
    code: 'INVALID_SCHEDULE_TIME',
    meaning: 'not sent: a campaign can be scheduled for a full quarter hour only (:00, :15, :30 or :45)',
  })
}

/** 404 until the campaign was sent. */
async function readReport(
  call: Caller,
  id: string,
  context: CallContext,
): Promise<CampaignReport | undefined> {
  const path = withQuery(`/reports/${encodeURIComponent(id)}`, { fields: REPORT_FIELDS.join() })
  const answer = ReportAnswer
  const report = await unlessAbsent((expects) =>
    call({ operation: 'report', method: 'GET', path, repeatable: true, answer, expects }, context),
  )
  return report && reportOf(report)
}

function reportOf(report: z.infer<typeof ReportAnswer>): CampaignReport {
  const { bounces, opens, clicks } = report
  return {
    sent: report.emails_sent,
    hardBounces: bounces.hard_bounces,
    softBounces: bounces.soft_bounces,
    opens: opens.opens_total,
    uniqueOpens: opens.unique_opens,
    clicks: clicks.clicks_total,
    uniqueClicks: clicks.unique_subscriber_clicks,
    unsubscribed: report.unsubscribed,
    complaints: report.abuse_reports,
  }
}
