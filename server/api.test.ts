import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineJobFor } from '../ledger/definition.ts'
import { graphql } from '../test/client/index.ts'
import { type Api, startApi, take } from '../test/support/api.ts'

const define = defineJobFor<unknown>()
const leadCreated = define<{ leadId: string }, { step: string }, { welcomed: boolean }>({
  name: 'lead.created',
  description: 'Welcomes a lead.',
  input: z.strictObject({ leadId: z.string() }),
  attempts: 1,
  mutation: { permission: 'leads:write' },
  subject: ({ leadId }) => ({ leadId }),
  async run(_, { progress, say }) {
    progress({ step: 'mail' })
    say('sent')
    return { welcomed: true }
  },
})
const statsRollup = define<{ day: string; size: number; mode?: 'full' | 'quick' | undefined }, never, void>({
  name: 'stats.rollup',
  description: 'Rolls statistics up.',
  input: z.strictObject({
    day: z.iso.date(),
    size: z.int().default(5),
    mode: z.enum(['full', 'quick']).optional(),
  }) as never,
  attempts: 1,
  mutation: { permission: 'jobs:write' },
  async run({ day }) {
    if (day === '2026-01-01')
      throw Object.assign(new Error('nobody works today'), { errorClass: 'PERMANENT' })
  },
})

let api: Api
beforeAll(async () => {
  api = await startApi([leadCreated, statsRollup])
  api.world.startDispatcher()
  api.world.startWorkers()
})
afterAll(() => api.close())

const CreateLead = graphql(`
  mutation CreateLead($input: CreateLeadInput!) {
    createLead(input: $input) {
      __typename
      ... on CreateLeadPayload { alreadyExisted lead { id email phone version } job { id name state leadId priority } }
      ... on Error { code message }
      ... on InvalidInputError { issues { path message } }
      ... on LeadExistsError { lead { id } }
      ... on IdempotencyConflictError { job { id } }
    }
  }
`)
const createLead = async (input: object, idempotencyKey?: string) =>
  (await api.send(CreateLead, { input: { ...input, ...(idempotencyKey && { idempotencyKey }) } })).data
    .createLead
const accepted = async (input: object, key?: string) => {
  const result = await createLead(input, key)
  if (result.__typename !== 'CreateLeadPayload') throw new Error(`${result.code}: ${result.message}`)
  return result
}

describe('creating a lead', () => {
  test('stores it and starts its job in one go', async () => {
    const { lead, job, alreadyExisted } = await accepted({
      email: ' Anna@Example.com ',
      phone: '612 345 678',
      country: 'ES',
    })
    expect(lead).toMatchObject({ email: 'anna@example.com', phone: '+34612345678', version: 1 })
    expect(job).toMatchObject({ name: 'lead.created', state: 'PENDING', leadId: lead.id })
    expect(alreadyExisted).toBe(false)
    expect(job.priority).toBe('NORMAL')
    await api.world.untilState(job.id, 'COMPLETED')
  })

  test('names everything that is wrong with the input', async () => {
    const result = await createLead({ email: 'anna@', phone: '123', timeZone: 'Mars/Base' })
    expect(result).toMatchObject({ __typename: 'InvalidInputError', code: 'INVALID_INPUT' })
    expect(result.__typename === 'InvalidInputError' && result.issues.map(({ path }) => path)).toEqual([
      'email',
      'phone',
      'timeZone',
    ])
    expect(await createLead({ firstName: 'Nobody' })).toMatchObject({
      issues: [{ path: '', message: 'needs an e-mail address or a phone number' }],
    })
  })

  test('refuses names, tags and fields that would break a header, a line of CSV or a text', async () => {
    const result = await createLead({
      email: 'anna@bücher.example',
      firstName: 'Anna\u0000',
      company: 'Solaria\r\nBcc: all@example.com',
      tags: ['vip\u0007'],
      customFields: { size: 'two\nlines', note: 'x\u0000' },
    })
    expect(result.__typename === 'InvalidInputError' && result.issues.map(({ path }) => path)).toEqual([
      'firstName',
      'company',
      'tags',
      'customFields',
    ])
  })

  test('whose e-mail address is known answers with the lead that has it', async () => {
    const { lead } = await accepted({ email: 'cleo@example.com' })
    expect(await createLead({ email: 'CLEO@example.com' })).toMatchObject({
      __typename: 'LeadExistsError',
      lead: { id: lead.id },
    })
  })

  test('twice with one idempotency key gives the first answer; other input under it is a conflict', async () => {
    const first = await accepted({ email: 'dora@example.com' }, 'key-dora')
    expect(await accepted({ email: 'dora@example.com' }, 'key-dora')).toMatchObject({
      alreadyExisted: true,
      lead: { id: first.lead.id },
      job: { id: first.job.id },
    })
    expect(await createLead({ email: 'emma@example.com' }, 'key-dora')).toMatchObject({
      __typename: 'IdempotencyConflictError',
      job: { id: first.job.id },
    })
    expect(await api.world.fork().execute("select id from `lead` where email = 'emma@example.com'")).toEqual(
      [],
    )
  })

  test('many times at once with one key or one address creates one lead and one job', async () => {
    const same = await Promise.all(
      Array.from({ length: 20 }, () => createLead({ email: 'fay@example.com' }, 'key-fay')),
    )
    expect(new Set(same.map((each) => each.__typename === 'CreateLeadPayload' && each.job.id)).size).toBe(1)
    const rivals = await Promise.all(
      Array.from({ length: 20 }, (_, index) => createLead({ email: `gina${index}@example.com` }, 'key-gina')),
    )
    expect(rivals.map((each) => each.__typename).sort()).toEqual([
      'CreateLeadPayload',
      ...Array(19).fill('IdempotencyConflictError'),
    ])
    const twins = await Promise.all(
      Array.from({ length: 20 }, () => createLead({ email: 'hana@example.com' })),
    )
    expect(twins.map((each) => each.__typename).sort()).toEqual([
      'CreateLeadPayload',
      ...Array(19).fill('LeadExistsError'),
    ])
    const [row] = await api.world
      .fork()
      .execute<{ n: number }[]>(
        "select count(*) as n from `lead` where email like 'gina%' or email like 'fay%' or email like 'hana%'",
      )
    expect(row!.n).toBe(3)
  })

  test('takes the key from the Idempotency-Key header, for each mutation of a document its own', async () => {
    const document =
      'mutation { a: createLead(input: { email: "ida@example.com" }) { ...r } b: createLead(input: { email: "ivy@example.com" }) { ...r } } fragment r on CreateLeadPayload { alreadyExisted lead { id } }'
    const headers = { 'idempotency-key': 'header-1' }
    const first = (await api.ask(document, {}, { headers })).data
    const again = (await api.ask(document, {}, { headers })).data
    expect(first.a.alreadyExisted || first.b.alreadyExisted).toBe(false)
    expect(again).toEqual({
      a: { ...first.a, alreadyExisted: true },
      b: { ...first.b, alreadyExisted: true },
    })
  })

  test('in bulk with one idempotency key brings back each lead by its place', async () => {
    const bulk = async (...emails: string[]) =>
      (
        await api.ask(
          'mutation ($input: CreateLeadsInput!) { createLeads(input: $input) { __typename ... on CreateLeadsPayload { created items { outcome job { id idempotencyKey } } } } }',
          { input: { leads: emails.map((email) => ({ email })), idempotencyKey: 'bulk', priority: 'LOW' } },
        )
      ).data.createLeads
    const first = await bulk('lou@example.com', 'lia@example.com')
    expect(first).toMatchObject({
      created: 2,
      items: [{ job: { idempotencyKey: 'bulk:0' } }, { job: { idempotencyKey: 'bulk:1' } }],
    })
    const again = await bulk('lou@example.com', 'lia@example.com')
    expect(again).toMatchObject({
      created: 0,
      items: first.items.map(({ job }: { job: object }) => ({ job })),
    })
    expect((await bulk('lia@example.com')).__typename).toBe('IdempotencyConflictError')
  })

  test('in bulk says of each lead what became of it', async () => {
    const { lead } = await accepted({ email: 'june@example.com' })
    const { data } = await api.ask(
      'mutation ($leads: [LeadInput!]!) { createLeads(input: { leads: $leads }) { ... on CreateLeadsPayload { created existing invalid items { index outcome lead { id email } job { name priority } issues { path } } } } }',
      {
        leads: [
          { email: 'june@example.com' },
          { email: 'kate@example.com' },
          { email: 'bad' },
          { email: 'kate@example.com' },
          { email: 'lea@example.com', campaignId: 'camp_x' },
        ],
      },
    )
    expect(data.createLeads).toMatchObject({ created: 1, existing: 2, invalid: 2 })
    expect(data.createLeads.items).toMatchObject([
      { outcome: 'EXISTING', lead: { id: lead.id } },
      {
        outcome: 'CREATED',
        lead: { email: 'kate@example.com' },
        job: { name: 'lead.created', priority: 'BULK' },
      },
      { outcome: 'INVALID', lead: null, issues: [{ path: 'email' }] },
      { outcome: 'EXISTING', lead: { email: 'kate@example.com' } },
      { outcome: 'INVALID', issues: [{ path: 'campaignId' }] },
    ])
    const tooMany = await api.ask(
      'mutation ($leads: [LeadInput!]!) { createLeads(input: { leads: $leads }) { __typename } }',
      { leads: Array.from({ length: 1001 }, () => ({})) },
    )
    expect(tooMany.data.createLeads.__typename).toBe('InvalidInputError')
  })
})

describe('changing a lead', () => {
  const update = async (input: Record<string, unknown>) =>
    (
      await api.ask(
        'mutation ($input: UpdateLeadInput!) { updateLead(input: $input) { __typename ... on UpdateLeadPayload { changed lead { firstName version emailConsent emailConsentAt timeline { nodes { type changed } } } } ... on LeadExistsError { lead { id } } ... on VersionConflictError { lead { version } } } }',
        { input: { ...input, reason: 'asked by phone' } },
      )
    ).data.updateLead

  test('raises its version, says what changed and keeps who did it', async () => {
    const { lead } = await accepted({ email: 'mia@example.com' })
    const result = await update({
      id: lead.id,
      firstName: ' Mia ',
      emailConsent: 'GRANTED',
      expectedVersion: 1,
    })
    expect(result).toMatchObject({
      changed: true,
      lead: {
        firstName: 'Mia',
        version: 2,
        emailConsent: 'GRANTED',
        emailConsentAt: expect.any(String),
        timeline: {
          nodes: [{ type: 'CREATED' }, { type: 'UPDATED', changed: ['firstName', 'emailConsent'] }],
        },
      },
    })
    expect(await update({ id: lead.id, firstName: 'Mia' })).toMatchObject({
      changed: false,
      lead: { version: 2 },
    })
    expect(
      await api.world
        .fork()
        .execute('select action, reason from audit where subject_id = ? order by id', [lead.id]),
    ).toEqual([
      { action: 'createLead', reason: null },
      { action: 'updateLead', reason: 'asked by phone' },
    ])
  })

  test('that others changed meanwhile, that is unknown or whose new address is taken is refused', async () => {
    const { lead } = await accepted({ email: 'nora@example.com' })
    const { lead: other } = await accepted({ email: 'olga@example.com' })
    expect(await update({ id: lead.id, firstName: 'N', expectedVersion: 7 })).toMatchObject({
      __typename: 'VersionConflictError',
      lead: { version: 1 },
    })
    expect(await update({ id: lead.id, email: 'olga@example.com' })).toMatchObject({
      __typename: 'LeadExistsError',
      lead: { id: other.id },
    })
    expect(await update({ id: 'lead_x' })).toMatchObject({ __typename: 'NotFoundError' })
  })
})

describe('jobs', () => {
  const rollup = async (input: string) =>
    (
      await api.ask(
        `mutation { enqueueStatsRollup(input: { ${input} }) { __typename ... on EnqueuePayload { alreadyExisted job { id state input runAt priority } } ... on InvalidInputError { issues { path } } } }`,
      )
    ).data.enqueueStatsRollup

  test('about a lead that the workspace does not have are refused', async () => {
    const { data } = await api.ask(
      'mutation { enqueueLeadCreated(input: { leadId: "lead_of_nobody" }) { __typename ... on Error { code } } }',
    )
    expect(data.enqueueLeadCreated).toEqual({ __typename: 'NotFoundError', code: 'NOT_FOUND' })
  })

  test('start by the typed mutation of their definition', async () => {
    const result = await rollup(
      'day: "2026-11-24", mode: FULL, size: null, priority: HIGH, runAt: "2030-01-01T00:00:00Z"',
    )
    expect(result.job).toMatchObject({
      state: 'SCHEDULED',
      input: { day: '2026-11-24', mode: 'full', size: 5 },
      priority: 'HIGH',
      runAt: '2030-01-01T00:00:00.000Z',
    })
    const keyed = (day: string) => rollup(`day: "${day}", idempotencyKey: "rollup"`)
    const [first, again, other] = [
      await keyed('2026-11-25'),
      await keyed('2026-11-25'),
      await keyed('2026-11-26'),
    ]
    expect([first.alreadyExisted, again.alreadyExisted]).toEqual([false, true])
    expect(again.job.id).toBe(first.job.id)
    expect(other.__typename).toBe('IdempotencyConflictError')
    expect(await rollup('day: "today"')).toMatchObject({
      __typename: 'InvalidInputError',
      issues: [{ path: 'day' }],
    })
  })

  test('start by name, and are retried, run again with other input and cancelled', async () => {
    const { data } = await api.ask(
      'mutation { enqueueJob(name: STATS_ROLLUP, input: { day: "2026-01-01" }) { ... on EnqueuePayload { job { id } } } }',
    )
    const { id } = data.enqueueJob.job
    await api.world.untilState(id, 'DEAD')
    const act = async (call: string) =>
      (
        await api.ask(
          `mutation { x: ${call} { __typename ... on JobPayload { job { id state run retryOf { id } } } ... on WrongStateError { state } } }`,
        )
      ).data.x
    expect(await act(`rerunJob(input: { id: "${id}", input: { day: "x" } })`)).toMatchObject({
      __typename: 'InvalidInputError',
    })
    expect(await act(`rerunJob(input: { id: "${id}", input: { day: "2026-01-02" } })`)).toMatchObject({
      job: { retryOf: { id } },
    })
    expect(await act(`retryJob(input: { id: "${id}", reason: "try" })`)).toMatchObject({
      job: { id, run: 2 },
    })
    await api.world.untilState(id, 'DEAD')
    const later = await rollup('day: "2026-11-24", runAt: "2030-01-01T00:00:00Z"')
    expect(await act(`cancelJob(input: { id: "${later.job.id}" })`)).toMatchObject({
      job: { state: 'CANCELLED' },
    })
    expect(await act(`cancelJob(input: { id: "${later.job.id}" })`)).toMatchObject({
      __typename: 'WrongStateError',
      state: 'CANCELLED',
    })
    const { data: seen } = await api.ask(
      `{ job(id: "${id}") { error { class message } attemptHistory { run outcome errorClass } definition { name mutation } } }`,
    )
    expect(seen.job).toMatchObject({
      error: { class: 'PERMANENT', message: 'nobody works today' },
      attemptHistory: [
        { run: 1, outcome: 'FAILED' },
        { run: 2, outcome: 'FAILED' },
      ],
      definition: { mutation: 'enqueueStatsRollup' },
    })
  })

  test('are listed in pages that do not shift when new ones come', async () => {
    for (let n = 1; n <= 5; n++) await rollup(`day: "2026-02-0${n}", runAt: "2031-01-01T00:00:00Z"`)
    const page = async (after?: string) =>
      (
        await api.ask(
          'query ($after: String) { jobs(filter: { names: [STATS_ROLLUP], states: [SCHEDULED] }, first: 2, after: $after) { totalCount totalCountIsCapped edges { cursor } nodes { id } pageInfo { hasNextPage endCursor } } }',
          { after },
        )
      ).data.jobs
    const first = await page()
    expect(first).toMatchObject({
      totalCountIsCapped: false,
      pageInfo: { hasNextPage: true, endCursor: first.edges[1].cursor },
    })
    await rollup('day: "2026-03-01", runAt: "2031-01-01T00:00:00Z"')
    const second = await page(first.pageInfo.endCursor)
    expect(second.nodes.map(({ id }: { id: string }) => id)).not.toEqual(
      expect.arrayContaining(first.nodes.map(({ id }: { id: string }) => id)),
    )
    expect(second.totalCount).toBe(first.totalCount + 1)
    const codeOf = async (args: string) =>
      (await api.ask(`{ jobs(${args}) { totalCount } }`)).errors?.[0]?.extensions.code
    expect([await codeOf('after: "x"'), await codeOf('first: 201'), await codeOf('first: 200')]).toEqual([
      'INVALID_CURSOR',
      'INVALID_INPUT',
      undefined,
    ])
  })

  test('show the newest lines of their log, in order', async () => {
    const { job } = await rollup('day: "2026-11-24", runAt: "2030-01-01T00:00:00Z"')
    const em = api.world.fork()
    const at = new Date('2026-11-24T10:00:00.123Z')
    const lines = Array.from({ length: 205 }, (_, n) => [job.id, `1764000000123-${n}`, at, `line ${n}`])
    await em.execute(
      `insert into job_log (job_id, event_id, at, line) values ${lines.map(() => '(?, ?, ?, ?)').join(', ')}`,
      lines.flat(),
    )
    const { data } = await api.ask(`{ job(id: "${job.id}") { logs { at line } } }`)
    expect(data.job.logs).toHaveLength(200)
    expect(data.job.logs[0]).toEqual({ at: at.toISOString(), line: 'line 5' })
    expect(data.job.logs.map(({ line }: { line: string }) => line)).toEqual(
      lines.slice(5).map(([, , , line]) => line),
    )
  })

  test('describe themselves, with the JSON Schema of their input', async () => {
    const { data } = await api.ask(
      '{ jobDefinitions { name key mutation permission startable attempts inputSchema } }',
      {},
      { key: api.keys.MARKETER },
    )
    expect(data.jobDefinitions[1]).toMatchObject({
      name: 'stats.rollup',
      key: 'STATS_ROLLUP',
      mutation: 'enqueueStatsRollup',
      permission: 'jobs:write',
      startable: false,
      attempts: 1,
      inputSchema: { properties: { day: { type: 'string' } }, required: ['day'] },
    })
  })
})

describe('leads', () => {
  test('are found by what is known of them', async () => {
    const input = {
      email: 'petra@example.com',
      phone: '+34600000001',
      firstName: 'Petra',
      lastName: 'Gómez',
      company: '100% Sol',
      tags: ['vip', 'fair'],
      source: 'fair',
      whatsappConsent: 'GRANTED',
    }
    const { lead } = await accepted(input)
    const find = async (filter: object) => {
      const { data, errors } = await api.ask(
        'query ($filter: LeadFilter) { leads(filter: $filter) { totalCount nodes { id } } }',
        { filter },
      )
      if (errors) throw new Error(errors[0]!.message)
      return data.leads.nodes.map(({ id }: { id: string }) => id)
    }
    const matching = [
      { tag: 'vip' },
      { source: 'fair' },
      { whatsappConsent: 'GRANTED' },
      { search: 'PETRA@ex' },
      { search: '+3460000' },
      { search: 'petra góm' },
      { search: '100%' },
      { statuses: ['NEW'], createdFrom: '2026-01-01T00:00:00Z', tag: 'vip' },
    ]
    for (const filter of matching) expect([filter, await find(filter)]).toEqual([filter, [lead.id]])
    for (const filter of [
      { tag: 'vi' },
      { search: '100_' },
      { statuses: ['LOST'] },
      { createdBefore: '2026-01-01T00:00:00Z' },
    ])
      expect([filter, await find(filter)]).toEqual([filter, []])
  })

  test('and jobs are found by id alone', async () => {
    const { lead, job } = await accepted({ email: 'rosa@example.com' })
    const { data } = await api.ask(
      'query ($lead: ID!, $job: ID!) { a: node(id: $lead) { __typename id } b: node(id: $job) { __typename ... on Job { lead { email } } } c: node(id: "x_1") { id } }',
      { lead: lead.id, job: job.id },
    )
    expect(data).toEqual({
      a: { __typename: 'Lead', id: lead.id },
      b: { __typename: 'Job', lead: { email: 'rosa@example.com' } },
      c: null,
    })
  })
})

test('an id nobody can have is the caller’s mistake, not ours', async () => {
  for (const query of [
    '{ lead(id: "ñ") { id } }',
    '{ job(id: "ñ") { id } }',
    '{ jobs(filter: { correlationId: "ñ" }) { totalCount } }',
    'mutation { retryJob(input: { id: "ñ" }) { __typename } }',
    'mutation { resolveMessage(input: { id: "ñ", outcome: SENT }) { __typename } }',
    '{ messages(filter: { leadId: "ñ" }) { totalCount } }',
  ])
    expect([query, (await api.ask(query)).errors?.[0]?.extensions.code]).toEqual([query, 'INVALID_INPUT'])
})

describe('live', () => {
  test('job events tell each step, with the row as it is then', async () => {
    const events = api.socket().iterate<{ jobEvents: { __typename: string; type: string; jobId: string } }>({
      query:
        'subscription { jobEvents(filter: { names: [LEAD_CREATED] }) { __typename ... on JobEvent { type jobId state cursor job { id state lead { email } } } ... on JobEventsSnapshot { cursor jobs { id } } } }',
    })
    const [first] = await take(events, 1)
    expect(first!.data!.jobEvents.__typename).toBe('JobEventsSnapshot')
    const { job } = await accepted({ email: 'sara@example.com' })
    const seen: { type: string; jobId: string }[] = []
    while (!(seen.at(-1)?.type === 'COMPLETED' && seen.at(-1)?.jobId === job.id)) {
      const [event] = await take(events, 1)
      seen.push(event!.data!.jobEvents)
    }
    const types = seen.filter(({ jobId }) => jobId === job.id).map(({ type }) => type)
    expect(types).toEqual(expect.arrayContaining(['WAITING', 'ACTIVE', 'PROGRESS', 'LOG', 'COMPLETED']))
    expect(seen.at(-1)).toMatchObject({
      state: 'COMPLETED',
      job: { id: job.id, lead: { email: 'sara@example.com' } },
    })
    await events.return!()
  })

  test('a timeline continues after the cursor it was left at', async () => {
    const { lead } = await accepted({ email: 'tina@example.com' })
    const query = `subscription { leadTimeline(leadId: "${lead.id}", after: "1") { cursor type changed } }`
    const events = api.socket().iterate({ query })
    await api.ask(`mutation { updateLead(input: { id: "${lead.id}", company: "Sol" }) { __typename } }`)
    const [event] = await take(events, 1)
    expect(event!.data).toEqual({ leadTimeline: { cursor: '2', type: 'UPDATED', changed: ['company'] } })
    await events.return!()
  })
})

describe('workspaces', () => {
  test('do not see or touch what belongs to another, for every root field with an id', async () => {
    const { lead, job } = await accepted({ email: 'uma@example.com' }, 'shared-key')
    const key = await api.addKey({ role: 'ADMIN', workspaceId: await api.addWorkspace() })
    const ask = async (query: string) => (await api.ask(query, {}, { key })).data
    expect(
      await ask(
        `{ a: lead(id: "${lead.id}") { id } b: job(id: "${job.id}") { id } c: node(id: "${lead.id}") { id } d: node(id: "${job.id}") { id } leads { totalCount } jobs(filter: { ids: ["${job.id}"] }) { totalCount nodes { id } } }`,
      ),
    ).toEqual({
      a: null,
      b: null,
      c: null,
      d: null,
      leads: { totalCount: 0 },
      jobs: { totalCount: 0, nodes: [] },
    })
    expect(
      await ask(
        `mutation { a: retryJob(input: { id: "${job.id}" }) { __typename } b: rerunJob(input: { id: "${job.id}", input: {} }) { __typename } c: cancelJob(input: { id: "${job.id}" }) { __typename } d: updateLead(input: { id: "${lead.id}", company: "x" }) { __typename } }`,
      ),
    ).toEqual({
      a: { __typename: 'NotFoundError' },
      b: { __typename: 'NotFoundError' },
      c: { __typename: 'NotFoundError' },
      d: { __typename: 'NotFoundError' },
    })
    expect(
      await ask(
        'mutation { createLead(input: { email: "uma@example.com", idempotencyKey: "shared-key" }) { __typename ... on CreateLeadPayload { alreadyExisted } } }',
      ),
    ).toEqual({ createLead: { __typename: 'CreateLeadPayload', alreadyExisted: false } })
    const [event] = await take(
      api.socket(key).iterate({ query: `subscription { leadTimeline(leadId: "${lead.id}") { seq } }` }),
      1,
    )
    expect(event!.errors![0]!.extensions).toMatchObject({ code: 'NOT_FOUND' })
  })
})
