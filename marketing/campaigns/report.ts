import type { CampaignReadings } from '../../entities/campaign.ts'
import type { FactMetric } from '../../entities/fact.ts'
import type { Em } from '../../entities/index.ts'
import { appendFacts, type NewFact, sourceEvent } from '../facts.ts'
import { type CampaignRow, lockCampaign, patchCampaign } from './campaign-row.ts'
import type { Cause } from './events.ts'

/** Mailchimp's totals for a campaign. */
export type ReportTotals = Omit<CampaignReadings, 'readings'>

/** What each metric of statistics is in Mailchimp's totals, which do not tell machines from people. */
const metrics: Partial<Record<FactMetric, (totals: ReportTotals) => number>> = {
  SENT: ({ sent }) => sent,
  DELIVERED: ({ sent, hardBounces, softBounces }) => sent - hardBounces - softBounces,
  BOUNCED: ({ hardBounces, softBounces }) => hardBounces + softBounces,
  OPENED: ({ opens }) => opens,
  UNIQUE_OPENED: ({ uniqueOpens }) => uniqueOpens,
  CLICKED: ({ clicks }) => clicks,
  UNIQUE_CLICKED: ({ uniqueClicks }) => uniqueClicks,
  UNSUBSCRIBED: ({ unsubscribed }) => unsubscribed,
  COMPLAINED: ({ complaints }) => complaints,
}

const nothing: ReportTotals = {
  sent: 0,
  hardBounces: 0,
  softBounces: 0,
  opens: 0,
  uniqueOpens: 0,
  clicks: 0,
  uniqueClicks: 0,
  unsubscribed: 0,
  complaints: 0,
}

/** How much each metric has grown between two readings; negative when Mailchimp corrects itself. Pure. */
function growth(before: ReportTotals | null | undefined, after: ReportTotals): [FactMetric, number][] {
  return Object.entries(metrics).flatMap(([metric, of]): [FactMetric, number][] => {
    const count = of(after) - of(before ?? nothing)
    return count === 0 ? [] : [[metric as FactMetric, count]]
  })
}

/**
 * Turns a report into facts: how much each total has grown since the last reading, which is kept with the campaign. The
 * same totals again add nothing. A reading older than the one that was kept is passed over.
 * @param readAt when Mailchimp was asked
 * @returns whether anything has changed
 */
export async function takeReport(
  em: Em,
  workspaceId: string,
  campaignId: string,
  { totals, readAt }: { totals: ReportTotals; readAt: Date },
  cause: Cause,
): Promise<boolean> {
  const campaign = await lockCampaign(em, workspaceId, campaignId)
  if (!campaign || (campaign.reportedAt && campaign.reportedAt >= readAt)) return false
  const grown = growth(campaign.report, totals)
  const isFirst = !campaign.report
  const readings = (campaign.report?.readings ?? 0) + (grown.length > 0 ? 1 : 0)
  await insertGrowth(em, campaign, grown, { readings, readAt })
  const report = Object.fromEntries(grown)
  const events = grown.length > 0 || isFirst ? [{ type: 'REPORT_UPDATED' as const, detail: { report } }] : []
  await patchCampaign(em, campaign, { report: { ...totals, readings }, reportedAt: readAt }, events, cause)
  return grown.length > 0
}

/** Of an old campaign that is read for the first time, nobody knows when people opened it: nearest is when it was sent. */
const firstReadingMs = 3_600_000

async function insertGrowth(
  em: Em,
  { id, workspaceId, mailchimpId, sentAt, report }: CampaignRow,
  grown: [FactMetric, number][],
  { readings, readAt }: { readings: number; readAt: Date },
): Promise<void> {
  const isLate = sentAt && readAt.getTime() - sentAt.getTime() > firstReadingMs
  const openedAt = !report && isLate ? sentAt : readAt
  const facts = grown.map(
    ([metric, count]): NewFact => ({
      workspaceId,
      metric,
      channel: 'EMAIL',
      occurredAt: metric === 'SENT' ? (sentAt ?? readAt) : openedAt,
      sourceEvent: sourceEvent('mailchimp', 'report', String(mailchimpId), metric, String(readings)),
      count,
      campaignId: id,
    }),
  )
  await appendFacts(em, facts)
}
