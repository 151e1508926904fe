import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AnyJobDefinition } from '../ledger/definition.ts'
import { parseInput } from '../ledger/input.ts'
import { parseCron } from '../ledger/schedules/cron.ts'
import { readWorkspaceSettings, updateWorkspaceSettings } from '../marketing/workspace-settings.ts'
import { createServices } from '../runtime/services.ts'
import { type Api, startApi } from '../test/support/api.ts'
import { leadsOf } from '../test/support/webhook-leads.ts'
import { campaignSync } from './campaign.sync.ts'
import { leadCreated } from './lead.created.ts'
import { messageResolve } from './message.resolve.ts'
import { registry } from './registry.ts'
import { whatsappTemplates } from './whatsapp.templates.ts'

const definitions: AnyJobDefinition[] = [campaignSync, whatsappTemplates]
const all: AnyJobDefinition[] = [...definitions, leadCreated, messageResolve]

let api: Api
let workspaceId: string
beforeAll(async () => {
  api = await startApi(all)
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

test('a job that a person starts ends, and says that the account has to be connected', async () => {
  const id = await start(campaignSync, { scope: 'ALL' })
  const job = await api.world.until('it has ended', async () => {
    const now = await jobOf(id)
    return now.state === 'DEAD' ? now : undefined
  })
  expect(job.errorClass).toBe('PERMANENT')
  expect(job.errorMessage).toMatch(/no mailchimp account; connect one with connectIntegration/)
})

test('a lead of a workspace without any account is done with at once, every step skipped', async () => {
  const crm = leadsOf(() => api.world)
  const leadId = await crm.addLead({ email: 'anna@example.com', phone: '+34612345678' })
  await crm.rows(
    "update `lead` set workspace_id = ?, email_consent = 'GRANTED', whatsapp_consent = 'GRANTED' where id = ?",
    [workspaceId, leadId],
  )
  const id = await start(leadCreated, { leadId })
  const job = await api.world.until('it is done', async () => {
    const now = await jobOf(id)
    return now.state === 'COMPLETED' ? now : undefined
  })
  const skipped = Object.fromEntries(
    ['mailchimp', 'crm', 'welcome-email', 'welcome-whatsapp'].map((step) => [step, 'SKIPPED']),
  )
  expect(job).toMatchObject({ result: skipped, attemptsMade: 1 })
})

test.each(
  registry.flatMap((definition) => (definition.schedule ? [[definition.name, definition] as const] : [])),
)('the schedule that comes with %s is one that can be kept', (_, definition) => {
  const { cron, timeZone, input } = definition.schedule!
  expect(() => parseCron(cron, timeZone ?? 'UTC')).not.toThrow()
  expect(parseInput(definition, input ?? {})).toEqual(input ?? {})
})

test('a step that the workspace switched off is skipped, says so, and what is not given stays', async () => {
  const { fork, ledger } = api.world
  const actor = { workspaceId, correlationId: 'test' }
  const change = (input: unknown) => ledger.transaction((em) => updateWorkspaceSettings(em, actor, input))
  await change({ welcome: { crm: false } })
  await change({ welcome: { email: false }, unknownConsent: { whatsapp: true } })
  await expect(change({ welcome: { email: null } })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  expect(await readWorkspaceSettings(fork(), workspaceId)).toEqual({
    unknownConsent: { email: false, whatsapp: true },
    welcome: { mailchimp: true, crm: false, email: false, whatsapp: true },
  })
  const crm = leadsOf(() => api.world)
  const leadId = await crm.addLead({ email: 'switched.off@example.com' })
  await crm.rows('update `lead` set workspace_id = ? where id = ?', [workspaceId, leadId])
  const id = await start(leadCreated, { leadId })
  await api.world.until('it is done', async () => (await jobOf(id)).state === 'COMPLETED')
  const steps = await fork().execute<{ name: string; result: unknown }[]>(
    'select name, result from job_step where job_id = ?',
    [id],
  )
  const reasons = steps.map(({ name, result }) => [
    name,
    (typeof result === 'string' ? JSON.parse(result) : result).reason,
  ])
  expect(Object.fromEntries(reasons)).toMatchObject({
    mailchimp: 'NOT_CONNECTED',
    crm: 'SWITCHED_OFF',
    'welcome-email': 'SWITCHED_OFF',
  })
})
