import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { z } from 'zod'
import { defineJobFor } from '../../ledger/definition.ts'
import { nobody } from '../../marketing/lead-row.ts'
import { intakeOf, type LeadOutcome, type LeadRequest, takeIn } from '../../resolvers/lead-intake.ts'
import { type CutMoment, type CuttingProxy, startCuttingProxy } from '../support/cutting-proxy.ts'
import { createWorld, type World } from '../support/world.ts'

const leadCreated = defineJobFor<unknown>()<{ leadId: string }, never, void>({
  name: 'lead.created',
  description: 'Does nothing.',
  input: z.strictObject({ leadId: z.string() }),
  subject: ({ leadId }) => ({ leadId }),
  async run() {},
})

let proxy: CuttingProxy
let world: World
beforeAll(async () => {
  proxy = await startCuttingProxy(inject('databaseUrl'))
  world = await createWorld([leadCreated], { databaseUrl: proxy.url })
})
afterAll(async () => {
  await world?.close()
  await proxy?.close()
})

const moments: [string, CutMoment][] = [
  ['before MariaDB sees it', 'before'],
  ['while MariaDB is at it', 'meanwhile'],
  ['after MariaDB has answered', 'answered'],
]
let phones = 600_000_000

const request = (idempotencyKey?: string): LeadRequest => {
  phones += 1
  const lead = { ...nobody, phone: `+34${phones}` }
  return {
    lead,
    asked: lead,
    actor: world.actor,
    options: { idempotencyKey, runAt: undefined, priority: undefined },
    action: 'createLead',
  }
}
const idsOf = (outcomes: LeadOutcome[]) =>
  outcomes.map((outcome) => {
    if (outcome instanceof Error) throw outcome
    return `${outcome.leadId} ${outcome.job.id}`
  })
const rowsOf = async (since: string) =>
  (
    await world
      .fork()
      .execute<{ id: string }[]>(
        "select concat(l.id, ' ', j.id) as id from `lead` l left join job j on j.lead_id = l.id where l.id > ?",
        [since],
      )
  ).map(({ id }) => id)
const newest = async (table: string) =>
  (await world.fork().execute<{ id: string }[]>(`select max(id) as id from ${table}`))[0]?.id ?? ''

test.each(moments)(
  'leads are written once, though the connection ends on the commit %s',
  async (_, moment) => {
    const since = await newest('`lead`')
    const cut = proxy.cut(/commit/i, moment)
    const outcomes = await Promise.all(
      [request(), request(), request(`key-${moment}`)].map(intakeOf(world.ledger)),
    )
    await cut
    expect((await rowsOf(since)).sort()).toEqual(idsOf(outcomes).sort())

    const bulk = await newest('`lead`')
    const again = proxy.cut(/commit/i, moment)
    const many = await takeIn(world.ledger, [request(), request(), request()])
    await again
    expect((await rowsOf(bulk)).sort()).toEqual(idsOf(many).sort())
    expect(many.every((outcome) => 'alreadyExisted' in outcome && !outcome.alreadyExisted)).toBe(true)
  },
)

test.each(moments)(
  'jobs are written once, though the connection ends on their statement %s',
  async (_, moment) => {
    const since = await newest('job')
    const cut = proxy.cut(/insert into job /i, moment)
    const leadId = 'lead_of_nobody'
    const outcomes = await Promise.all(
      [1, 2, 3].map(() =>
        world.ledger.enqueue({ definition: leadCreated, input: { leadId }, actor: world.actor }),
      ),
    )
    await cut
    expect(outcomes.every(({ created }) => created)).toBe(true)
    const rows = await world.fork().execute<{ id: string }[]>('select id from job where id > ?', [since])
    expect(rows.map(({ id }) => id).sort()).toEqual(outcomes.map(({ job }) => job.id).sort())
  },
)
