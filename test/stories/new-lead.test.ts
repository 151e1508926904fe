import { afterAll, beforeAll, expect, test } from 'vitest'
import { untilFinal } from '../support/leads.ts'
import { type System, startTestSystem } from '../support/system.ts'
import { until } from '../support/world.ts'

let system: System
beforeAll(async () => {
  const env = { MAILCHIMP_MERGE_FIELDS: 'phone=PHONE, customFields.born=BIRTHDAY, company=GONE' }
  system = await startTestSystem({ env })
})
afterAll(() => system?.close())

interface Created {
  createLead: {
    __typename: string
    lead: { id: string }
    job: { id: string }
    message?: string
    alreadyExisted: boolean
  }
}

const create = `mutation ($input: CreateLeadInput!) {
  createLead(input: $input) {
    __typename
    ... on CreateLeadPayload { alreadyExisted lead { id } job { id } }
    ... on Error { message }
  }
}`

const createLead = async (input: Record<string, unknown>) =>
  (await system.ask<Created>(create, { input })).createLead

interface Story {
  status: string
  timeline: {
    nodes: { type: string; reason: string | null; channel: string | null; vendor: string | null }[]
  }
  jobs: { nodes: { state: string; result: Record<string, string>; attemptsMade: number }[] }
}

async function story(id: string): Promise<Story> {
  const query = `query ($id: ID!) { lead(id: $id) {
    status timeline(first: 50) { nodes { type reason channel vendor } } jobs(first: 5) { nodes { state result attemptsMade } }
  } }`
  return (await system.ask<{ lead: Story }>(query, { id })).lead
}

/** What was counted about a lead: channel, template and metric. */
async function factsOf(leadId: string): Promise<string[]> {
  const rows = await system.orm.em
    .fork()
    .execute<{ channel: string; template: string; metric: string }[]>(
      'select channel, template, metric from fact where lead_id = ?',
      [leadId],
    )
  return rows.map(({ channel, template, metric }) => `${channel} ${template} ${metric}`).sort()
}

const types = ({ timeline }: Story) => timeline.nodes.map(({ type }) => type)
const requestsTo = async (vendor: string) =>
  (await system.sandbox<{ requests: unknown[] } | unknown[]>('GET', `/requests?vendor=${vendor}`)) as {
    length?: number
    requests?: unknown[]
  }
const count = async (vendor: string) => {
  const answer = await requestsTo(vendor)
  return answer.requests?.length ?? answer.length ?? 0
}

test('a lead with consent is put into audience and CRM, gets both messages, and its timeline tells all of it', async () => {
  const { lead, job } = await createLead({
    email: ' Anna.Muster@Example.com ',
    phone: '612 345 678',
    country: 'ES',
    firstName: 'Anna',
    locale: 'es',
    tags: ['web'],
    emailConsent: 'GRANTED',
    whatsappConsent: 'GRANTED',
  })
  await untilFinal(system, [job.id])
  const told = await until('the timeline tells of delivery', async () => {
    const now = await story(lead.id)
    const seen = now.timeline.nodes.map(({ channel, type }) => `${channel} ${type}`)
    return seen.includes('EMAIL MESSAGE_DELIVERED') && seen.includes('WHATSAPP MESSAGE_READ')
      ? now
      : undefined
  })
  expect(types(told)[0]).toBe('CREATED')
  expect(types(told)).toEqual(expect.arrayContaining(['MAILCHIMP_SYNCED', 'CRM_SYNCED', 'MESSAGE_ACCEPTED']))
  expect(told.status).toBe('WELCOMED')
  expect(told.jobs.nodes[0]).toMatchObject({
    state: 'COMPLETED',
    result: { mailchimp: 'DONE', crm: 'DONE', 'welcome-email': 'ACCEPTED', 'welcome-whatsapp': 'ACCEPTED' },
  })
})

test('the fields that are mapped arrive in the audience, and those that do not fit are named on the timeline', async () => {
  const memberOf = async (email: string) => {
    const authorization = `Basic ${Buffer.from(`any:${system.env.MAILCHIMP_API_KEY}`).toString('base64')}`
    const url = `${system.sandboxUrl}/mc/3.0/lists/a6b5da1054/members/${email}`
    return (await (await fetch(url, { headers: { authorization } })).json()) as { merge_fields: object }
  }
  const put = async (email: string, born: string) => {
    const person = { email, phone: '+34612345321', firstName: 'Mia', company: 'Roe Ltd' }
    const { lead, job } = await createLead({ ...person, customFields: { born } })
    expect(await untilFinal(system, [job.id])).toEqual({ COMPLETED: 1 })
    const { merge_fields } = await memberOf(email)
    const query = 'query ($id: ID!) { lead(id: $id) { timeline(first: 50) { nodes { type unfit } } } }'
    const { timeline } = (
      await system.ask<{ lead: { timeline: { nodes: { type: string; unfit: unknown }[] } } }>(query, {
        id: lead.id,
      })
    ).lead
    return { merge_fields, unfit: timeline.nodes.find(({ type }) => type === 'MAILCHIMP_SYNCED')?.unfit }
  }
  const fits = { FNAME: 'Mia', PHONE: '+34612345321', BIRTHDAY: '05/17' }
  expect(await put('fits@example.com', '1990-05-17')).toEqual({ merge_fields: fits, unfit: null })
  const { BIRTHDAY: _, ...others } = fits
  const unfit = ['customFields.born']
  expect(await put('unfit@example.com', 'in May')).toEqual({ merge_fields: others, unfit })
})

test('what is not sent is on the timeline with the reason', async () => {
  const { lead, job } = await createLead({ email: 'no-phone@example.com', emailConsent: 'DENIED' })
  await untilFinal(system, [job.id])
  const skipped = (await story(lead.id)).timeline.nodes.filter(({ type }) => type === 'MESSAGE_SKIPPED')
  expect(skipped.map(({ channel, reason }) => `${channel} ${reason}`).sort()).toEqual([
    'EMAIL NO_CONSENT',
    'WHATSAPP NO_PHONE',
  ])
})

test('what happened to a lead is counted once, however often its job is done again', async () => {
  const { lead, job } = await createLead({
    email: 'counted@example.com',
    phone: '+34612345777',
    source: 'fair',
    emailConsent: 'GRANTED',
    whatsappConsent: 'GRANTED',
  })
  await untilFinal(system, [job.id])
  const counted = await until('the vendors have told of delivery', async () => {
    const now = await factsOf(lead.id)
    return now.filter((fact) => fact.endsWith('DELIVERED')).length === 2 && now
  })
  const ours = counted.filter((fact) => !/DELIVERED|OPENED|CLICKED/.test(fact))
  expect(ours).toEqual([
    'CRM null SYNCED',
    'EMAIL null SYNCED',
    'EMAIL welcome SENT',
    'WHATSAPP welcome SENT',
    'null null CREATED',
  ])
  const again = await system.ask<{ enqueueLeadCreated: { job: { id: string } } }>(
    'mutation ($id: String!) { enqueueLeadCreated(input: { leadId: $id }) { ... on EnqueuePayload { job { id } } } }',
    { id: lead.id },
  )
  expect(await untilFinal(system, [again.enqueueLeadCreated.job.id])).toEqual({ COMPLETED: 1 })
  const later = await factsOf(lead.id)
  expect(later.filter((fact) => !/OPENED|CLICKED/.test(fact))).toEqual(
    counted.filter((fact) => !/OPENED|CLICKED/.test(fact)),
  )
})

test('a lead nothing can be sent to is counted as skipped, and one the vendor refuses as failed', async () => {
  const silent = await createLead({ email: 'silent@example.com', emailConsent: 'DENIED' })
  const refused = await createLead({ phone: '+34612340000', whatsappConsent: 'GRANTED' })
  await untilFinal(system, [silent.job.id, refused.job.id])
  expect(await factsOf(silent.lead.id)).toEqual([
    'CRM null SYNCED',
    'EMAIL null SYNCED',
    'EMAIL welcome SKIPPED',
    'WHATSAPP welcome SKIPPED',
    'null null CREATED',
  ])
  expect(await factsOf(refused.lead.id)).toEqual([
    'CRM null SYNCED',
    'EMAIL null SKIPPED',
    'EMAIL welcome SKIPPED',
    'WHATSAPP welcome FAILED',
    'null null CREATED',
  ])
})

test('a person a vendor does not take is an outcome, not a dead job', async () => {
  const { lead, job } = await createLead({
    email: 'not-on-whatsapp@example.com',
    phone: '+34612340000',
    whatsappConsent: 'GRANTED',
  })
  await untilFinal(system, [job.id])
  const told = await story(lead.id)
  expect(told.jobs.nodes[0]).toMatchObject({ state: 'COMPLETED', result: { 'welcome-whatsapp': 'REJECTED' } })
  expect(told.timeline.nodes.find(({ type }) => type === 'MESSAGE_REJECTED')).toMatchObject({
    channel: 'WHATSAPP',
    reason: '131026',
  })
})

test('a vendor that is down delays its own step only, and steps that are done are not done again', async () => {
  await system.sandbox('PUT', '/down', { vendor: 'hubspot', down: true })
  const before = { mailchimp: await count('mailchimp'), mandrill: await count('mandrill') }
  const { lead, job } = await createLead({
    email: 'patient@example.com',
    firstName: 'Pat',
    emailConsent: 'GRANTED',
  })
  const done = await until('the other steps are done', async () => {
    const now = await story(lead.id)
    return types(now).includes('MESSAGE_ACCEPTED') && types(now).includes('MAILCHIMP_SYNCED')
      ? now
      : undefined
  })
  expect(types(done)).not.toContain('CRM_SYNCED')
  await until(
    'it has been tried again',
    async () => ((await story(lead.id)).jobs.nodes[0]?.attemptsMade ?? 0) >= 2,
  )
  await system.sandbox('PUT', '/down', { vendor: 'hubspot', down: false })
  expect(await untilFinal(system, [job.id])).toEqual({ COMPLETED: 1 })
  expect(types(await story(lead.id))).toContain('CRM_SYNCED')
  expect({ mailchimp: await count('mailchimp'), mandrill: await count('mandrill') }).toEqual({
    mailchimp: before.mailchimp + 1,
    mandrill: before.mandrill + 1,
  })
})

test('a message of which nobody knows whether it left is sent once an operator says that it did not', async () => {
  const match = { path: '/messages$' }
  await system.sandbox('POST', '/faults', { vendor: 'whatsapp', match, times: 1, action: { drop: 'before' } })
  const before = (await system.sends()).total
  const phone = '+34612340099'
  const { lead, job } = await createLead({ phone, whatsappConsent: 'GRANTED' })
  expect(await untilFinal(system, [job.id])).toEqual({ COMPLETED: 1 })
  const filter = { leadId: lead.id, states: ['UNKNOWN'] }
  const { messages } = await system.ask<{ messages: { nodes: { id: string }[] } }>(
    'query ($filter: MessageFilter) { messages(filter: $filter) { nodes { id } } }',
    { filter },
  )
  const { resolveMessage } = await system.ask<{ resolveMessage: { job: { id: string } } }>(
    'mutation ($id: ID!) { resolveMessage(input: { id: $id, outcome: NOT_SENT }) { ... on ResolveMessagePayload { job { id } } } }',
    { id: messages.nodes[0]!.id },
  )
  await untilFinal(system, [resolveMessage.job.id])
  expect(types(await story(lead.id))).toEqual(expect.arrayContaining(['MESSAGE_UNKNOWN', 'MESSAGE_ACCEPTED']))
  const { total, duplicates } = await system.sends()
  expect({ sent: total - before, duplicates }).toEqual({ sent: 1, duplicates: [] })
})

test('one idempotency key makes one lead, however many requests carry it at once', async () => {
  const input = { email: 'once@example.com', idempotencyKey: 'form-4711' }
  const answers = await Promise.all(Array.from({ length: 20 }, () => createLead(input)))
  expect(new Set(answers.map(({ lead }) => lead.id)).size).toBe(1)
  expect(answers.filter(({ alreadyExisted }) => !alreadyExisted)).toHaveLength(1)
  const other = await createLead({ ...input, email: 'other@example.com' })
  expect(other.__typename).toBe('IdempotencyConflictError')
})

test('the vendors’ reports are believed only when they are signed', async () => {
  const url = system.url.replace('/graphql', '/webhooks/whatsapp')
  const body = JSON.stringify({ object: 'whatsapp_business_account', entry: [] })
  expect((await fetch(url, { method: 'POST', body })).status).toBe(401)
  expect(
    (
      await fetch(url, {
        method: 'POST',
        body,
        headers: { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` },
      })
    ).status,
  ).toBe(401)
})
