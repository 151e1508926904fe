/** Paths of campaigns, reports and batches. */
import { Refusal } from './exchange.ts'
import { asIs, bodyOf, done, found, page, paged, plain, route, shown } from './mailchimp.answers.ts'
import type { Audiences } from './mailchimp.audiences.ts'
import { type Batches, batchShape } from './mailchimp.batches.ts'
import { selectCampaigns } from './mailchimp.campaign.selection.ts'
import {
  activityQuery,
  campaignPatchShape,
  campaignShape,
  campaignsQuery,
  contentShape,
  reportsQuery,
  scheduleShape,
  testShape,
} from './mailchimp.campaign.shapes.ts'
import type { Campaign } from './mailchimp.campaign.ts'
import type { Campaigns } from './mailchimp.campaigns.ts'
import { batchHookShape, describedBatchHook, type Hooks } from './mailchimp.hooks.ts'
import { problem } from './mailchimp.problems.ts'
import { activityOf, describedReport, leaversOf, type Report } from './mailchimp.reports.ts'
import type { Route } from './routes.ts'
import type { Settings } from './settings.ts'
import { subscriberHash } from './signatures.ts'

export function campaignRoutes(campaigns: Campaigns): Route[] {
  const one = '/campaigns/:id'
  const { describe } = campaigns
  return [
    route('GET', '/campaigns', campaignsQuery, (asked) => {
      const all = selectCampaigns(campaigns.all(), asked.query)
      return page(asked, { name: 'campaigns', all, show: describe })
    }),
    route('POST', '/campaigns', plain, (asked) =>
      found(asked, describe(campaigns.create(bodyOf(asked, campaignShape)))),
    ),
    route('GET', one, shown, (asked, id) => found(asked, describe(campaigns.get(id!)))),
    route('PATCH', one, plain, (asked, id) =>
      found(asked, describe(campaigns.change(id!, bodyOf(asked, campaignPatchShape)))),
    ),
    route('DELETE', one, plain, (_, id) => done(campaigns.remove(id!))),
    route('GET', `${one}/content`, shown, (asked, id) => found(asked, contentOf(campaigns.get(id!)))),
    route('PUT', `${one}/content`, plain, (asked, id) =>
      found(asked, contentOf(campaigns.setContent(id!, bodyOf(asked, contentShape)))),
    ),
    route('GET', `${one}/send-checklist`, shown, (asked, id) => found(asked, campaigns.checklist(id!))),
    ...actionRoutes(campaigns, `${one}/actions`),
  ]
}

function contentOf({ content: { html, plain_text } }: Campaign) {
  return { variate_contents: [], plain_text, html, archive_html: html }
}

function actionRoutes(campaigns: Campaigns, path: string): Route[] {
  return [
    route('POST', `${path}/test`, plain, (asked, id) =>
      done(campaigns.test(id!, bodyOf(asked, testShape).test_emails)),
    ),
    route('POST', `${path}/schedule`, plain, (asked, id) =>
      done(campaigns.schedule(id!, bodyOf(asked, scheduleShape).schedule_time)),
    ),
    route('POST', `${path}/unschedule`, plain, (_, id) => done(campaigns.unschedule(id!))),
    route('POST', `${path}/send`, plain, (_, id) => done(campaigns.send(id!))),
    route('POST', `${path}/cancel-send`, plain, (_, id) => done(campaigns.cancel(id!))),
    route('POST', `${path}/pause`, plain, (_, id) => campaigns.pauseOrResume(id!)),
    route('POST', `${path}/resume`, plain, (_, id) => campaigns.pauseOrResume(id!)),
  ]
}

/** Reports are there once a campaign has been sent; before that 404. */
export function reportRoutes(campaigns: Campaigns, audiences: Audiences, settings: Settings): Route[] {
  const reported = (id: string): { campaign: Campaign; report: Report } => {
    const campaign = campaigns.get(id)
    if (!campaign.report) throw new Refusal(problem(404))
    return { campaign, report: campaign.report }
  }
  const show = (campaign: Campaign) =>
    describedReport(audiences.find(campaign.listId), campaign, reported(campaign.id).report, settings)
  const one = '/reports/:id'
  return [
    route('GET', '/reports', reportsQuery, (asked) => {
      const all = selectCampaigns(campaigns.all(), asked.query).filter(({ report }) => report !== null)
      return page(asked, { name: 'reports', all, show })
    }),
    route('GET', one, shown, (asked, id) => found(asked, show(reported(id!).campaign))),
    route('GET', `${one}/email-activity`, activityQuery, (asked, id) => {
      const { campaign, report } = reported(id!)
      const all = activityOf(campaign, report, subscriberHash, asked.query.since)
      return page(asked, { name: 'emails', all, show: asIs, around: { campaign_id: id } })
    }),
    route('GET', `${one}/unsubscribed`, paged, (asked, id) => {
      const { campaign, report } = reported(id!)
      const all = leaversOf(campaign, report, subscriberHash)
      return page(asked, { name: 'unsubscribes', all, show: asIs, around: { campaign_id: id } })
    }),
  ]
}

export function batchRoutes(batches: Batches, hooks: Hooks['batch']): Route[] {
  return [
    route('GET', '/batches', paged, (asked) => {
      const show = (batch: ReturnType<Batches['get']>) => batches.describe(batch, asked.call)
      return page(asked, { name: 'batches', all: batches.all(), show })
    }),
    route('POST', '/batches', plain, (asked) => {
      const batch = batches.start(asked.call, bodyOf(asked, batchShape).operations)
      return found(asked, batches.describe(batch, asked.call))
    }),
    route('GET', '/batches/:id', shown, (asked, id) =>
      found(asked, batches.describe(batches.get(id!), asked.call)),
    ),
    route('DELETE', '/batches/:id', plain, (_, id) => done(batches.remove(id!))),
    route('GET', '/batch-webhooks', paged, (asked) =>
      page(asked, { name: 'webhooks', all: hooks.all(), show: describedBatchHook }),
    ),
    route('POST', '/batch-webhooks', plain, async (asked) =>
      found(asked, describedBatchHook(await hooks.add(bodyOf(asked, batchHookShape)))),
    ),
    route('GET', '/batch-webhooks/:id', shown, (asked, id) =>
      found(asked, describedBatchHook(hooks.get(id!))),
    ),
    route('DELETE', '/batch-webhooks/:id', plain, (_, id) => done(hooks.remove(id!))),
  ]
}
