import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AnyJobDefinition } from '../ledger/definition.ts'
import { parseInput } from '../ledger/input.ts'
import { parseCron } from '../ledger/schedules/cron.ts'
import { createServices } from '../runtime/services.ts'
import { type Api, startApi } from '../test/support/api.ts'
import { campaignSync } from './campaign.sync.ts'
import { registry } from './registry.ts'
import { whatsappTemplates } from './whatsapp.templates.ts'

const definitions: AnyJobDefinition[] = [campaignSync, whatsappTemplates]

let api: Api
let workspaceId: string
beforeAll(async () => {
  api = await startApi(definitions)
  api.world.startDispatcher()
  api.world.startWorkers({ services: createServices(api.config, api.connections, api.world.fork) })
  workspaceId = await api.addWorkspace()
})
afterAll(() => api.close())

const jobOf = async (id: string) => (await api.world.ledger.load(api.world.fork(), workspaceId, [id]))[0]!
const start = async (definition: AnyJobDefinition, input: unknown) =>
  (await api.world.ledger.enqueue({ definition, input, actor: { workspaceId, correlationId: 'test' } })).job
    .id

test.each(definitions.map((definition) => [definition.name, definition] as const))(
  '%s, as the clock starts it, is done at once in a workspace without the account',
  async (_, definition) => {
    const id = await start(definition, definition.schedule!.input)
    const job = await api.world.until('it is done', async () => {
      const now = await jobOf(id)
      return now.state === 'COMPLETED' ? now : undefined
    })
    expect(job).toMatchObject({ result: { skipped: 'NOT_CONNECTED' }, attemptsMade: 1, errorClass: null })
    expect(await api.world.fork().execute('select id from campaign_sync')).toEqual([])
  },
)

test('a job that a person starts waits for the account', async () => {
  const id = await start(campaignSync, { scope: 'ALL' })
  await api.world.until('it waits', async () => (await jobOf(id)).errorClass === 'AUTH')
})

test.each(
  registry.flatMap((definition) => (definition.schedule ? [[definition.name, definition] as const] : [])),
)('the schedule that comes with %s is one that can be kept', (_, definition) => {
  const { cron, timeZone, input } = definition.schedule!
  expect(() => parseCron(cron, timeZone ?? 'UTC')).not.toThrow()
  expect(parseInput(definition, input ?? {})).toEqual(input ?? {})
})
