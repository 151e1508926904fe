import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { newId } from '../entities/ids.ts'
import { insertRows } from '../entities/sql.ts'
import { insertCampaign } from '../marketing/campaigns/changes.ts'
import { pruneFacts } from '../marketing/retention.ts'
import { createWorld, type World } from '../test/support/world.ts'
import { retentionPrune } from './retention.prune.ts'

let world: World
let other: string
const keep = { jobs: 100, events: 200, receipts: 30, facts: 400 }
beforeAll(async () => {
  world = await createWorld([retentionPrune])
  other = newId('workspace')
  await sql('insert into workspace (id, slug, name, time_zone, created_at) values (?, ?, ?, ?, ?)', [
    other,
    'other',
    'Other',
    'UTC',
    new Date(),
  ])
  world.startDispatcher()
  world.startWorkers({ services: { retention: keep } })
})
afterAll(() => world.close())
beforeEach(async () => {
  for (const table of ['job', 'lead', 'campaign', 'webhook_receipt', 'fact'])
    await sql(`delete from \`${table}\``)
  await sql("update stat_position set at = ?, fact_id = 1000000 where name in ('JOBS', 'FACTS')", [
    new Date(),
  ])
  await sql("update stat_position set at = '1970-01-01' where name = 'PRUNED'")
})

const sql = <T extends object>(text: string, values: unknown[] = []) =>
  world.fork().execute<T[]>(text, values)
const dayMs = 86_400_000
/** Beginning of the UTC day so many days ago, and a moment before it. */
const startOf = (days: number) => new Date((Math.floor(Date.now() / dayMs) - days) * dayMs)
const before = (time: Date) => new Date(time.getTime() - 1)
const names = async (table: string, column: string) =>
  (await sql<Record<string, string>>(`select ${column} from ${table} order by ${column}`)).map(
    (row) => row[column],
  )

/** An id as it would have been made then. */
function idAt(kind: 'leadEvent' | 'campaignEvent', time: Date): string {
  const [prefix, ours] = newId(kind).split('_')
  const digits = '0123456789abcdefghjkmnpqrstvwxyz'
  let ms = BigInt(time.getTime())
  let text = ''
  for (let n = 0; n < 10; n++, ms >>= 5n) text = digits[Number(ms & 31n)] + text
  return `${prefix}_${text}${ours!.slice(10)}`
}

async function addJob(finishedAt: Date | null, workspaceId = world.actor.workspaceId): Promise<string> {
  const id = newId('job')
  const columns =
    'id workspace_id name input input_version fingerprint state priority run_at run attempts attempts_made starts correlation_id created_at finished_at updated_at'
  const state = finishedAt ? 'COMPLETED' : 'ACTIVE'
  const at = finishedAt ?? new Date(0)
  await insertRows(world.fork(), 'job', columns.split(' '), [
    [id, workspaceId, 'x.y', '{}', 1, 'f', state, 'NORMAL', at, 1, 5, 1, 1, 'c', at, finishedAt, at],
  ])
  await insertRows(
    world.fork(),
    'job_attempt',
    ['job_id', 'run', 'number', 'outcome'],
    [[id, 1, 1, 'FAILED']],
  )
  await insertRows(world.fork(), 'job_log', ['job_id', 'event_id', 'at', 'line'], [[id, '1-1', at, 'x']])
  return id
}

async function addFact(
  name: string,
  occurredAt: Date,
  workspaceId = world.actor.workspaceId,
): Promise<number> {
  const columns = 'workspace_id metric occurred_at arrived_at source_event count bot'.split(' ')
  await insertRows(world.fork(), 'fact', columns, [
    [workspaceId, 'SENT', occurredAt, occurredAt, name, 1, false],
  ])
  return Number((await sql<{ id: string }>('select max(id) as id from fact'))[0]!.id)
}

async function prune(): Promise<unknown> {
  const { job } = await world.ledger.enqueue({ definition: retentionPrune, input: {}, actor: world.actor })
  return (await world.untilState(job.id, 'COMPLETED')).result
}

test('finished jobs go with all that belongs to them when their time is over, and open ones stay whatever their age', async () => {
  await addJob(before(startOf(keep.jobs)))
  await addJob(before(startOf(keep.jobs)), other)
  const kept = [await addJob(startOf(keep.jobs)), await addJob(null)]
  expect(await prune()).toMatchObject({ jobs: 2 })
  for (const [table, column] of [
    ['job', 'id'],
    ['job_attempt', 'job_id'],
    ['job_log', 'job_id'],
  ] as const)
    expect((await names(table, column)).filter((id) => kept.includes(id!))).toEqual(kept)
  expect(await sql("select id from job where name = 'x.y'")).toHaveLength(2)
})

test('a job that is not in the statistics yet stays', async () => {
  await sql("update stat_position set at = ? where name = 'JOBS'", [startOf(keep.jobs + 1)])
  const id = await addJob(before(startOf(keep.jobs)))
  expect(await prune()).toMatchObject({ jobs: 0 })
  expect(await names('job', 'id')).toContain(id)
})

test('timelines keep what is young enough, and go on where they were', async () => {
  const { workspaceId } = world.actor
  const lead = newId('lead')
  await sql(
    `insert into \`lead\` (id, workspace_id, utm, tags, custom_fields, email_consent, whatsapp_consent, status, external_ids, last_event_seq, created_at, updated_at, version)
     values (?, ?, '{}', '[]', '{}', 'UNKNOWN', 'UNKNOWN', 'NEW', '{}', 2, now(3), now(3), 1)`,
    [lead, workspaceId],
  )
  const campaign = await world.ledger.transaction((em) =>
    insertCampaign(em, workspaceId, { name: 'C' } as never, { correlationId: 'c' }),
  )
  const [old, young] = [before(startOf(keep.events)), startOf(keep.events)]
  const columns = 'id lead_id seq type at correlation_id detail'.split(' ')
  await insertRows(world.fork(), 'lead_event', columns, [
    [idAt('leadEvent', old), lead, 1, 'CREATED', old, 'c', '{}'],
    [idAt('leadEvent', young), lead, 2, 'UPDATED', young, 'c', '{}'],
  ])
  await sql('update campaign_event set id = ?', [idAt('campaignEvent', young)])
  const ofCampaign = columns.map((column) => column.replace('lead', 'campaign'))
  const event = [idAt('campaignEvent', old), campaign.id, 9, 'UPDATED', old, 'c', '{}']
  await insertRows(world.fork(), 'campaign_event', ofCampaign, [event])
  expect(await prune()).toMatchObject({ leadEvents: 1, campaignEvents: 1 })
  expect(await names('lead_event', 'type')).toEqual(['UPDATED'])
  expect(await names('campaign_event', 'type')).toEqual(['CREATED'])
})

test('receipts go when they are done with and old enough', async () => {
  const columns = 'id workspace_id vendor dedupe_key body state received_at'.split(' ')
  const receipt = (state: string, at: Date, workspaceId = world.actor.workspaceId) => {
    const id = newId('webhookReceipt')
    return [id, workspaceId, 'mandrill', id, state, state, at]
  }
  const [old, young] = [before(startOf(keep.receipts)), startOf(keep.receipts)]
  await insertRows(world.fork(), 'webhook_receipt', columns, [
    ...['APPLIED', 'IGNORED', 'FAILED', 'RECEIVED'].map((state) => receipt(state, old)),
    receipt('APPLIED', old, other),
    receipt('APPLIED', young),
  ])
  expect(await prune()).toMatchObject({ receipts: 3 })
  expect(await names('webhook_receipt', 'state')).toEqual(['APPLIED', 'FAILED', 'RECEIVED'])
})

test('facts go when they are old enough and rolled up, and it is noted before which day some may be gone', async () => {
  await addFact('old', before(startOf(keep.facts)))
  const counted = await addFact('old of others', before(startOf(keep.facts)), other)
  await addFact('old and new here', before(startOf(keep.facts)))
  await addFact('young', startOf(keep.facts))
  await sql("update stat_position set fact_id = ? where name = 'FACTS'", [counted])
  expect(await prune()).toMatchObject({ facts: 2 })
  expect(await names('fact', 'source_event')).toEqual(['old and new here', 'young'])
  const noted = await sql("select at from stat_position where name = 'PRUNED' and at = ?", [
    startOf(keep.facts),
  ])
  expect(noted).toHaveLength(1)
})

test('it can be stopped between two chunks, and goes on where it was', async () => {
  const old = before(startOf(keep.facts))
  const columns = 'workspace_id metric occurred_at arrived_at source_event count bot'.split(' ')
  const rows = Array.from({ length: 1_200 }, (_, n) => [
    world.actor.workspaceId,
    'SENT',
    old,
    old,
    `s${n}`,
    1,
    false,
  ])
  await insertRows(world.fork(), 'fact', columns, rows)
  const stop = new AbortController()
  const seen: number[] = []
  const tell = (deleted: number) => {
    seen.push(deleted)
    stop.abort(new Error('stopped'))
  }
  const deletion = { transaction: world.ledger.transaction, signal: stop.signal, tell }
  await expect(pruneFacts(deletion, startOf(keep.facts))).rejects.toThrow('stopped')
  expect(seen).toEqual([500])
  expect(await names('fact', 'id')).toHaveLength(700)
  expect(await prune()).toMatchObject({ facts: 700 })
})

test.each([
  ['job', "finished_at < '2026-01-01' order by finished_at", 'job_finished'],
  ['lead_event', "id < 'levt_0' order by id", 'PRIMARY'],
  ['campaign_event', "id < 'cevt_0' order by id", 'PRIMARY'],
  ['webhook_receipt', "received_at < '2026-01-01' order by received_at", 'webhook_receipt_age'],
  [
    'fact',
    "workspace_id = 'x' and occurred_at < '2026-01-01' and id + 0 <= 5 order by occurred_at",
    'fact_occurred',
  ],
])('old rows of %s are found by an index', async (table, condition, index) => {
  const [plan] = await sql<{ key: string; Extra: string }>(
    `explain delete from ${table} where ${condition} limit 500`,
  )
  expect([plan!.key, plan!.Extra]).toEqual([index, expect.not.stringContaining('filesort')])
})
