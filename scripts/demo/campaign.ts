import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DevSystem } from '../system/dev-file.ts'
import { type Api, openApi } from './api.ts'
import {
  type Campaign,
  campaignJobsUnderWay,
  campaigns,
  createCampaign,
  scheduleCampaign,
  syncCampaigns,
  syncReports,
  updateCampaign,
} from './campaign-operations.ts'
import { openSandbox, type Sandbox } from './sandbox.ts'

/** What a run of the campaign demo came to. */
export interface CampaignTally {
  pushed: number
  pulled: number
  conflicts: number
  statesEqual: boolean
  duplicateCampaigns: number
}

interface Remote {
  id: string
  status: string
  settings: { title: string; subject_line: string }
}

interface Stage {
  api: Api
  sandbox: Sandbox
  signal: AbortSignal
  /** Tells this run's campaigns from all others. */
  run: string
}

const words: Record<string, string> = {
  DRAFT: 'save',
  SCHEDULED: 'schedule',
  SENDING: 'sending',
  SENT: 'sent',
  PAUSED: 'paused',
}
const quarterMs = 900_000
const longestMs = 120_000
const audience = 'a6b5da1054'

/**
 * 1. Make a campaign here and one in Mailchimp's own pages, while Mailchimp fails now and then and loses answers. 2. Edit
 * one campaign on both sides. 3. Send the other there: its webhook comes in. 4. Take the faults back, schedule, and
 * compare both sides.
 */
export async function runCampaignDemo(system: DevSystem, signal: AbortSignal): Promise<CampaignTally> {
  const run = randomBytes(3).toString('hex')
  const access = { key: system.keys.admin, correlationId: `campaign-demo-${run}`, signal }
  const api = openApi({ ...access, url: system.apiUrl })
  const stage: Stage = { api, sandbox: openSandbox(system.sandboxUrl), signal, run }
  const behave = await misbehave(stage)
  let ours: string
  try {
    ours = await createOurs(stage)
    const theirs = await createTheirs(stage)
    await sync(stage, 'created')
    await editBothSides(stage, ours)
    await event(stage, { type: 'campaign-send', id: theirs })
    await sync(stage, 'edited')
  } finally {
    await behave()
  }
  await schedule(stage, ours)
  await sync(stage, 'scheduled')
  return tallyOf(stage)
}

/** Makes Mailchimp unreliable; the function it gives takes that back. */
async function misbehave({ sandbox }: Stage): Promise<() => Promise<void>> {
  await sandbox.call('PUT', '/settings', { mailchimpCountMs: 0 })
  await sandbox.call('POST', '/members', { list: audience, count: 5 })
  const share = { vendor: 'mailchimp', probability: 0.15, times: 4 } as const
  const orders = [{ status: 500 }, { drop: 'after' }, { status: 429 }] as const
  const ids = await Promise.all(orders.map((action, seed) => sandbox.addFault({ ...share, seed, action })))
  return async () => {
    for (const id of ids) await sandbox.removeFault(id)
  }
}

async function event({ sandbox }: Stage, about: object): Promise<{ id: string }> {
  return sandbox.call('POST', '/events', { vendor: 'mailchimp', ...about })
}

async function createOurs({ api, run }: Stage): Promise<string> {
  const name = `Ours ${run}`
  const sender = { fromName: 'Solaria', replyTo: 'hello@solaria.example' }
  const content = { name, subject: `About ${name}`, html: `<p>${name}</p>`, ...sender }
  const input = { ...content, idempotencyKey: `create-${run}` }
  const { campaign, message } = (await api.ask(createCampaign, { input })).createCampaign
  if (!campaign) throw new Error(message)
  return campaign.id
}

async function createTheirs(stage: Stage): Promise<string> {
  const title = `Theirs ${stage.run}`
  const sender = { from_name: 'Solaria', reply_to: 'hello@solaria.example' }
  const settings = { title, subject_line: `About ${title}`, ...sender }
  return (await event(stage, { type: 'campaign-create', settings, html: `<p>${title}</p>` })).id
}

/** Another subject on each side: a conflict, which our side wins while it is a draft. */
async function editBothSides(stage: Stage, id: string): Promise<void> {
  const mine = (await oursOf(stage)).find((campaign) => campaign.id === id)
  const settings = { subject_line: 'Edited at Mailchimp' }
  await event(stage, { type: 'campaign-edit', id: mine?.mailchimpId, settings })
  const input = { id, subject: 'Edited here', idempotencyKey: `update-${stage.run}` }
  refuse((await stage.api.ask(updateCampaign, { input })).updateCampaign)
}

async function schedule({ api, run }: Stage, id: string): Promise<void> {
  const at = new Date(Math.ceil((Date.now() + 86_400_000) / quarterMs) * quarterMs).toISOString()
  const input = { id, at, idempotencyKey: `schedule-${run}` }
  refuse((await api.ask(scheduleCampaign, { input })).scheduleCampaign)
}

function refuse({ message }: { message?: string }): void {
  if (message !== undefined) throw new Error(message)
}

/** Syncs all campaigns and waits until no job about campaigns is under way. */
async function sync({ api, run, signal }: Stage, moment: string): Promise<void> {
  refuse((await api.ask(syncCampaigns, { input: { idempotencyKey: `${moment}-${run}` } })).syncCampaigns)
  const deadline = Date.now() + longestMs
  while ((await api.ask(campaignJobsUnderWay, {})).jobs.nodes.length > 0) {
    if (Date.now() > deadline) throw new Error('The campaigns did not come in step in time')
    await sleep(200, undefined, { signal })
  }
}

async function oursOf({ api, run }: Stage): Promise<Campaign[]> {
  return (await api.ask(campaigns, {})).campaigns.nodes.filter(({ name }) => name.endsWith(run))
}

async function tallyOf(stage: Stage): Promise<CampaignTally> {
  const here = await oursOf(stage)
  const { mailchimp } = await stage.sandbox.call<{ mailchimp: { campaigns: Remote[] } }>('GET', '/state')
  const there = mailchimp.campaigns.filter(({ settings }) => settings.title.includes(stage.run))
  const inStep = ({ state, subject, mailchimpId }: Campaign) =>
    there.some(
      ({ id, status, settings }) =>
        id === mailchimpId && status === words[state] && settings.subject_line === subject,
    )
  return {
    ...(await countSynced(stage, here)),
    statesEqual: here.length === 2 && here.every(inStep),
    duplicateCampaigns: there.length - new Set(here.map(({ mailchimpId }) => mailchimpId)).size,
  }
}

/** What the reports say of this run's campaigns. */
async function countSynced({ api }: Stage, here: readonly Campaign[]) {
  const { campaignSyncs } = await api.ask(syncReports, {})
  const items = campaignSyncs.nodes
    .flatMap((sync) => sync.items.nodes)
    .filter(({ campaign }) => here.some(({ id }) => id === campaign?.id))
  const changed = (direction: string) =>
    items.filter((item) => item.direction === direction && item.outcome !== 'FAILED').length
  return {
    pushed: changed('PUSH'),
    pulled: changed('PULL'),
    conflicts: items.filter(({ outcome }) => outcome === 'CONFLICTED').length,
  }
}
