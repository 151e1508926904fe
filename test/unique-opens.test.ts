import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../entities/ids.ts'
import { appendFacts, type NewFact } from '../marketing/facts.ts'
import { leadsOf } from './support/webhook-leads.ts'
import { createWorld, type World } from './support/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld([])
})
afterAll(() => world?.close())
const crm = leadsOf(() => world)
const at = (minute: number) => new Date(Date.UTC(2026, 9, 1, 12, minute))

async function appendOld(facts: Omit<NewFact, 'workspaceId' | 'channel'>[]): Promise<void> {
  const common = { workspaceId: world.actor.workspaceId, channel: 'EMAIL' } as const
  await world.ledger.transaction((em) =>
    appendFacts(
      em,
      facts.map((fact) => ({ ...common, ...fact })),
    ),
  )
}

async function migrateAgain(): Promise<void> {
  await crm.rows("delete from mikro_orm_migrations where name like '%unique_opens'")
  await world.orm.migrator.up()
}

const counted = () =>
  crm.rows<{ metric: string; total: string; first: string }>(
    'select metric, sum(count) as total, min(occurred_at) as first from fact where not bot group by metric order by metric',
  )

test('facts from before opens were told apart get their unique opens and clicks, once', async () => {
  const leadId = await crm.addLead({ email: 'anna@example.com' })
  const messageId = await crm.addMessage(leadId, 'EMAIL', 'm1')
  const of = (event: string, metric: NewFact['metric'], minute: number, bot = false) => ({
    metric,
    occurredAt: at(minute),
    sourceEvent: `mandrill:m1:${event}`,
    messageId,
    leadId,
    bot,
  })
  await appendOld([
    of('open:1', 'OPENED', 1, true),
    of('open:2', 'OPENED', 2),
    of('open:3', 'OPENED', 3),
    of('click:4', 'CLICKED', 4),
    of('hard_bounce', 'BOUNCED', 5),
  ])
  await migrateAgain()
  await migrateAgain()
  expect(
    (await counted()).map(({ metric, total, first }) => [metric, Number(total), first.slice(14, 16)]),
  ).toEqual([
    ['BOUNCED', 1, '05'],
    ['CLICKED', 1, '04'],
    ['OPENED', 2, '02'],
    ['SENT', 1, '05'],
    ['UNIQUE_CLICKED', 1, '04'],
    ['UNIQUE_OPENED', 1, '02'],
  ])
  await crm.clear()
})

test('what a campaign’s report counted before were people, and each time is taken from the report', async () => {
  const campaignId = newId('campaign')
  const report = { opens: 9, uniqueOpens: 4, clicks: 3, uniqueClicks: 2, readings: 1 }
  await crm.rows(
    `insert into campaign (id, workspace_id, name, state, mailchimp_id, report, reported_at, sent_at, version, last_event_seq, created_at, updated_at)
     values (?, ?, 'Old', 'SENT', 'abc', ?, ?, ?, 1, 0, ?, ?)`,
    [campaignId, world.actor.workspaceId, JSON.stringify(report), at(9), at(1), at(0), at(9)],
  )
  const of = (metric: NewFact['metric'], count: number) => ({
    metric,
    count,
    occurredAt: at(2),
    sourceEvent: `mailchimp:report:abc:${metric}:1`,
    campaignId,
  })
  await appendOld([of('OPENED', 4), of('CLICKED', 2)])
  await migrateAgain()
  expect((await counted()).map(({ metric, total }) => [metric, Number(total)])).toEqual([
    ['CLICKED', 3],
    ['OPENED', 9],
    ['UNIQUE_CLICKED', 2],
    ['UNIQUE_OPENED', 4],
  ])
})
