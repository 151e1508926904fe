import { Campaign } from '../../entities/campaign.ts'
import type { SyncScope } from '../../entities/campaign-sync.ts'
import { CampaignSyncItem } from '../../entities/campaign-sync-item.ts'
import { createMailchimp } from '../../integrations/mailchimp/mailchimp.ts'
import type { Mailchimp } from '../../integrations/mailchimp/verbs.ts'
import type { CampaignRow } from '../../marketing/campaigns/campaign-row.ts'
import { type CampaignFields, insertCampaign } from '../../marketing/campaigns/changes.ts'
import type { SyncItemRow } from '../../marketing/campaigns/sync-report.ts'
import { type CampaignEventRow, readCampaignEvents } from '../../marketing/campaigns/timeline.ts'
import { startSandbox } from '../../sandbox/server.ts'
import type { Settings } from '../../sandbox/settings.ts'
import { campaignReport } from '../../workers/campaign.report.ts'
import { campaignSync } from '../../workers/campaign.sync.ts'
import { createWorld, type World } from './world.ts'

/** For tests: campaigns, the jobs that keep them in step, and Mailchimp as the sandbox plays it. */
export interface Campaigns {
  world: World
  mailchimp: Mailchimp
  /** What people do at Mailchimp. @returns the id of the campaign it was about */
  act(type: string, more?: Record<string, unknown>): Promise<string>
  /** The campaigns Mailchimp has. */
  remotes(): Promise<RemoteView[]>
  fault(fault: Record<string, unknown>): Promise<void>
  sandbox<T = unknown>(method: string, path: string, body?: unknown): Promise<T>
  create(fields?: Partial<CampaignFields>): Promise<CampaignRow>
  get(id: string): Promise<CampaignRow>
  history(id: string): Promise<CampaignEventRow[]>
  start(scope: SyncScope, campaignId?: string): Promise<string>
  /** Runs a `campaign.sync` to its end; its report. */
  sync(scope: SyncScope, campaignId?: string): Promise<Report>
  report(jobId: string): Promise<Report>
  /** Forgets all campaigns, here and at Mailchimp. */
  reset(): Promise<void>
  close(): Promise<void>
}

interface Report {
  jobId: string
  state: string
  result: unknown
  items: SyncItemRow[]
}

interface RemoteView {
  id: string
  status: string
  send_time: string
  settings: { title: string; subject_line: string; from_name: string; reply_to: string; preview_text: string }
}

export const quarter = (hours: number) =>
  new Date(Math.ceil(Date.now() / 900_000) * 900_000 + hours * 3_600_000)

export const complete: CampaignFields = {
  name: 'Spring sale',
  subject: 'Spring is here',
  previewText: null,
  fromName: 'Solaria',
  replyTo: 'hello@solaria.example',
  html: '<p>Flowers</p>',
  audienceId: null,
}

interface Options {
  settings?: Partial<Settings>
  settleSeconds?: number
  /** Wraps the client, to see or disturb what a job does. */
  mailchimp?: (client: Mailchimp) => Mailchimp
}

export async function startCampaigns({
  settings = {},
  settleSeconds = 0,
  mailchimp: wrap,
}: Options = {}): Promise<Campaigns> {
  const sandbox = await startSandbox({
    settings: { mailchimpCountMs: 0, mailchimpLatencyMs: 0, ...settings },
  })
  const client = createMailchimp({
    baseUrl: `${sandbox.url}/mc/3.0`,
    apiKey: '0123456789abcdef0123456789abcdef-us19',
    listId: 'a6b5da1054',
    timeoutMs: 5_000,
  })
  const mailchimp = wrap?.(client) ?? client
  const world = await createWorld([campaignSync, campaignReport])
  world.startDispatcher()
  world.startWorkers({
    services: { accounts: async () => ({ mailchimp }), campaigns: { settleSeconds } },
  })
  const { workspaceId } = world.actor
  const control = <T>(method: string, path: string, body?: unknown) =>
    ask<T>(`${sandbox.url}/_sandbox${path}`, method, body)
  const reset = async () => {
    for (const table of ['campaign_sync', 'fact', 'audience_member', '`lead`', 'campaign'])
      await world.fork().execute(`delete from ${table}`)
    await control('DELETE', '/state')
    await control('POST', '/members', { list: 'a6b5da1054', count: 3 })
  }
  await reset()

  const start: Campaigns['start'] = async (scope, campaignId) => {
    const input = { scope, ...(campaignId && { campaignId }) }
    return (await world.ledger.enqueue({ definition: campaignSync, input, actor: world.actor })).job.id
  }
  const report: Campaigns['report'] = async (jobId) => {
    const job = await world.until(
      'the sync has ended',
      async () => {
        const row = await world.job(jobId)
        return ['COMPLETED', 'DEAD', 'CANCELLED'].includes(row.state) ? row : undefined
      },
      60_000,
    )
    const items = await world
      .fork()
      .find(CampaignSyncItem, { syncId: { jobId } } as never, { orderBy: { subject: 'asc' } })
    return { jobId, state: job.state, result: job.result, items: items as SyncItemRow[] }
  }
  return {
    world,
    mailchimp,
    start,
    report,
    sandbox: control,
    sync: async (scope, campaignId) => report(await start(scope, campaignId)),
    act: async (type, more = {}) =>
      (await control<{ id: string }>('POST', '/events', { vendor: 'mailchimp', type, ...more }))?.id,
    remotes: async () =>
      (await control<{ mailchimp: { campaigns: RemoteView[] } }>('GET', '/state')).mailchimp.campaigns,
    fault: (fault) => control('POST', '/faults', { vendor: 'mailchimp', ...fault }),
    create: (fields = {}) =>
      world.ledger.transaction((em) =>
        insertCampaign(em, workspaceId, { ...complete, ...fields }, { correlationId: 'test' }),
      ),
    get: (id) => world.fork().findOneOrFail(Campaign, { id }),
    history: (id) => readCampaignEvents(world.fork(), id, 0, 200),
    reset,
    async close() {
      await world.close()
      await sandbox.close()
    },
  }
}

async function ask<T>(url: string, method: string, body?: unknown): Promise<T> {
  const response = await fetch(url, { method, ...(body !== undefined && { body: JSON.stringify(body) }) })
  const text = await response.text()
  if (!response.ok) throw new Error(`The sandbox answered ${response.status} to ${method} ${url}: ${text}`)
  return (text ? JSON.parse(text) : undefined) as T
}
