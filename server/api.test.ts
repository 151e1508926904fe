import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineJobFor } from '../ledger/definition.ts'
import { type Api, startApi, take } from './fixture.ts'

const define = defineJobFor<unknown>()
const failing = new Set<string>()
const leadCreated = define<{ leadId: string }, { step: string }, { welcomed: boolean }>({
  name: 'lead.created',
  description: 'Welcomes a lead.',
  input: z.strictObject({ leadId: z.string() }),
  attempts: 1,
  mutation: { permission: 'leads:write' },
  subject: ({ leadId }) => ({ leadId }),
  async run({ leadId }, { progress, say }) {
    if (failing.has(leadId)) throw Object.assign(new Error('no such template'), { errorClass: 'PERMANENT' })
    progress({ step: 'mail' })
    say('sent')
    return { welcomed: true }
  },
})
const statsRollup = define<{ day: string; size?: number | undefined; mode?: 'full' | 'quick' | undefined }, never, void>({
  name: 'stats.rollup',
  description: 'Rolls statistics up.',
  input: z.strictObject({ day: z.iso.date(), size: z.int().optional(), mode: z.enum(['full', 'quick']).optional() }),
  mutation: { permission: 'jobs:write' },
  async run() {},
})
const backupDaily = define<Record<string, never>, never, void>({
  name: 'backup.daily',
  description: 'Backs up.',
  input: z.strictObject({}),
  async run() {},
})

let api: Api
beforeAll(async () => {
  api = await startApi([leadCreated, statsRollup, backupDaily])
  api.world.startDispatcher()
  api.world.startWorkers()
})
afterAll(() => api.close())

const createLead = `mutation ($input: CreateLeadInput!, $key: String) { createLead(input: $input, idempotencyKey: $key) {
  __typename
  ... on CreateLeadPayload { alreadyExisted lead { id email phone version } job { id name state leadId } }
  ... on Error { code message }
  ... on InvalidInputError { issues { path message } }
  ... on LeadExistsError { lead { id } }
  ... on IdempotencyConflictError { job { id } }
} }`

describe('creating a lead', () => {
  test('stores it and starts its job in one go', async () => {
    const { data, status, errors } = await api.ask(createLead, { input: { email: ' Anna@Example.com ', phone: '612 345 678', country: 'ES' } })
    expect(errors).toBeUndefined()
    expect(status).toBe(200)
    expect(data.createLead).toMatchObject({ __typename: 'CreateLeadPayload', alreadyExisted: false, lead: { email: 'anna@example.com', phone: '+34612345678', version: 1 }, job: { name: 'lead.created', state: 'PENDING' } })
    await api.world.untilState(data.createLead.job.id, 'COMPLETED')
  })
  test('is watched live over a WebSocket', async () => {
    const events = api.socket().iterate({ query: 'subscription { jobEvents(filter: { names: [LEAD_CREATED] }) { __typename ... on JobEvent { type state cursor job { id state lead { email } } } ... on JobEventsSnapshot { cursor jobs { id } } } }' })
    const [first] = await take(events, 1)
    expect(first!.data).toMatchObject({ jobEvents: { __typename: 'JobEventsSnapshot' } })
    const { data } = await api.ask(createLead, { input: { email: 'bea@example.com' } })
    const seen = []
    for (;;) {
      const [event] = await take(events, 1)
      seen.push((event!.data as never as { jobEvents: { type: string } }).jobEvents)
      if (seen.at(-1)!.type === 'COMPLETED') break
    }
    expect(seen.map(({ type }) => type)).toEqual(expect.arrayContaining(['WAITING', 'ACTIVE', 'PROGRESS', 'LOG', 'COMPLETED']))
    expect(seen.at(-1)).toMatchObject({ state: 'COMPLETED', job: { id: data.createLead.job.id } })
    await events.return!()
  })
})
