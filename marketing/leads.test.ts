import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Em } from '../entities/index.ts'
import { createWorld, type World } from '../test/support/world.ts'
import { updateLead } from './lead-change.ts'
import { appendLeadEvents } from './lead-events.ts'
import { type LeadFields, nobody } from './lead-row.ts'
import { insertLeads } from './leads.ts'
import { readTimeline } from './timeline.ts'

let world: World
beforeAll(async () => {
  world = await createWorld([])
})
afterAll(() => world.close())

const now = new Date('2026-11-24T10:00:00.123Z')
const within = <T>(work: (em: Em) => Promise<T>) => world.ledger.transaction(work)
const insert = (...leads: Partial<LeadFields>[]) =>
  within((em) =>
    insertLeads(
      em,
      world.actor.workspaceId,
      leads.map((lead) => ({ ...nobody, ...lead, correlationId: 'c' })),
      now,
    ),
  )
const timeline = (leadId: string, after = 0) => readTimeline(world.fork(), leadId, after, 100)

describe('inserting leads', () => {
  test('tells in order who was created and who existed, repeats within the call included', async () => {
    const [first] = await insert({ email: 'a@example.com' })
    const outcomes = await insert(
      { email: 'b@example.com' },
      { email: 'a@example.com' },
      { phone: '+34600000000' },
      { email: 'b@example.com' },
    )
    expect(outcomes.map(({ kind }) => kind)).toEqual(['created', 'existing', 'created', 'existing'])
    expect(outcomes[1]).toEqual({ kind: 'existing', leadId: first!.kind === 'created' && first!.lead.id })
    expect(outcomes[3]).toEqual({
      kind: 'existing',
      leadId: outcomes[0]!.kind === 'created' && outcomes[0]!.lead.id,
    })
  })

  test('makes one lead of a phone number that is all that is known, also within a call and of calls at once', async () => {
    const phone = '+34600000111'
    const leads = Array.from({ length: 3 }, () => ({ phone }))
    const outcomes = (await Promise.all([insert(...leads), insert(...leads), insert(...leads)])).flat()
    const ids = outcomes.map((outcome) => (outcome.kind === 'created' ? outcome.lead.id : outcome.leadId))
    expect(new Set(ids).size).toBe(1)
    expect(outcomes.filter(({ kind }) => kind === 'created')).toHaveLength(1)
  })

  test('a phone number alone is the lead who has it, whatever else that one is known by', async () => {
    const phone = '+34600000112'
    const [family, partner, alone] = await insert(
      { phone },
      { email: 'family@example.com', phone },
      { phone },
    )
    const ids = [family, partner].map((outcome) => outcome?.kind === 'created' && outcome.lead.id)
    expect(partner!.kind).toBe('created')
    expect(ids).toContain(alone?.kind === 'existing' && alone.leadId)
    expect(await insert({ phone })).toEqual([alone])
  })

  test('counts each lead that was created, with where it came from, and no other', async () => {
    const [first] = await insert({ email: 'counted1@example.com', source: 'fair' })
    const outcomes = await insert({ email: 'counted1@example.com' }, { email: 'counted2@example.com' })
    const ids = [first, outcomes[1]].map((outcome) => outcome?.kind === 'created' && outcome.lead.id)
    const facts = await world
      .fork()
      .execute(
        'select lead_id, metric, channel, source, occurred_at, count from fact where lead_id in (?, ?) order by id',
        ids,
      )
    const fact = { metric: 'CREATED', channel: null, occurred_at: '2026-11-24 10:00:00.123', count: 1 }
    expect(facts).toEqual([
      { ...fact, lead_id: ids[0], source: 'fair' },
      { ...fact, lead_id: ids[1], source: null },
    ])
  })

  test('begins each timeline with CREATED', async () => {
    const [outcome] = await insert({ email: 'c@example.com', emailConsent: 'GRANTED', tags: ['vip'] })
    if (outcome!.kind !== 'created') throw new Error('not created')
    expect(outcome!.lead).toMatchObject({
      emailConsentAt: now,
      whatsappConsentAt: null,
      status: 'NEW',
      version: 1,
      lastEventSeq: 1,
    })
    expect(await timeline(outcome!.lead.id)).toMatchObject([
      { seq: 1, type: 'CREATED', at: now, correlationId: 'c', detail: {} },
    ])
  })
})

describe('timelines', () => {
  test('number events without holes, though many transactions write at once', async () => {
    const [outcome] = await insert({ email: 'd@example.com' })
    const leadId = outcome!.kind === 'created' ? outcome!.lead.id : ''
    const event = (step: string) => ({
      leadId,
      type: 'STEP_FAILED' as const,
      correlationId: 'c',
      at: now,
      detail: { step },
    })
    await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        within((em) => appendLeadEvents(em, [event(`${n}a`), event(`${n}b`)])),
      ),
    )
    const rows = await timeline(leadId)
    expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 17 }, (_, index) => index + 1))
    expect(
      rows.slice(1).every(({ detail }, index) => detail.step!.endsWith(index % 2 === 0 ? 'a' : 'b')),
    ).toBe(true)
    expect((await timeline(leadId, 15)).map(({ seq }) => seq)).toEqual([16, 17])
  })

  test('of leads that are gone are left out', async () => {
    await within((em) =>
      appendLeadEvents(em, [{ leadId: 'lead_gone', type: 'STEP_FAILED', correlationId: 'c', at: now }]),
    )
    expect(await timeline('lead_gone')).toEqual([])
  })
})

test('two changes of one lead at once both count', async () => {
  const [outcome] = await insert({ email: 'e@example.com' })
  const leadId = outcome!.kind === 'created' ? outcome!.lead.id : ''
  const change = (patch: Partial<LeadFields>) =>
    within((em) => updateLead(em, world.actor.workspaceId, { leadId, patch, correlationId: 'c' }, now))
  await Promise.all([change({ firstName: 'Eva' }), change({ company: 'Sol' })])
  const unchanged = await change({ firstName: 'Eva', company: 'Sol' })
  expect(unchanged).toMatchObject({
    kind: 'unchanged',
    lead: { firstName: 'Eva', company: 'Sol', version: 3, lastEventSeq: 3 },
  })
})

test('a number by which another lead alone is known cannot become all that a lead is known by', async () => {
  const { workspaceId } = world.actor
  const change = (leadId: string, patch: Partial<LeadFields>) =>
    within((em) => updateLead(em, workspaceId, { leadId, patch, correlationId: 'c' }, now))
  const created = await insert(
    { phone: '+34600000121' },
    { phone: '+34600000122' },
    { email: 'f@example.com' },
  )
  const [first, second, third] = created.map((outcome) => (outcome.kind === 'created' ? outcome.lead.id : ''))
  const taken = { kind: 'taken', leadId: first, field: 'phone' }
  expect(await change(second!, { phone: '+34600000121' })).toEqual(taken)
  expect(await change(third!, { phone: '+34600000121' })).toMatchObject({ kind: 'changed' })
  expect(await change(third!, { email: null })).toEqual(taken)
  expect(await change(first!, { email: 'first@example.com' })).toMatchObject({ kind: 'changed' })
  expect(await change(third!, { email: null })).toMatchObject({ kind: 'changed' })
})
