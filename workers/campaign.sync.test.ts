import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Campaign } from '../entities/campaign.ts'
import { editCampaign, scheduleCampaign, withdrawCampaign } from '../marketing/campaigns/changes.ts'
import { type Campaigns, complete, quarter, startCampaigns } from '../test/support/campaigns.ts'

let stage: Campaigns
/** Holds up the creation of campaigns. */
let beforeCreate: (() => Promise<unknown>) | undefined
beforeAll(async () => {
  stage = await startCampaigns({
    mailchimp: (client) => ({
      ...client,
      async createCampaign(settings, context) {
        await beforeCreate?.()
        return client.createCampaign(settings, context)
      },
    }),
  })
})
beforeEach(async () => {
  beforeCreate = undefined
  await stage.reset()
})
afterAll(() => stage?.close())

const within = <T>(work: Parameters<typeof stage.world.ledger.transaction<T>>[0]) =>
  stage.world.ledger.transaction(work)
const target = (campaignId: string) => ({ campaignId, cause: { correlationId: 'test' } })
const edit = (id: string, fields: Parameters<typeof editCampaign>[3]) =>
  within((em) => editCampaign(em, stage.world.actor.workspaceId, target(id), fields))
const schedule = (id: string, at: Date) =>
  within((em) => scheduleCampaign(em, stage.world.actor.workspaceId, target(id), at))
const withdraw = (id: string, to: 'DRAFT' | 'CANCELLED') =>
  within((em) => withdrawCampaign(em, stage.world.actor.workspaceId, target(id), to))
const html = async (remoteId: string) =>
  (await stage.mailchimp.content(remoteId, { signal: AbortSignal.timeout(5_000) })).html
const typesOf = async (id: string) => (await stage.history(id)).map(({ type }) => type)

describe('a campaign made here', () => {
  test('is created at Mailchimp with everything in it, once, and the next sync finds nothing to do', async () => {
    const { id } = await stage.create()
    const first = await stage.sync('CAMPAIGN', id)
    const second = await stage.sync('CAMPAIGN', id)
    expect(first.items).toMatchObject([{ subject: id, outcome: 'CREATED', direction: 'PUSH', done: true }])
    expect(second.items).toMatchObject([{ subject: id, outcome: 'UNCHANGED', direction: null }])
    const [remote, ...others] = await stage.remotes()
    expect(others).toEqual([])
    expect(remote!.settings).toMatchObject({ title: `Spring sale [${id}]`, subject_line: 'Spring is here' })
    expect(await html(remote!.id)).toBe('<p>Flowers</p>')
    expect(await stage.get(id)).toMatchObject({ mailchimpId: remote!.id, createStartedAt: null })
    expect(await typesOf(id)).toEqual(['CREATED', 'PUSHED', 'PUSHED'])
  })

  test('is scheduled there, taken back and cancelled as it is here', async () => {
    const { id } = await stage.create()
    const at = quarter(48)
    await schedule(id, at)
    await stage.sync('CAMPAIGN', id)
    expect(await stage.remotes()).toMatchObject([{ status: 'schedule' }])
    expect(new Date((await stage.remotes())[0]!.send_time)).toEqual(at)
    await withdraw(id, 'DRAFT')
    expect((await stage.sync('CAMPAIGN', id)).items).toMatchObject([
      { outcome: 'UPDATED', direction: 'PUSH', fields: ['scheduledAt'] },
    ])
    expect(await stage.remotes()).toMatchObject([{ status: 'save' }])
    await schedule(id, quarter(72))
    await stage.sync('CAMPAIGN', id)
    await schedule(id, quarter(96))
    await stage.sync('CAMPAIGN', id)
    expect(new Date((await stage.remotes())[0]!.send_time)).toEqual(quarter(96))
    await withdraw(id, 'CANCELLED')
    await stage.sync('CAMPAIGN', id)
    expect(await stage.remotes()).toMatchObject([{ status: 'save' }])
    expect(await stage.get(id)).toMatchObject({ state: 'CANCELLED', scheduledAt: null })
  })

  test('waits for Mailchimp to count its recipients before it is scheduled', async () => {
    await stage.sandbox('PUT', '/settings', { mailchimpCountMs: 500 })
    const { id } = await stage.create()
    await schedule(id, quarter(48))
    const { state, items, jobId } = await stage.sync('CAMPAIGN', id)
    expect([state, items.map(({ outcome }) => outcome)]).toEqual(['COMPLETED', ['CREATED']])
    expect((await stage.world.job(jobId)).attemptsMade).toBeGreaterThan(1)
    expect(await stage.remotes()).toMatchObject([{ status: 'schedule' }])
  })

  test('fails visibly when Mailchimp refuses to schedule it, and its draft stays there for correction', async () => {
    await stage.act('unsubscribe', { email: 'member1@bulk.example' })
    await stage.act('unsubscribe', { email: 'member2@bulk.example' })
    await stage.act('unsubscribe', { email: 'member3@bulk.example' })
    const { id } = await stage.create()
    await schedule(id, quarter(48))
    const { state, items } = await stage.sync('CAMPAIGN', id)
    expect(state).toBe('COMPLETED')
    expect(items).toMatchObject([{ outcome: 'FAILED', reason: expect.stringContaining('schedule') }])
    expect(await stage.get(id)).toMatchObject({ state: 'FAILED', reason: 'Bad Request' })
    expect(await stage.remotes()).toMatchObject([{ status: 'save' }])
    expect(await typesOf(id)).toEqual(expect.arrayContaining(['SYNC_FAILED', 'STATE_CHANGED']))
  })

  test('fails by itself, and does not lock the others out, when the plan does not allow scheduling', async () => {
    await stage.sandbox('PUT', '/settings', { mailchimpPaidPlan: false })
    const { id } = await stage.create()
    await schedule(id, quarter(48))
    const other = await stage.create({ name: 'Other' })
    const { state, items } = await stage.sync('ALL')
    expect(state).toBe('COMPLETED')
    expect(items.map(({ subject, outcome }) => [subject, outcome])).toEqual([
      [id, 'FAILED'],
      [other.id, 'CREATED'],
    ])
    expect(await stage.get(id)).toMatchObject({ state: 'FAILED', reason: 'NOT_IN_PLAN' })
  })

  test('is taken back there when its content is refused, so that no empty draft lies about', async () => {
    await stage.fault({ match: { method: 'PUT', path: '/content' }, times: 1, action: { status: 400 } })
    const { id } = await stage.create()
    const { items } = await stage.sync('CAMPAIGN', id)
    expect(items).toMatchObject([{ outcome: 'FAILED' }])
    expect(await stage.remotes()).toEqual([])
    expect(await stage.get(id)).toMatchObject({ state: 'DRAFT', mailchimpId: null })
    await stage.sync('CAMPAIGN', id)
    expect(await stage.remotes()).toHaveLength(1)
  })
})

describe('whom a campaign goes to', () => {
  const tagged = async () => {
    const remoteId = await stage.act('campaign-create', {
      tag: 'vip',
      settings: { title: 'Autumn', subject_line: 'Leaves' },
      html: '<p>Leaves</p>',
    })
    await stage.sync('ALL')
    const [campaign] = await stage.world.fork().find(Campaign, { mailchimpId: remoteId })
    return { remoteId, id: campaign!.id }
  }
  const segmentOf = async (remoteId: string) =>
    (await stage.mailchimp.campaign(remoteId, { signal: AbortSignal.timeout(5_000) }))?.segment

  test('keeps the segment that was chosen at Mailchimp when the campaign is edited here, and shows it', async () => {
    const { remoteId, id } = await tagged()
    const segment = {
      description: expect.stringContaining('Contacts that match any'),
      savedSegmentId: expect.any(Number),
    }
    expect(await stage.get(id)).toMatchObject({ recipients: { audienceId: 'a6b5da1054', segment } })
    await edit(id, { subject: 'More leaves' })
    await stage.sync('CAMPAIGN', id)
    expect((await stage.remotes())[0]!.settings.subject_line).toBe('More leaves')
    expect(await segmentOf(remoteId)).toEqual(segment)
  })

  test('follows a segment that is changed at Mailchimp', async () => {
    const { remoteId, id } = await tagged()
    await stage.act('campaign-edit', { id: remoteId, list: 'a6b5da1054' })
    const { items } = await stage.sync('CAMPAIGN', id)
    expect(items).toMatchObject([{ outcome: 'UPDATED', direction: 'PULL', fields: ['segment'] }])
    expect(await stage.get(id)).toMatchObject({ recipients: { segment: null } })
    expect((await stage.sync('CAMPAIGN', id)).items).toMatchObject([{ outcome: 'UNCHANGED' }])
  })

  test('is another audience at Mailchimp too once that was chosen here, and the other way round', async () => {
    const { remoteId, id } = await tagged()
    await edit(id, { audienceId: 'b7c6eb2165' })
    await stage.sync('CAMPAIGN', id)
    const now = await stage.mailchimp.campaign(remoteId, { signal: AbortSignal.timeout(5_000) })
    expect(now).toMatchObject({ audienceId: 'b7c6eb2165', segment: null, subject: 'Leaves' })
    expect((await stage.sync('CAMPAIGN', id)).items).toMatchObject([{ outcome: 'UNCHANGED' }])
    await stage.act('campaign-edit', { id: remoteId, list: 'a6b5da1054' })
    await stage.sync('CAMPAIGN', id)
    expect(await stage.get(id)).toMatchObject({ audienceId: 'a6b5da1054' })
  })
})

describe('a campaign made at Mailchimp', () => {
  test('is taken in with its content, and edits of either side reach the other', async () => {
    const remoteId = await stage.act('campaign-create', {
      settings: { title: 'Autumn', subject_line: 'Leaves' },
      html: '<p>Leaves</p>',
    })
    const first = await stage.sync('ALL')
    expect(first.items).toMatchObject([{ mailchimpId: remoteId, outcome: 'CREATED', direction: 'PULL' }])
    const id = first.items[0]!.campaignId!
    expect(await stage.get(id)).toMatchObject({ name: 'Autumn', subject: 'Leaves', html: '<p>Leaves</p>' })
    await edit(id, { subject: 'Golden leaves' })
    await stage.act('campaign-edit', { id: remoteId, settings: { from_name: 'Sol' }, html: '<p>More</p>' })
    const second = await stage.sync('ALL')
    expect(second.items).toMatchObject([{ outcome: 'UPDATED', direction: 'PUSH' }])
    expect(second.items[0]!.fields.toSorted()).toEqual(['fromName', 'html', 'subject'])
    expect(await stage.get(id)).toMatchObject({
      fromName: 'Sol',
      html: '<p>More</p>',
      subject: 'Golden leaves',
    })
    expect((await stage.remotes())[0]!.settings).toMatchObject({
      subject_line: 'Golden leaves',
      from_name: 'Sol',
    })
    expect((await stage.sync('ALL')).items).toMatchObject([{ outcome: 'UNCHANGED' }])
  })

  test('that is scheduled, sent or deleted there is so here', async () => {
    const [scheduled, sent, deleted] = await Promise.all(
      ['A', 'B', 'C'].map((title) =>
        stage.act('campaign-create', {
          settings: { title, subject_line: 's', from_name: 'f', reply_to: 'a@example.com' },
          html: '<p>x</p>',
        }),
      ),
    )
    await stage.sync('ALL')
    await stage.act('campaign-schedule', { id: scheduled, at: quarter(48).toISOString() })
    await stage.act('campaign-send', { id: sent })
    await stage.act('campaign-delete', { id: deleted })
    await stage.world.until('it is sent', async () =>
      (await stage.remotes()).some(({ status }) => status === 'sent'),
    )
    const { items } = await stage.sync('ALL')
    expect(items.map(({ outcome, direction }) => `${outcome} ${direction}`)).toEqual(
      Array(3).fill('UPDATED PULL'),
    )
    const states = await Promise.all(
      items.map(async ({ campaignId }) => {
        const { name, state, scheduledAt, reason } = await stage.get(campaignId!)
        return [name, state, scheduledAt?.getTime() ?? null, reason ?? null]
      }),
    )
    expect(states.toSorted()).toEqual([
      ['A', 'SCHEDULED', quarter(48).getTime(), null],
      ['B', 'SENT', null, null],
      ['C', 'CANCELLED', null, 'DELETED_AT_MAILCHIMP'],
    ])
  })
})

describe('a conflict', () => {
  test('is won by our side while it is a draft, and the report keeps what gave way', async () => {
    const { id } = await stage.create()
    await stage.sync('CAMPAIGN', id)
    const [remote] = await stage.remotes()
    await edit(id, { subject: 'Ours' })
    await stage.act('campaign-edit', { id: remote!.id, settings: { subject_line: 'Theirs' } })
    const { items } = await stage.sync('ALL')
    expect(items).toMatchObject([
      {
        outcome: 'CONFLICTED',
        direction: 'PUSH',
        fields: ['subject'],
        conflicts: [{ field: 'subject', ours: 'Ours', mailchimp: 'Theirs', winner: 'OURS' }],
      },
    ])
    expect((await stage.remotes())[0]!.settings.subject_line).toBe('Ours')
    expect((await stage.history(id)).find(({ type }) => type === 'CONFLICT')?.detail).toEqual({
      fields: ['subject'],
      winner: 'OURS',
    })
  })

  test('is won by Mailchimp once it is scheduled there; what we alone changed still gets across', async () => {
    const { id } = await stage.create()
    await stage.sync('CAMPAIGN', id)
    const [remote] = await stage.remotes()
    await edit(id, { subject: 'Ours', fromName: 'Ours alone' })
    await stage.act('campaign-edit', { id: remote!.id, settings: { subject_line: 'Theirs' } })
    await stage.act('campaign-schedule', { id: remote!.id, at: quarter(48).toISOString() })
    const { items } = await stage.sync('CAMPAIGN', id)
    expect(items).toMatchObject([{ outcome: 'CONFLICTED', conflicts: [{ winner: 'MAILCHIMP' }] }])
    expect(await stage.get(id)).toMatchObject({
      subject: 'Theirs',
      fromName: 'Ours alone',
      state: 'SCHEDULED',
    })
    const [now] = await stage.remotes()
    expect(now).toMatchObject({
      status: 'schedule',
      settings: { subject_line: 'Theirs', from_name: 'Ours alone' },
    })
    expect((await stage.sync('CAMPAIGN', id)).items).toMatchObject([{ outcome: 'UNCHANGED' }])
  })

  test('is decided by what has happened when we cancel what Mailchimp has sent', async () => {
    const { id } = await stage.create()
    await schedule(id, quarter(48))
    await stage.sync('CAMPAIGN', id)
    const [remote] = await stage.remotes()
    await stage.act('campaign-due', { id: remote!.id })
    await stage.world.until('it is sent', async () => (await stage.remotes())[0]!.status === 'sent')
    await withdraw(id, 'CANCELLED')
    await stage.sync('CAMPAIGN', id)
    expect(await stage.get(id)).toMatchObject({ state: 'SENT' })
    expect((await stage.get(id)).sentAt).toBeInstanceOf(Date)
  })
})

describe('when answers get lost', () => {
  test.each([
    ['after the effect', { drop: 'after' }],
    ['before the effect', { drop: 'before' }],
    ['to an error that hides the effect', { status: 502, effect: true }],
  ])('%s, a campaign is created once', async (_, action) => {
    await stage.fault({ match: { method: 'POST', path: '/campaigns' }, times: 1, action })
    const { id } = await stage.create()
    const { state, items } = await stage.sync('CAMPAIGN', id)
    expect([state, items.map(({ outcome }) => outcome)]).toEqual(['COMPLETED', ['CREATED']])
    expect(await stage.remotes()).toMatchObject([{ settings: { title: `Spring sale [${id}]` } }])
  })

  test('with the worker, and the name changes meanwhile, the campaign is found again by its id', async () => {
    const { id } = await stage.create()
    const title = `Spring sale [${id}]`
    await stage.world
      .fork()
      .execute(`update campaign set create_started_at = now(3), synced_content = ? where id = ?`, [
        JSON.stringify({ ...complete, html: null, scheduledAt: null }),
        id,
      ])
    await stage.act('campaign-create', {
      settings: {
        title,
        subject_line: complete.subject,
        from_name: complete.fromName,
        reply_to: complete.replyTo,
      },
    })
    await edit(id, { name: 'Summer sale' })
    const { items } = await stage.sync('CAMPAIGN', id)
    expect(items).toMatchObject([{ outcome: 'CREATED', direction: 'PUSH', conflicts: [] }])
    expect(await stage.remotes()).toMatchObject([{ settings: { title: `Summer sale [${id}]` } }])
  })

  test('between the halves of an edit, a scheduled campaign does not lose its time', async () => {
    const { id } = await stage.create()
    await stage.sync('CAMPAIGN', id)
    const [remote] = await stage.remotes()
    await edit(id, { fromName: 'Edited' })
    const at = quarter(48)
    await stage.act('campaign-schedule', { id: remote!.id, at: at.toISOString() })
    await stage.fault({ match: { method: 'POST', path: 'unschedule' }, times: 1, action: { drop: 'after' } })
    expect((await stage.sync('CAMPAIGN', id)).state).toBe('COMPLETED')
    expect(await stage.get(id)).toMatchObject({ state: 'SCHEDULED', scheduledAt: at })
    expect(await stage.remotes()).toMatchObject([{ status: 'schedule', settings: { from_name: 'Edited' } }])
  })

  test('all the time, in both directions, with errors and limits between: both sides end equal and nothing is there twice', async () => {
    const mine = await Promise.all(['A', 'B', 'C', 'D'].map((name) => stage.create({ name })))
    await schedule(mine[0]!.id, quarter(48))
    for (const title of ['X', 'Y'])
      await stage.act('campaign-create', { settings: { title }, html: `<p>${title}</p>` })
    const seeded = { probability: 0.25, seed: 11 }
    await stage.fault({ match: { method: 'POST' }, ...seeded, times: 8, action: { drop: 'after' } })
    await stage.fault({ match: { method: 'PUT' }, ...seeded, times: 8, action: { status: 500 } })
    await stage.fault({ match: { method: 'PATCH' }, ...seeded, times: 8, action: { drop: 'after' } })
    await stage.fault({
      match: { method: 'GET' },
      probability: 0.1,
      seed: 5,
      times: 5,
      action: { status: 500 },
    })
    const jobs = await Promise.all([
      stage.start('ALL'),
      stage.start('ALL'),
      ...mine.map(({ id }) => stage.start('CAMPAIGN', id)),
    ])
    for (const job of jobs) expect((await stage.report(job)).state).toBe('COMPLETED')
    await stage.sandbox('DELETE', '/faults')
    const { items } = await stage.sync('ALL')
    expect(items.map(({ outcome }) => outcome)).toEqual(Array(6).fill('UNCHANGED'))
    expect((await stage.remotes()).map(({ settings }) => settings.title[0]).toSorted()).toEqual([...'ABCDXY'])
    expect((await stage.remotes()).filter(({ status }) => status === 'schedule')).toHaveLength(1)
  })
})

test('two jobs that want to create the same campaign at once create it once', async () => {
  const { id } = await stage.create()
  let goOn = () => {}
  let creations = 0
  beforeCreate = () => {
    creations++
    return new Promise<void>((resolve) => {
      goOn = resolve
    })
  }
  const first = await stage.start('CAMPAIGN', id)
  await stage.world.until('the first one is creating it', () => creations === 1)
  const second = await stage.start('ALL')
  await stage.world.until('the second one has to wait', async () => {
    const { state, errorClass } = await stage.world.job(second)
    return (state === 'DELAYED' && errorClass === 'THROTTLED') || creations > 1
  })
  goOn()
  expect((await stage.report(first)).items).toMatchObject([{ outcome: 'CREATED' }])
  expect((await stage.report(second)).items).toMatchObject([{ outcome: 'UNCHANGED' }])
  expect([creations, (await stage.remotes()).length]).toEqual([1, 1])
})

describe('a run over all campaigns', () => {
  test('goes on over those that fail, and reports each with its reason', async () => {
    const bad = await stage.create({ name: 'Bad', replyTo: 'not an address' })
    const good = await stage.create({ name: 'Good' })
    const { state, items, result } = await stage.sync('ALL')
    expect(state).toBe('COMPLETED')
    expect(new Map(items.map(({ subject, outcome }) => [subject, outcome]))).toEqual(
      new Map([
        [bad.id, 'FAILED'],
        [good.id, 'CREATED'],
      ]),
    )
    expect(items.find(({ subject }) => subject === bad.id)?.reason).toContain('createCampaign')
    expect(result).toMatchObject({ CREATED: 1, FAILED: 1 })
    expect(await typesOf(bad.id)).toEqual(['CREATED', 'SYNC_FAILED'])
  })

  test('waits as a whole while the account is throttled, uses no attempt, and does nothing twice', async () => {
    for (const name of ['A', 'B', 'C']) await stage.create({ name })
    await stage.fault({
      match: { method: 'PUT' },
      times: 1,
      action: { status: 429, headers: { 'retry-after': '0' } },
    })
    const { state, jobId, items } = await stage.sync('ALL')
    const job = await stage.world.job(jobId)
    expect([state, job.attemptsMade]).toEqual(['COMPLETED', 1])
    expect(items.map(({ outcome }) => outcome)).toEqual(['CREATED', 'CREATED', 'CREATED'])
    const { requests } = await stage.sandbox<{ requests: { method: string; path: string }[] }>(
      'GET',
      '/requests?vendor=mailchimp',
    )
    expect(
      requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/campaigns')),
    ).toHaveLength(3)
  })

  test('can be cancelled between two campaigns; what is done stays and is in the report', async () => {
    for (const name of ['A', 'B', 'C', 'D']) await stage.create({ name })
    await stage.fault({ match: { method: 'PUT' }, action: { delayMs: 300 } })
    const jobId = await stage.start('ALL')
    await stage.world.until('one is there', async () => (await stage.remotes()).length >= 2)
    await stage.world.ledger.cancel(stage.world.actor, jobId)
    const { state, items } = await stage.report(jobId)
    expect(state).toBe('CANCELLED')
    expect(items.filter(({ done }) => done).length).toBeGreaterThan(0)
    expect((await stage.remotes()).length).toBeLessThan(4)
    const [row] = await stage.world
      .fork()
      .execute('select state from campaign_sync where job_id = ?', [jobId])
    expect(row).toEqual({ state: 'CANCELLED' })
  })
})
