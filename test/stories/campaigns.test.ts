import { afterAll, beforeAll, expect, test } from 'vitest'
import { quarter } from '../support/campaigns.ts'
import { untilFinal } from '../support/leads.ts'
import { type System, startTestSystem } from '../support/system.ts'
import { until } from '../support/world.ts'

let system: System
beforeAll(async () => {
  system = await startTestSystem({ env: { MAILCHIMP_SETTLE_SECONDS: '1' } })
  await system.sandbox('PUT', '/settings', { mailchimpCountMs: 0 })
  await system.sandbox('POST', '/members', { list: 'a6b5da1054', count: 5 })
})
afterAll(() => system?.close())

interface Remote {
  id: string
  status: string
  settings: { title: string; subject_line: string }
}

const remotes = async () =>
  (await system.sandbox<{ mailchimp: { campaigns: Remote[] } }>('GET', '/state')).mailchimp.campaigns

async function create(name: string): Promise<{ id: string; job: string }> {
  const input = {
    name,
    subject: `About ${name}`,
    fromName: 'Solaria',
    replyTo: 'hello@solaria.example',
    html: `<p>${name}</p>`,
  }
  const { createCampaign } = await system.ask<{
    createCampaign: { campaign: { id: string }; job: { id: string } }
  }>(
    'mutation ($input: CreateCampaignInput!) { createCampaign(input: $input) { ... on CampaignPayload { campaign { id } job { id } } } }',
    { input },
  )
  return { id: createCampaign.campaign.id, job: createCampaign.job.id }
}

async function syncAll(): Promise<string> {
  const { syncCampaigns } = await system.ask<{ syncCampaigns: { job: { id: string } } }>(
    'mutation { syncCampaigns(input: {}) { ... on CampaignSyncPayload { job { id } } } }',
  )
  return syncCampaigns.job.id
}

test('a worker is killed while it creates campaigns: another one goes on, and Mailchimp has each of them once', async () => {
  await system.sandbox('POST', '/faults', {
    vendor: 'mailchimp',
    match: { method: 'POST', path: '/campaigns' },
    action: { delayMs: 700 },
  })
  const names = ['A', 'B', 'C', 'D', 'E', 'F']
  const made = await Promise.all(names.map(create))
  await until('some are there, and not answered yet', async () => (await remotes()).length >= 4)
  await system.worker.stop('SIGKILL')
  await system.start('worker', { MAILCHIMP_SETTLE_SECONDS: '1' })
  expect(
    await untilFinal(
      system,
      made.map(({ job }) => job),
    ),
  ).toEqual({ COMPLETED: 6 })
  const titles = (await remotes()).map(({ settings }) => settings.title)
  expect(titles.toSorted()).toEqual(made.map(({ id }, index) => `${names[index]} [${id}]`).toSorted())
  await system.sandbox('DELETE', '/faults')
})

test('campaigns of both sides come in step while Mailchimp misbehaves, and one is sent and counted', async () => {
  const before = (await remotes()).length
  const mine = await create('Ours')
  await untilFinal(system, [mine.job])
  const event = (type: string, more: object) =>
    system.sandbox<{ id: string }>('POST', '/events', { vendor: 'mailchimp', type, ...more })
  const { id: theirs } = await event('campaign-create', {
    settings: { title: 'Theirs', subject_line: 'Hi', from_name: 'S', reply_to: 'a@solaria.example' },
    html: '<p>Theirs</p>',
  })
  await event('campaign-send', { id: theirs })
  for (const action of [{ status: 500 }, { drop: 'after' }, { status: 429 }])
    await system.sandbox('POST', '/faults', {
      vendor: 'mailchimp',
      probability: 0.15,
      seed: 3,
      times: 6,
      action,
    })
  const at = quarter(48).toISOString()
  await system.ask(
    'mutation ($id: ID!, $at: DateTime!) { scheduleCampaign(input: { id: $id, at: $at }) { __typename } }',
    { id: mine.id, at },
  )
  const [first, second] = await Promise.all([syncAll(), syncAll()])
  expect(await untilFinal(system, [first, second])).toEqual({ COMPLETED: 2 })
  await system.sandbox('DELETE', '/faults')
  const last = await syncAll()
  await untilFinal(system, [last])
  const { campaigns, campaignSyncs } = await system.ask<{
    campaigns: {
      nodes: { id: string; name: string; state: string; mailchimpId: string; scheduledAt: string }[]
    }
    campaignSyncs: { nodes: { state: string; onlyInMailchimp: number; counts: { failed: number } }[] }
  }>(
    '{ campaigns { nodes { id name state mailchimpId scheduledAt } } campaignSyncs(first: 1) { nodes { state onlyInMailchimp counts { failed } } } }',
  )
  const there = await remotes()
  expect(there).toHaveLength(before + 2)
  const words: Record<string, string> = { DRAFT: 'save', SCHEDULED: 'schedule', SENT: 'sent' }
  expect(
    campaigns.nodes.map(({ mailchimpId, state }) => `${mailchimpId} ${words[state]}`).toSorted(),
  ).toEqual(there.map(({ id, status }) => `${id} ${status}`).toSorted())
  expect(campaigns.nodes.find(({ id }) => id === mine.id)).toMatchObject({
    state: 'SCHEDULED',
    scheduledAt: at,
  })
  expect(campaignSyncs.nodes[0]).toMatchObject({
    state: 'COMPLETED',
    onlyInMailchimp: 5,
    counts: { failed: 0 },
  })
  const sent = campaigns.nodes.find(({ name }) => name === 'Theirs')!
  const report = await until('its report is read', async () => {
    const query = `{ campaign(id: "${sent.id}") { report { sent } } }`
    return (await system.ask<{ campaign: { report: { sent: number } | null } }>(query)).campaign.report
  })
  expect(report).toEqual({ sent: 5 })
})
