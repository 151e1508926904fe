import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { newId } from '../entities/ids.ts'
import { type AnyJobDefinition, defineJobFor } from '../ledger/definition.ts'
import { installSchedules } from '../ledger/schedules/install.ts'
import { insertSchedules } from '../ledger/schedules/schedule-row.ts'
import { takeTicks } from '../ledger/schedules/take.ts'
import { type Api, startApi } from '../test/support/api.ts'
import { campaignSync } from '../workers/campaign.sync.ts'

const define = defineJobFor<unknown>()
const mail = define<{ to?: string | undefined }, never, void>({
  name: 'mail.send',
  description: 'Sends.',
  input: z.strictObject({ to: z.string().optional() }),
  mutation: { permission: 'campaigns:send' },
  schedule: { cron: '17 * * * *' },
  async run() {},
})
const prune = define<Record<string, never>, never, void>({
  name: 'retention.prune',
  description: 'Only from inside.',
  input: z.strictObject({}),
  scope: 'INSTALLATION',
  schedule: { cron: '30 3 * * *' },
  async run() {},
})
const plain = define<Record<string, never>, never, void>({
  name: 'plain.job',
  description: 'Comes without a schedule.',
  input: z.strictObject({}),
  mutation: { permission: 'jobs:write' },
  async run() {},
})
const { schedule: _, ...sync } = campaignSync
const definitions: AnyJobDefinition[] = [mail, prune, plain, sync]

let api: Api
let other: string
let builtIn: Record<string, string>
beforeAll(async () => {
  api = await startApi(definitions)
  const workspaceId = await api.addWorkspace()
  other = await api.addKey({ role: 'ADMIN', workspaceId })
  await installSchedules(api.world.fork, definitions, '', new Date())
  const { data } = await api.ask('{ schedules { nodes { id name } } }')
  builtIn = Object.fromEntries(data.schedules.nodes.map(({ id, name }: Record<string, string>) => [name, id]))
})
afterAll(() => api.close())

const upsert = (input: Record<string, unknown>, key?: string) =>
  api.ask(
    `mutation ($input: UpsertScheduleInput!) { upsertSchedule(input: $input) { __typename
      ... on UpsertSchedulePayload { created schedule { id name jobName input cron cronInWords timeZone overlap catchUp builtIn pausedAt nextRunAt nextRuns(count: 2) lastJob { id } } }
      ... on InvalidInputError { code issues { path message } } } }`,
    { input },
    { key },
  )
const made = async (input: Record<string, unknown>) =>
  (await upsert({ job: 'MAIL_SEND', cron: '0 9 * * *', ...input })).data.upsertSchedule
const act = async (verb: string, input: Record<string, unknown>, selection = '', key?: string) => {
  const type = `${verb.charAt(0).toUpperCase()}${verb.slice(1)}Input`
  const query = `mutation ($input: ${type}!) { ${verb}(input: $input) { __typename ${selection} } }`
  const { data, errors } = await api.ask(query, { input }, { key })
  return data?.[verb] ?? errors?.[0]?.extensions.code
}
const schedule = '... on SchedulePayload { schedule { id pausedAt nextRunAt nextRuns } }'
const job =
  '... on RunScheduleNowPayload { alreadyExisted job { id name scheduleId idempotencyKey } } ... on ScheduleBusyError { code message job { id } }'
const audits = async (subjectId: string) =>
  (
    await api.world
      .fork()
      .execute<{ action: string; reason: string }[]>(
        'select action, reason from audit where subject_id = ? order by id',
        [subjectId],
      )
  ).map(({ action, reason }) => [action, reason])

describe('a schedule', () => {
  test('is created by an unused name, with the defaults, and changed by the same name', async () => {
    const { created, schedule: first } = await made({
      name: 'news',
      cron: ' 0  9 * * MON-FRI ',
      reason: 'asked for',
    })
    expect(created).toBe(true)
    expect(first).toMatchObject({
      name: 'news',
      jobName: 'mail.send',
      input: {},
      cron: '0 9 * * MON-FRI',
      cronInWords: 'At 09:00, Monday through Friday',
      timeZone: 'UTC',
      overlap: 'SKIP',
      catchUp: 'ONCE',
      builtIn: false,
      pausedAt: null,
      lastJob: null,
    })
    expect(first.nextRuns[0]).toBe(first.nextRunAt)
    const changed = await made({
      name: 'news',
      timeZone: 'Asia/Kolkata',
      catchUp: 'NONE',
      input: { to: 'all' },
    })
    expect(changed).toMatchObject({
      created: false,
      schedule: {
        id: first.id,
        input: { to: 'all' },
        timeZone: 'Asia/Kolkata',
        overlap: 'SKIP',
        catchUp: 'NONE',
      },
    })
    expect(changed.schedule.nextRunAt).toMatch(/T03:30:00.000Z$/)
    expect(await audits(first.id)).toEqual([
      ['upsertSchedule', 'asked for'],
      ['upsertSchedule', null],
    ])
  })

  test('keeps its next tick when only its policies are changed', async () => {
    const { schedule: before } = await made({ name: 'kept' })
    await api.world
      .fork()
      .execute('update schedule set next_at = ? where id = ?', [new Date('2026-01-01'), before.id])
    const { schedule: after } = await made({ name: 'kept', overlap: 'QUEUE' })
    expect(after.nextRunAt).toBe('2026-01-01T00:00:00.000Z')
    expect((await made({ name: 'kept', cron: '0 10 * * *' })).schedule.nextRunAt).not.toBe(after.nextRunAt)
  })

  test('is created once, whoever asks at the same time', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => made({ name: 'race' })))
    expect(new Set(answers.map(({ schedule: { id } }) => id)).size).toBe(1)
  })

  test.each([
    ['cron', { cron: '* * * * * *' }],
    ['cron', { cron: '*/0 * * * *' }],
    ['cron', { cron: '0 0 30 2 *' }],
    ['cron', { cron: `${'1,'.repeat(5_000)}1 * * * *` }],
    ['cron', { cron: "0 0 * * *'; drop table schedule; --" }],
    ['timeZone', { timeZone: 'Europe/Atlantis' }],
    ['timeZone', { timeZone: '+02:00' }],
    ['name', { name: 'no spaces here' }],
    ['name', { name: 'x'.repeat(65) }],
    ['name', { name: 'plain.job' }],
    ['job', { job: 'RETENTION_PRUNE' }],
    ['input.to', { input: { to: 7 } }],
    ['input', { input: { from: 'x' } }],
    ['input', { input: 'text' }],
  ])('is refused for its %s: %j', async (path, wrong) => {
    const answer = await made({ name: 'wrong', ...wrong })
    expect(answer).toMatchObject({ __typename: 'InvalidInputError', issues: [{ path }] })
    const { data } = await api.ask('{ schedules { nodes { name } } }')
    expect(data.schedules.nodes.map(({ name }: { name: string }) => name)).not.toContain('wrong')
  })

  test('is refused when the workspace has 500, which can still be changed', async () => {
    const workspaceId = await api.addWorkspace()
    const key = await api.addKey({ role: 'ADMIN', workspaceId })
    const wish = { name: 'last', job: 'MAIL_SEND', cron: '0 9 * * *' }
    const many = Array.from({ length: 499 }, (_, n) => newId('schedule') + n).map((id) => ({
      definition: mail,
      workspaceId,
      name: id,
      input: {},
      cron: '0 9 * * *',
      timeZone: 'UTC',
      overlap: 'SKIP' as const,
      catchUp: 'ONCE' as const,
      builtIn: false,
      nextAt: undefined,
    }))
    await insertSchedules(api.world.fork(), many, new Date())
    expect((await upsert(wish, key)).data.upsertSchedule.created).toBe(true)
    expect((await upsert({ ...wish, name: 'more' }, key)).data.upsertSchedule).toMatchObject({
      issues: [{ path: 'name', message: expect.stringContaining('500') }],
    })
    expect((await upsert(wish, key)).data.upsertSchedule.created).toBe(false)
  })

  test('does not change its job', async () => {
    expect(await made({ name: 'retention.prune' })).toMatchObject({ issues: [{ path: 'job' }] })
  })

  test('is found by its id, by node and in pages, with its jobs', async () => {
    const { schedule: one } = await made({ name: 'found' })
    const ran = await act('runScheduleNow', { id: one.id }, job)
    const query = `query ($id: ID!) { schedule(id: $id) { name jobs { nodes { id } } lastJob { id } definition { name } }
      node(id: $id) { id ... on Schedule { name } } jobs(filter: { scheduleId: $id }) { totalCount }
      schedules(first: 1) { nodes { id } pageInfo { hasNextPage } } }`
    const { data } = await api.ask(query, { id: one.id })
    expect(data).toMatchObject({
      schedule: {
        name: 'found',
        jobs: { nodes: [{ id: ran.job.id }] },
        lastJob: { id: ran.job.id },
        definition: { name: 'mail.send' },
      },
      node: { id: one.id, name: 'found' },
      jobs: { totalCount: 1 },
      schedules: { nodes: [{ id: one.id }], pageInfo: { hasNextPage: true } },
    })
  })
})

describe('an operator', () => {
  test('pauses and resumes a schedule, and what passed meanwhile is not caught up', async () => {
    const { schedule: one } = await made({ name: 'paused', cron: '* * * * *', catchUp: 'ALL' })
    const paused = await act('pauseSchedule', { id: one.id, reason: 'holiday' }, schedule)
    expect(paused.schedule).toMatchObject({ nextRunAt: null, nextRuns: [] })
    expect((await act('pauseSchedule', { id: one.id }, schedule)).schedule.pausedAt).toBe(
      paused.schedule.pausedAt,
    )
    const world = api.world
    const later = new Date(Date.now() + 3_600_000)
    await takeTicks({ fork: world.fork, definitions, log: world.log }, later)
    expect((await made({ name: 'paused', cron: '*/2 * * * *' })).schedule.nextRunAt).toBeNull()
    const resumed = await act('resumeSchedule', { id: one.id, reason: 'back' }, schedule)
    expect(resumed.schedule.pausedAt).toBeNull()
    expect(new Date(resumed.schedule.nextRunAt).getTime()).toBeGreaterThan(Date.now())
    const { data } = await api.ask('query ($id: ID!) { jobs(filter: { scheduleId: $id }) { totalCount } }', {
      id: one.id,
    })
    expect(data.jobs.totalCount).toBe(0)
    expect((await audits(one.id)).map(([action]) => action)).toEqual([
      'upsertSchedule',
      'pauseSchedule',
      'pauseSchedule',
      'upsertSchedule',
      'resumeSchedule',
    ])
  })

  test('runs it now, once for each key, and not beside a job that is not final', async () => {
    const { schedule: one } = await made({ name: 'now', input: { to: 'all' } })
    const first = await act('runScheduleNow', { id: one.id, idempotencyKey: 'now-1', reason: 'test' }, job)
    expect(first).toMatchObject({ alreadyExisted: false, job: { name: 'mail.send', scheduleId: one.id } })
    const again = await act('runScheduleNow', { id: one.id, idempotencyKey: 'now-1' }, job)
    expect(again).toMatchObject({ alreadyExisted: true, job: { id: first.job.id } })
    expect(await act('runScheduleNow', { id: one.id, idempotencyKey: 'now-2' }, job)).toMatchObject({
      __typename: 'ScheduleBusyError',
      code: 'SCHEDULE_BUSY',
      job: { id: first.job.id },
    })
    await made({ name: 'now', overlap: 'QUEUE' })
    expect((await act('runScheduleNow', { id: one.id }, job)).job.id).not.toBe(first.job.id)
    expect(await audits(one.id)).toContainEqual(['runScheduleNow', 'test'])
  })

  test('runs it once with SKIP, however many ask at the same time', async () => {
    const { schedule: one } = await made({ name: 'rush' })
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => act('runScheduleNow', { id: one.id }, job)),
    )
    expect(answers.map(({ __typename }) => __typename).sort()).toEqual([
      'RunScheduleNowPayload',
      ...Array(4).fill('ScheduleBusyError'),
    ])
  })

  test('deletes it, but none that comes with its job; its jobs stay', async () => {
    const { schedule: one } = await made({ name: 'gone' })
    const { job: ran } = await act('runScheduleNow', { id: one.id }, job)
    expect(await act('deleteSchedule', { id: one.id, reason: 'over' })).toMatchObject({
      __typename: 'DeleteSchedulePayload',
    })
    expect((await api.ask(`{ job(id: "${ran.id}") { id } schedule(id: "${one.id}") { id } }`)).data).toEqual({
      job: { id: ran.id },
      schedule: null,
    })
    expect(await audits(one.id)).toContainEqual(['deleteSchedule', 'over'])
    expect(await act('deleteSchedule', { id: builtIn['mail.send'] })).toMatchObject({
      __typename: 'BuiltInScheduleError',
    })
  })
})

describe('permissions', () => {
  const verbs = ['pauseSchedule', 'resumeSchedule', 'runScheduleNow', 'deleteSchedule']
  test('to start the job itself are needed: a schedule is no way around them', async () => {
    const key = api.keys.OPERATOR
    const { errors } = await upsert({ name: 'sly', job: 'MAIL_SEND', cron: '0 9 * * *' }, key)
    expect(errors?.[0]).toMatchObject({
      message: 'Schedules of mail.send take the permission campaigns:send',
      extensions: { code: 'FORBIDDEN' },
    })
    const { schedule: one } = await made({ name: 'mine' })
    for (const verb of verbs) expect(await act(verb, { id: one.id }, '', key)).toBe('FORBIDDEN')
    expect(await audits(one.id)).toEqual([['upsertSchedule', null]])
  })

  test('of administrators are needed for a job that nobody may start', async () => {
    const wish = { name: 'retention.prune', job: 'RETENTION_PRUNE', cron: '15 4 * * *', catchUp: 'NONE' }
    expect((await upsert(wish, api.keys.OPERATOR)).errors?.[0]?.extensions.code).toBe('FORBIDDEN')
    expect((await upsert(wish)).data.upsertSchedule).toMatchObject({
      created: false,
      schedule: { cron: '15 4 * * *', catchUp: 'NONE', builtIn: true },
    })
    expect((await upsert({ ...wish, name: 'mine-too' })).data.upsertSchedule.issues[0].path).toBe('job')
    expect((await upsert(wish, other)).errors?.[0]?.extensions.code).toBe('FORBIDDEN')
  })
})

test('a workspace sees and touches its own schedules only', async () => {
  const { schedule: one } = await made({ name: 'private' })
  const query = `query ($id: ID!) { schedule(id: $id) { id } node(id: $id) { id } jobs(filter: { scheduleId: $id }) { totalCount }
    schedules { nodes { name } totalCount } }`
  await act('runScheduleNow', { id: one.id }, job)
  expect((await api.ask(query, { id: one.id }, { key: other })).data).toEqual({
    schedule: null,
    node: null,
    jobs: { totalCount: 0 },
    schedules: { nodes: [{ name: 'mail.send' }], totalCount: 1 },
  })
  for (const verb of ['pauseSchedule', 'resumeSchedule', 'runScheduleNow', 'deleteSchedule'])
    expect(await act(verb, { id: one.id }, '', other)).toMatchObject({ __typename: 'NotFoundError' })
  const theirs = await upsert({ name: 'private', job: 'MAIL_SEND', cron: '0 1 * * *' }, other)
  expect(theirs.data.upsertSchedule.created).toBe(true)
  expect((await api.ask(query, { id: one.id })).data.schedule.id).toBe(one.id)
})

describe('cronPreview', () => {
  const preview = async (variables: Record<string, unknown>) =>
    api.ask(
      `query ($cron: String!, $timeZone: String, $count: Int) { cronPreview(cron: $cron, timeZone: $timeZone, count: $count) {
        ... on CronPreview { cronInWords timeZone nextRuns } ... on InvalidInputError { code issues { path message } } } }`,
      variables,
    )
  test('says in words and by its next ticks what an expression means', async () => {
    const { data } = await preview({ cron: '30 6 * * *', timeZone: 'Asia/Kolkata', count: 3 })
    expect(data.cronPreview).toMatchObject({ cronInWords: 'At 06:30', timeZone: 'Asia/Kolkata' })
    expect(data.cronPreview.nextRuns).toHaveLength(3)
    for (const run of data.cronPreview.nextRuns) expect(run).toMatch(/T01:00:00.000Z$/)
  })
  test('takes the workspace’s time zone unless told', async () => {
    expect((await preview({ cron: '@daily' })).data.cronPreview.timeZone).toBe('UTC')
  })
  test('says what is wrong with one', async () => {
    expect((await preview({ cron: '61 * * * *' })).data.cronPreview).toMatchObject({
      code: 'INVALID_INPUT',
      issues: [{ path: 'cron', message: expect.stringContaining('Expected five fields') }],
    })
    expect((await preview({ cron: '* * * * *', count: 21 })).errors?.[0]?.extensions.code).toBe(
      'INVALID_INPUT',
    )
  })
})

test('the examples of docs/schedules.md work', async () => {
  const text = await readFile(new URL('../docs/schedules.md', import.meta.url), 'utf8')
  const [preview, upsertion] = [...text.matchAll(/```graphql\n(.*?)```/gs)].map(([, document]) => document!)
  expect((await api.ask(preview!)).data.cronPreview.cronInWords).toBe('At 09:00, Monday through Friday')
  expect((await api.ask(upsertion!)).data.upsertSchedule.schedule).toMatchObject({ cronInWords: 'At 03:30' })
})
