import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { nextReportAt } from '../marketing/campaigns/report-times.ts'
import { type Campaigns, startCampaigns } from '../test/support/campaigns.ts'
import { campaignReport } from './campaign.report.ts'

let stage: Campaigns
beforeAll(async () => {
  stage = await startCampaigns({ settings: { mailchimpSendMs: 0 } })
})
beforeEach(() => stage.reset())
afterAll(() => stage?.close())

/** A campaign that was made and sent at Mailchimp. */
async function sentCampaign(): Promise<{ id: string; remoteId: string }> {
  const settings = { title: 'Sent', subject_line: 's', from_name: 'f', reply_to: 'a@example.com' }
  const remoteId = await stage.act('campaign-create', { settings, html: '<p>x</p>' })
  await stage.act('campaign-send', { id: remoteId })
  await stage.world.until('it is sent', async () => (await stage.remotes())[0]!.status === 'sent')
  const { items } = await stage.sync('ALL')
  return { id: items[0]!.campaignId!, remoteId }
}

const facts = async (campaignId: string) => {
  const rows = await stage.world
    .fork()
    .execute<{ metric: string; total: number }[]>(
      'select metric, sum(count) as total from fact where campaign_id = ? group by metric',
      [campaignId],
    )
  return Object.fromEntries(rows.map(({ metric, total }) => [metric, Number(total)]))
}

const jobs = (campaignId: string) =>
  stage.world
    .fork()
    .execute<{ id: string; state: string; run_at: string }[]>(
      "select id, state, run_at from job where campaign_id = ? and name = 'campaign.report' order by run_at",
      [campaignId],
    )

async function readAgain(campaignId: string): Promise<unknown> {
  const { world } = stage
  const { job } = await world.ledger.enqueue({
    definition: campaignReport,
    input: { campaignId },
    actor: world.actor,
  })
  return (await world.untilState(job.id, 'COMPLETED')).result
}

describe('the report of a campaign that was sent', () => {
  test('becomes facts: what has grown since the last reading, and nothing when nothing has', async () => {
    const { id, remoteId } = await sentCampaign()
    await stage.world.until('the first reading', async () => (await facts(id)).SENT)
    expect(await facts(id)).toEqual({ SENT: 3, DELIVERED: 3 })
    for (const email of ['member1@bulk.example', 'member1@bulk.example', 'member2@bulk.example'])
      await stage.act('open', { campaign: remoteId, email })
    await stage.act('click', { campaign: remoteId, email: 'member1@bulk.example' })
    expect(await readAgain(id)).toEqual({ outcome: 'GREW' })
    const once = await facts(id)
    expect(once).toEqual({
      SENT: 3,
      DELIVERED: 3,
      OPENED: 3,
      UNIQUE_OPENED: 2,
      CLICKED: 1,
      UNIQUE_CLICKED: 1,
    })
    expect(await readAgain(id)).toEqual({ outcome: 'UNCHANGED' })
    await Promise.all([readAgain(id), readAgain(id), readAgain(id)])
    expect(await facts(id)).toEqual(once)
    expect((await stage.get(id)).report).toMatchObject({ sent: 3, opens: 3, uniqueOpens: 2, readings: 2 })
    const reports = (await stage.history(id)).filter(({ type }) => type === 'REPORT_UPDATED')
    expect(reports.map(({ detail }) => detail.report)).toEqual([
      { SENT: 3, DELIVERED: 3 },
      { OPENED: 3, UNIQUE_OPENED: 2, CLICKED: 1, UNIQUE_CLICKED: 1 },
    ])
  })

  test('is read again at the next time that is due, once, whoever asks for it', async () => {
    const { id } = await sentCampaign()
    await stage.world.until('the first reading', async () => (await facts(id)).SENT)
    await Promise.all([stage.sync('ALL'), stage.sync('CAMPAIGN', id), readAgain(id)])
    const waiting = (await jobs(id)).filter(({ state }) => state === 'SCHEDULED')
    const { sentAt } = await stage.get(id)
    expect(waiting.map(({ run_at }) => new Date(`${run_at.replace(' ', 'T')}Z`))).toEqual([
      nextReportAt(sentAt!, new Date()),
    ])
  })
})

describe('readings', () => {
  const minutes = (n: number) => n * 60_000
  const sent = new Date('2026-11-24T10:00:00Z')
  const next = (ms: number) => nextReportAt(sent, new Date(sent.getTime() + ms))?.getTime()

  test.each([
    ['at once', 0, minutes(5)],
    ['after 59 minutes', minutes(59), minutes(60)],
    ['after an hour', minutes(60), minutes(120)],
    ['after 47 hours', minutes(47 * 60 + 30), minutes(48 * 60)],
    ['after two days', minutes(48 * 60), minutes(72 * 60)],
  ])('%s come at the pace of the campaign’s age', (_, age, at) => {
    expect(next(age)).toBe(sent.getTime() + at)
  })

  test('end after 14 days', () => {
    expect(next(minutes(14 * 24 * 60) - 1)).toBe(sent.getTime() + minutes(14 * 24 * 60))
    expect(next(minutes(14 * 24 * 60))).toBeUndefined()
  })

  test('always lie ahead, and come ever less often', () => {
    fc.assert(
      fc.property(fc.nat(minutes(14 * 24 * 60) - 1), (age) => {
        const wait = next(age)! - sent.getTime() - age
        expect(wait).toBeGreaterThan(0)
        expect(wait).toBeLessThanOrEqual(minutes(24 * 60))
      }),
    )
  })
})
