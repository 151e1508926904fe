import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DevSystem } from '../system/dev-file.ts'

/** What a run of the campaign demo came to. */
export interface CampaignTally {
  pushed: number
  pulled: number
  conflicts: number
  statesEqual: boolean
  duplicateCampaigns: number
}

interface Campaign {
  id: string
  name: string
  subject: string | null
  state: string
  mailchimpId: string | null
}

interface Remote {
  id: string
  status: string
  settings: { title: string; subject_line: string }
}

interface Item {
  direction: string | null
  outcome: string
}

interface World {
  ask<T>(query: string, variables?: object): Promise<T>
  sandbox<T>(method: string, path: string, body?: object): Promise<T>
  signal: AbortSignal
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

/**
 * 1. Make a campaign here and one in Mailchimp's own pages. 2. Let Mailchimp fail now and then, and lose answers. 3. Edit
 * the same campaign on both sides, sync, schedule, send there, receive its webhooks, sync again. 4. Take the faults back
 * and compare both sides.
 */
export async function runCampaignDemo(system: DevSystem, signal: AbortSignal): Promise<CampaignTally> {
  const world = openWorld(system, signal)
  const run = randomBytes(3).toString('hex')
  const faults = await misbehave(world)
  const ours = await createOurs(world, `Ours ${run}`)
  const theirs = await createTheirs(world, `Theirs ${run}`)
  const items = [...(await sync(world))]
  await editBothSides(world, ours)
  items.push(...(await sync(world)))
  await world.sandbox('POST', '/events', { vendor: 'mailchimp', type: 'campaign-send', id: theirs })
  for (const id of faults) await world.sandbox('DELETE', `/faults/${id}`)
  items.push(...(await sync(world)))
  await schedule(world, ours)
  items.push(...(await sync(world)))
  return tallyOf(world, run, items)
}

function openWorld({ apiUrl, sandboxUrl, keys }: DevSystem, signal: AbortSignal): World {
  async function json<T>(url: string, method: string, headers: object, body?: object): Promise<T> {
    const init = { method, signal, headers: { 'content-type': 'application/json', ...headers } }
    const response = await fetch(url, { ...init, body: body ? JSON.stringify(body) : null })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${url} was answered ${response.status}: ${text}`)
    return (text === '' ? undefined : JSON.parse(text)) as T
  }
  return {
    signal,
    sandbox: (method, path, body) => json(`${sandboxUrl}/_sandbox${path}`, method, {}, body),
    async ask<T>(query: string, variables = {}) {
      const { data, errors } = await json<{ data: T; errors?: { message: string }[] }>(
        apiUrl,
        'POST',
        { authorization: `Bearer ${keys.admin}` },
        { query, variables },
      )
      if (errors) throw new Error(errors.map(({ message }) => message).join('; '))
      return data
    },
  }
}

async function misbehave({ sandbox }: World): Promise<string[]> {
  await sandbox('PUT', '/settings', { mailchimpCountMs: 0 })
  await sandbox('POST', '/members', { list: 'a6b5da1054', count: 5 })
  const actions = [{ status: 500 }, { drop: 'after' }, { status: 429 }]
  const made = await Promise.all(
    actions.map((action, seed) =>
      sandbox<{ id: string }>('POST', '/faults', {
        vendor: 'mailchimp',
        probability: 0.15,
        seed,
        times: 4,
        action,
      }),
    ),
  )
  return made.map(({ id }) => id)
}

async function createOurs({ ask }: World, name: string): Promise<string> {
  const sender = { fromName: 'Solaria', replyTo: 'hello@solaria.example' }
  const input = { name, subject: `About ${name}`, html: `<p>${name}</p>`, ...sender }
  const { createCampaign } = await ask<{ createCampaign: { campaign?: Campaign; message?: string } }>(
    `mutation ($input: CreateCampaignInput!) {
      createCampaign(input: $input) { ... on CampaignPayload { campaign { id } } ... on Error { message } }
    }`,
    { input },
  )
  if (!createCampaign.campaign) throw new Error(createCampaign.message)
  return createCampaign.campaign.id
}

async function createTheirs({ sandbox }: World, title: string): Promise<string> {
  const sender = { from_name: 'Solaria', reply_to: 'hello@solaria.example' }
  const settings = { title, subject_line: `About ${title}`, ...sender }
  const event = { vendor: 'mailchimp', type: 'campaign-create', settings, html: `<p>${title}</p>` }
  return (await sandbox<{ id: string }>('POST', '/events', event)).id
}

/** Another subject on each side: a conflict, which our side wins while it is a draft. */
async function editBothSides(world: World, id: string): Promise<void> {
  const { campaign } = await world.ask<{ campaign: Campaign }>(
    'query ($id: ID!) { campaign(id: $id) { mailchimpId } }',
    { id },
  )
  await world.sandbox('POST', '/events', {
    vendor: 'mailchimp',
    type: 'campaign-edit',
    id: campaign.mailchimpId,
    settings: { subject_line: 'Edited at Mailchimp' },
  })
  await world.ask(
    'mutation ($id: ID!) { updateCampaign(input: { id: $id, subject: "Edited here" }) { __typename } }',
    { id },
  )
}

async function schedule({ ask }: World, id: string): Promise<void> {
  const at = new Date(Math.ceil((Date.now() + 86_400_000) / quarterMs) * quarterMs).toISOString()
  await ask(
    'mutation ($id: ID!, $at: DateTime!) { scheduleCampaign(input: { id: $id, at: $at }) { __typename } }',
    { id, at },
  )
}

/** Syncs all campaigns, waits until every campaign job is final, and returns what the report says. */
async function sync(world: World): Promise<Item[]> {
  const { syncCampaigns } = await world.ask<{ syncCampaigns: { job: { id: string } } }>(
    'mutation { syncCampaigns { ... on CampaignSyncPayload { job { id } } } }',
  )
  const deadline = Date.now() + longestMs
  for (;;) {
    const { campaignSyncs, jobs } = await world.ask<{
      campaignSyncs: { nodes: { job: { id: string }; items: { nodes: Item[] } }[] }
      jobs: { nodes: { state: string }[] }
    }>(
      `{ campaignSyncs(first: 10) { nodes { job { id } items(first: 50) { nodes { direction outcome } } } }
         jobs(filter: { names: [CAMPAIGN_SYNC], states: [PENDING, WAITING, ACTIVE, DELAYED] }, first: 1) { nodes { state } } }`,
    )
    const mine = campaignSyncs.nodes.find(({ job }) => job.id === syncCampaigns.job.id)
    if (mine && jobs.nodes.length === 0) return mine.items.nodes
    if (Date.now() > deadline) throw new Error('The campaigns did not come in step in time')
    await sleep(200, undefined, { signal: world.signal })
  }
}

async function tallyOf({ ask, sandbox }: World, run: string, items: Item[]): Promise<CampaignTally> {
  const { campaigns } = await ask<{ campaigns: { nodes: Campaign[] } }>(
    '{ campaigns(first: 200) { nodes { id name subject state mailchimpId } } }',
  )
  const { mailchimp } = await sandbox<{ mailchimp: { campaigns: Remote[] } }>('GET', '/state')
  const here = campaigns.nodes.filter(({ name }) => name.endsWith(run))
  const there = mailchimp.campaigns.filter(({ settings }) => settings.title.includes(run))
  const inStep = ({ state, subject, mailchimpId }: Campaign) =>
    there.some(
      ({ id, status, settings }) =>
        id === mailchimpId && status === words[state] && settings.subject_line === subject,
    )
  const changed = (direction: string) =>
    items.filter((item) => item.direction === direction && item.outcome !== 'FAILED').length
  return {
    pushed: changed('PUSH'),
    pulled: changed('PULL'),
    conflicts: items.filter(({ outcome }) => outcome === 'CONFLICTED').length,
    statesEqual: here.length === 2 && here.every(inStep),
    duplicateCampaigns: there.length - new Set(here.map(({ mailchimpId }) => mailchimpId)).size,
  }
}
