import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../entities/ids.ts'
import { noteContacts } from '../marketing/campaigns/audience.ts'
import { closeSync, noteItem, openSync } from '../marketing/campaigns/sync-report.ts'
import { insertLeads } from '../marketing/leads.ts'
import { type Api, startApi, take } from '../test/support/api.ts'
import { complete, quarter } from '../test/support/campaigns.ts'
import { campaignReport } from '../workers/campaign.report.ts'
import { campaignSync } from '../workers/campaign.sync.ts'

let api: Api
beforeAll(async () => {
  api = await startApi([campaignSync, campaignReport])
})
afterAll(() => api?.close())

const { audienceId: _, ...content } = complete

const answer = `__typename
  ... on CampaignPayload { changed alreadyExisted campaign { id name state version scheduledAt } job { id name input campaign { id } } }
  ... on Error { code message }
  ... on InvalidInputError { issues { path message } }
  ... on CampaignVersionConflictError { campaign { version } }
  ... on CampaignIncompleteError { missing }
  ... on NotADraftError { campaignState }
  ... on InvalidTransitionError { from to }`

async function mutate(name: string, input: Record<string, unknown>, more: { key?: string } = {}) {
  const type = `${name[0]!.toUpperCase()}${name.slice(1)}Input!`
  const selection = answer
    .split('\n')
    .filter((line) => allowed(name, line))
    .join('\n')
  const { data, errors } = await api.ask(
    `mutation ($input: ${type}) { ${name}(input: $input) { ${selection} } }`,
    { input },
    more,
  )
  if (errors) throw new Error(JSON.stringify(errors))
  return data[name]
}

/** Errors a mutation cannot end with may not be asked for. */
function allowed(name: string, line: string): boolean {
  const only: Record<string, string[]> = {
    CampaignVersionConflictError: [
      'updateCampaign',
      'scheduleCampaign',
      'unscheduleCampaign',
      'cancelCampaign',
    ],
    CampaignIncompleteError: ['scheduleCampaign'],
    NotADraftError: ['updateCampaign'],
    InvalidTransitionError: ['scheduleCampaign', 'unscheduleCampaign', 'cancelCampaign'],
  }
  const names = only[/on (\w+)/.exec(line)?.[1] ?? '']
  return !names || names.includes(name)
}

const created = async (input: Record<string, unknown> = {}) =>
  (await mutate('createCampaign', { ...content, ...input })).campaign as { id: string; version: number }

describe('a campaign', () => {
  test('is created together with the job that tells Mailchimp, once per idempotency key', async () => {
    const input = { ...content, idempotencyKey: 'once-1' }
    const answers = await Promise.all(Array.from({ length: 8 }, () => mutate('createCampaign', input)))
    expect(new Set(answers.map(({ campaign }) => campaign.id)).size).toBe(1)
    expect(answers.filter(({ alreadyExisted }) => !alreadyExisted)).toHaveLength(1)
    const [{ campaign, job }] = answers
    expect(campaign).toMatchObject({ name: 'Spring sale', state: 'DRAFT', version: 1 })
    expect(job).toMatchObject({
      name: 'campaign.sync',
      input: { scope: 'CAMPAIGN', campaignId: campaign.id },
      campaign: { id: campaign.id },
    })
    expect(await mutate('createCampaign', { ...input, subject: 'Other' })).toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
    })
  })

  test('is refused with everything that is wrong with it', async () => {
    const wrong = {
      name: ' [camp_01jd0000000000000000000000] ',
      replyTo: 'nobody',
      subject: 'x'.repeat(151),
      fromName: 'A\r\nB',
    }
    const { issues } = await mutate('createCampaign', wrong)
    expect(issues.map(({ path }: { path: string }) => path).toSorted()).toEqual([
      'fromName',
      'name',
      'replyTo',
      'subject',
    ])
  })

  test('is edited only on the version the editor has seen, and an edit that changes nothing starts no job', async () => {
    const { id } = await created()
    const first = await mutate('updateCampaign', { id, expectedVersion: 1, subject: 'New' })
    expect(first).toMatchObject({ changed: true, campaign: { version: 2 }, job: { name: 'campaign.sync' } })
    expect(await mutate('updateCampaign', { id, expectedVersion: 1, subject: 'Newer' })).toMatchObject({
      code: 'VERSION_CONFLICT',
      campaign: { version: 2 },
    })
    expect(await mutate('updateCampaign', { id, subject: 'New' })).toMatchObject({
      changed: false,
      job: null,
    })
    const audits = await api.world
      .fork()
      .execute('select action from audit where subject_id = ? order by id', [id])
    expect(audits).toEqual([{ action: 'createCampaign' }, { action: 'updateCampaign' }])
  })

  test('is scheduled for full quarter hours in the future, when it is complete', async () => {
    const { id } = await created({ subject: null, html: null })
    const at = quarter(24)
    const off = new Date(at.getTime() + 60_000)
    expect(await mutate('scheduleCampaign', { id, at: off })).toMatchObject({
      issues: [{ path: 'at', message: expect.stringContaining('quarter hour') }],
    })
    expect(await mutate('scheduleCampaign', { id, at: quarter(-24) })).toMatchObject({
      issues: [{ path: 'at', message: 'is not in the future' }],
    })
    expect(await mutate('scheduleCampaign', { id, at })).toMatchObject({
      code: 'CAMPAIGN_INCOMPLETE',
      missing: ['subject', 'html'],
    })
    await mutate('updateCampaign', { id, subject: 'S', html: '<p>x</p>' })
    expect(await mutate('scheduleCampaign', { id, at })).toMatchObject({
      campaign: { state: 'SCHEDULED', scheduledAt: at.toISOString() },
    })
    expect(await mutate('scheduleCampaign', { id, at })).toMatchObject({ changed: false })
  })

  test('that is scheduled is taken back before it is edited, and one that is cancelled stays so', async () => {
    const { id } = await created()
    const at = quarter(24)
    await mutate('scheduleCampaign', { id, at })
    expect(await mutate('updateCampaign', { id, subject: 'Late' })).toMatchObject({
      code: 'NOT_A_DRAFT',
      campaignState: 'SCHEDULED',
    })
    expect(await mutate('unscheduleCampaign', { id })).toMatchObject({
      campaign: { state: 'DRAFT', scheduledAt: null },
    })
    expect(await mutate('updateCampaign', { id, subject: 'In time' })).toMatchObject({ changed: true })
    expect(await mutate('cancelCampaign', { id, reason: 'no budget' })).toMatchObject({
      campaign: { state: 'CANCELLED' },
    })
    expect(await mutate('scheduleCampaign', { id, at })).toMatchObject({
      code: 'INVALID_TRANSITION',
      from: 'CANCELLED',
      to: 'SCHEDULED',
    })
  })

  test('is found by state and text, and not by other workspaces', async () => {
    const { id } = await created({ name: 'Winter 100% off' })
    const find = async (filter: object, key?: string) => {
      const query = 'query ($filter: CampaignFilter) { campaigns(filter: $filter) { nodes { id } } }'
      const { data } = await api.ask(query, { filter }, { key })
      return data.campaigns.nodes.map((node: { id: string }) => node.id)
    }
    expect(await find({ search: '100% o', states: ['DRAFT'] })).toEqual([id])
    expect([await find({ search: '100_ o' }), await find({ search: '100%', states: ['SENT'] })]).toEqual([
      [],
      [],
    ])
    const key = await api.addKey({ role: 'ADMIN', workspaceId: await api.addWorkspace() })
    expect(await find({}, key)).toEqual([])
    expect((await api.ask(`{ campaign(id: "${id}") { id } }`, {}, { key })).data.campaign).toBeNull()
    for (const name of ['updateCampaign', 'unscheduleCampaign', 'cancelCampaign'])
      expect(await mutate(name, { id }, { key })).toMatchObject({ code: 'NOT_FOUND' })
  })
})

test('a campaign’s history is followed live and goes on after the cursor it was left at, without holes', async () => {
  const { id } = await created()
  const query =
    'subscription ($id: ID!, $after: String) { campaignEvents(campaignId: $id, after: $after) { seq cursor type to changed } }'
  type Event = { campaignEvents: { seq: number; cursor: string; type: string; to: string | null } }
  const follow = (after?: string) => api.socket().iterate<Event>({ query, variables: { id, after } })
  const first = follow()
  expect((await take(first, 1))[0]!.data!.campaignEvents).toMatchObject({ seq: 1, type: 'CREATED' })
  await mutate('updateCampaign', { id, subject: 'A' })
  const [second] = await take(first, 1)
  const { cursor } = second!.data!.campaignEvents
  await first.return!()
  await mutate('updateCampaign', { id, subject: 'B' })
  await mutate('scheduleCampaign', { id, at: quarter(24) })
  const resumed = follow(cursor)
  const missed = await take(resumed, 2)
  await mutate('cancelCampaign', { id })
  const events = [...missed, ...(await take(resumed, 1))].map(({ data }) => data!.campaignEvents)
  expect(events).toMatchObject([
    { seq: 3, type: 'UPDATED', changed: ['subject'] },
    { seq: 4, type: 'STATE_CHANGED', to: 'SCHEDULED' },
    { seq: 5, type: 'STATE_CHANGED', to: 'CANCELLED' },
  ])
  await resumed.return!()
  const { data } = await api.ask(
    `{ campaign(id: "${id}") { events(first: 2, after: "1") { totalCount nodes { seq } pageInfo { hasNextPage } } } }`,
  )
  expect(data.campaign.events).toEqual({
    totalCount: 5,
    nodes: [{ seq: 2 }, { seq: 3 }],
    pageInfo: { hasNextPage: true },
  })
})

describe('a sync', () => {
  test('of one or all campaigns is started once per key, and only for campaigns there are', async () => {
    const { id } = await created()
    const sync = async (name: string, input: string) =>
      (
        await api.ask(
          `mutation { ${name}(input: { ${input} }) { __typename ... on CampaignSyncPayload { alreadyExisted job { id input } } ... on Error { code } } }`,
        )
      ).data[name]
    const one = await sync('syncCampaign', `id: "${id}", idempotencyKey: "k1"`)
    expect(one.job.input).toEqual({ scope: 'CAMPAIGN', campaignId: id })
    expect(await sync('syncCampaign', `id: "${id}", idempotencyKey: "k1"`)).toMatchObject({
      alreadyExisted: true,
      job: { id: one.job.id },
    })
    expect(await sync('syncCampaign', 'id: "camp_x"')).toMatchObject({ code: 'NOT_FOUND' })
    expect((await sync('syncCampaigns', 'audienceOnly: true')).job.input).toEqual({ scope: 'AUDIENCE' })
    expect((await sync('syncCampaigns', '')).job.input).toEqual({ scope: 'ALL' })
  })

  test('is reported with counts, items, what gave way in conflicts, and how it ended', async () => {
    const { world } = api
    const { job } = await world.ledger.enqueue({
      definition: campaignSync,
      input: { scope: 'ALL' },
      actor: world.actor,
    })
    const { id } = await created()
    const sync = await world.ledger.transaction(async (em) => {
      const run = await openSync(em, {
        workspaceId: world.actor.workspaceId,
        jobId: job.id,
        scope: 'ALL',
        campaignId: null,
      })
      const conflict = { field: 'subject', ours: 'A', mailchimp: 'B', winner: 'OURS' } as const
      await noteItem(em, run.id, {
        subject: id,
        campaignId: id,
        outcome: 'CONFLICTED',
        conflicts: [conflict],
        fields: ['subject'],
        direction: 'PUSH',
        done: true,
      })
      await noteItem(em, run.id, {
        subject: 'remote1',
        mailchimpId: 'remote1',
        outcome: 'FAILED',
        reason: 'no',
        done: true,
      })
      await noteItem(em, run.id, { subject: 'remote2', outcome: 'UPDATED' })
      return run
    })
    const query = `{ campaignSync(id: "${sync.id}") {
      scope state counts { created conflicted failed updated } job { id }
      items(first: 1) { totalCount nodes { subject outcome fields conflicts { field ours mailchimp winner } campaign { id } } pageInfo { hasNextPage } }
      failed: items(outcomes: [FAILED]) { nodes { subject reason } }
    } }`
    const read = async () => (await api.ask(query)).data.campaignSync
    expect(await read()).toEqual({
      scope: 'ALL',
      state: 'RUNNING',
      counts: { created: 0, conflicted: 1, failed: 1, updated: 0 },
      job: { id: job.id },
      items: {
        totalCount: 2,
        nodes: [
          {
            subject: id,
            outcome: 'CONFLICTED',
            fields: ['subject'],
            conflicts: [{ field: 'subject', ours: 'A', mailchimp: 'B', winner: 'OURS' }],
            campaign: { id },
          },
        ],
        pageInfo: { hasNextPage: true },
      },
      failed: { nodes: [{ subject: 'remote1', reason: 'no' }] },
    })
    await world.ledger.cancel(world.actor, job.id)
    expect((await read()).state).toBe('CANCELLED')
    await world.ledger.transaction((em) => closeSync(em, sync.id, 'COMPLETED'))
    const { data } = await api.ask('{ campaignSyncs(first: 1) { nodes { id state counts { failed } } } }')
    expect(data.campaignSyncs.nodes).toEqual([{ id: sync.id, state: 'COMPLETED', counts: { failed: 1 } }])
  })
})

test('people who are on one side only are listed page by page, for either side', async () => {
  const { world } = api
  const { workspaceId } = world.actor
  const nobody = { phone: null, firstName: null, lastName: null, company: null, locale: null, timeZone: null }
  const neutral = { source: null, utm: {}, tags: [], customFields: {}, campaignId: null }
  const consent = { emailConsent: 'UNKNOWN', whatsappConsent: 'UNKNOWN' } as const
  const lead = (email: string) => ({ ...nobody, ...neutral, ...consent, email, correlationId: 'test' })
  const contact = (name: string) => ({
    memberId: `m${name}`,
    email: `${name}@Example.com`,
    status: 'subscribed',
    lastChanged: undefined,
  })
  await world.ledger.transaction(async (em) => {
    await insertLeads(
      em,
      workspaceId,
      ['both@example.com', 'here1@example.com', 'here2@example.com'].map(lead),
      new Date(),
    )
    const run = { workspaceId, audienceId: 'a1', syncId: newId('campaignSync') }
    await noteContacts(em, run, ['both', 'there1', 'there2', 'there3'].map(contact))
  })
  const page = async (side: string, after?: string) => {
    const query = `query ($after: String) { audienceDifferences(side: ${side}, first: 2, after: $after) {
      totalCount nodes { email memberId status lead { email } } pageInfo { endCursor hasNextPage } } }`
    return (await api.ask(query, { after })).data.audienceDifferences
  }
  const first = await page('ONLY_IN_MAILCHIMP')
  expect(first).toMatchObject({
    totalCount: 3,
    nodes: [
      { email: 'there1@example.com', memberId: 'mthere1', status: 'subscribed', lead: null },
      { email: 'there2@example.com' },
    ],
    pageInfo: { hasNextPage: true },
  })
  expect(await page('ONLY_IN_MAILCHIMP', first.pageInfo.endCursor)).toMatchObject({
    nodes: [{ email: 'there3@example.com' }],
    pageInfo: { hasNextPage: false },
  })
  expect(await page('ONLY_HERE')).toMatchObject({
    totalCount: 2,
    nodes: [
      { email: 'here1@example.com', memberId: null, lead: { email: 'here1@example.com' } },
      { email: 'here2@example.com' },
    ],
  })
})
