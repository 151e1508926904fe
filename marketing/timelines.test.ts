import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createWorld, type World } from '../test/support/world.ts'
import { insertLeads } from './leads.ts'
import { createTimelines } from './timelines.ts'

let world: World
beforeAll(async () => {
  world = await createWorld([])
})
afterAll(() => world.close())

const nobody = { phone: null, firstName: null, lastName: null, company: null, locale: null, timeZone: null }
const neutral = { source: null, utm: {}, tags: [], customFields: {}, campaignId: null }
const consent = { emailConsent: 'UNKNOWN', whatsappConsent: 'UNKNOWN' } as const

test('a timeline whose read failed is read again by itself, and listens only while it is watched', async () => {
  const item = { ...nobody, ...neutral, ...consent, email: 'a@example.com', correlationId: 'test' }
  const [made] = await world.ledger.transaction((em) =>
    insertLeads(em, world.actor.workspaceId, [item], new Date()),
  )
  const leadId = made!.kind === 'created' ? made!.lead.id : ''
  let calls = 0
  let listening = 0
  const fork = () => {
    // The first read, and the one after the poll has noted the lead's number, fail as when the database restarts.
    if ([1, 3].includes(++calls)) throw new Error('Connection lost')
    return world.fork()
  }
  const timelines = createTimelines(fork, pino({ level: 'silent' }), () => {
    listening++
    return () => void listening--
  })
  const events = timelines.lead.subscribe(world.actor.workspaceId, leadId, 0)
  expect((await events.next()).value).toMatchObject({ type: 'CREATED', seq: 1 })
  expect(listening).toBe(1)
  await events.return?.()
  expect(listening).toBe(0)
  await timelines.close()
})
