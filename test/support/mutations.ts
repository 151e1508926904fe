import { type GraphQLSchema, isNonNullType } from 'graphql'
import { newId } from '../../entities/ids.ts'
import { claimMessage, settleMessage } from '../../marketing/messages/send-ledger.ts'
import type { Api as ServedApi } from './api.ts'

/** What examples of mutations are run on: the API and its schema. */
export interface Api extends Pick<ServedApi, 'ask' | 'world'> {
  schema: GraphQLSchema
}

/** A quarter hour in so many hours, as campaigns are scheduled. */
function hourly(hours: number): string {
  const hour = Math.ceil(Date.now() / 3_600_000) + hours
  return new Date(hour * 3_600_000).toISOString()
}

/** For tests: for every mutation of the API arguments with which it does something. A new mutation belongs here. */
export const examples: Record<string, (api: Api) => Promise<Record<string, unknown>>> = {
  createLead: async () => ({ input: { email: fresh() } }),
  createLeads: async () => ({ input: { leads: [{ email: fresh() }, { email: fresh() }] } }),
  updateLead: async (api) => ({ input: { id: await lead(api), firstName: 'Changed' } }),
  eraseLead: async (api) => ({ input: { id: await lead(api) } }),
  suppressAddress: async () => ({ input: { channel: 'EMAIL', address: fresh() } }),
  unsuppressAddress: async (api) => {
    const address = { channel: 'EMAIL', address: fresh() }
    await done(api, 'suppressAddress', { input: address })
    return { input: address }
  },
  resolveMessage: async (api) => ({ input: { id: await message(api, 'UNKNOWN'), outcome: 'SENT' } }),
  resolveMessages: async (api) => ({ input: { ids: [await message(api, 'UNKNOWN')], outcome: 'SENT' } }),
  resendMessage: async (api) => ({ input: { id: await message(api, 'REJECTED') } }),
  reapplyWebhookReceipt: async (api) => ({ input: { id: await failedReceipt(api) } }),
  createCampaign: async () => ({ input: { name: 'Spring' } }),
  updateCampaign: async (api) => ({ input: { id: await campaign(api), subject: 'New' } }),
  scheduleCampaign: async (api) => ({ input: { id: await campaign(api), at: hourly(24) } }),
  unscheduleCampaign: async (api) => {
    const id = await campaign(api)
    await done(api, 'scheduleCampaign', { input: { id, at: hourly(24) } })
    return { input: { id } }
  },
  cancelCampaign: async (api) => ({ input: { id: await campaign(api) } }),
  syncCampaign: async (api) => ({ input: { id: await campaign(api) } }),
  syncCampaigns: async () => ({ input: {} }),
  retryJob: async (api) => ({ input: { id: await deadJob(api) } }),
  rerunJob: async (api) => ({ input: { id: await deadJob(api), input: {} } }),
  cancelJob: async (api) => ({ input: { id: await job(api) } }),
  upsertSchedule: async () => ({ input: schedule() }),
  pauseSchedule: async (api) => ({ input: { id: await scheduleId(api) } }),
  resumeSchedule: async (api) => {
    const id = await scheduleId(api)
    await done(api, 'pauseSchedule', { input: { id } })
    return { input: { id } }
  },
  runScheduleNow: async (api) => ({ input: { id: await scheduleId(api) } }),
  deleteSchedule: async (api) => ({ input: { id: await scheduleId(api) } }),
  connectIntegration: async () => ({ input: twenty }),
  disconnectIntegration: async (api) => {
    await done(api, 'connectIntegration', { input: twenty })
    return { input: { vendor: 'TWENTY' } }
  },
  forceIntegration: async () => ({ input: { vendor: 'MAILCHIMP', state: 'OPEN' } }),
  testIntegration: async () => ({ input: { vendor: 'MAILCHIMP' } }),
  rebuildStats: async () => ({ input: hours }),
  runBackup: async () => ({ input: {} }),
  verifyBackup: async (api) => ({ input: { id: await backup(api) } }),
  restoreBackup: async (api) => {
    const id = await backup(api)
    return { input: { id, confirm: `restore ${id}` } }
  },
  enqueueJob: async () => ({ name: 'STATS_ROLLUP', input: {} }),
  enqueueLeadCreated: async (api) => ({ input: { leadId: await lead(api) } }),
  enqueueCampaignSync: async () => ({ input: { scope: 'ALL' } }),
  enqueueStatsRollup: async () => ({ input: {} }),
  enqueueStatsRebuild: async () => ({ input: hours }),
  enqueueRetentionPrune: async () => ({ input: {} }),
  enqueueWhatsappTemplates: async () => ({ input: {} }),
  enqueueBackupDaily: async () => ({ input: {} }),
  enqueueBackupVerify: async () => ({ input: {} }),
  enqueueBackupRestore: async (api) => {
    const id = await backup(api)
    return { input: { backupId: id, confirm: `restore ${id}` } }
  },
  createWorkspace: async () => ({ input: { slug: `w${++made}`, name: 'Client', timeZone: 'UTC' } }),
  updateWorkspace: async () => ({ input: { name: `Client ${++made}` } }),
  updateWorkspaceSettings: async () => ({ input: { welcome: { crm: false } } }),
  createApiKey: async () => ({ input: viewer }),
  rotateApiKey: async (api) => ({ input: { id: await apiKey(api) } }),
  setApiKeyExpiry: async (api) => ({ input: { id: await apiKey(api), expiresAt: hourly(24) } }),
  revokeApiKey: async (api) => ({ input: { id: await apiKey(api) } }),
}

/** A mutation as a document: its arguments are variables. */
export function mutationDocument(schema: GraphQLSchema, name: string, selection: string): string {
  const { args } = schema.getMutationType()!.getFields()[name]!
  const used = args.filter(({ type }) => isNonNullType(type))
  const variables = used.map((arg) => `$${arg.name}: ${arg.type}`).join(', ')
  const given = used.map((arg) => `${arg.name}: $${arg.name}`).join(', ')
  return `mutation (${variables}) { ${name}(${given}) ${selection} }`
}

let made = 0
const fresh = () => `person${++made}@example.com`
const viewer = { name: 'Screen', role: 'VIEWER' }
const hours = { from: '2026-11-01T00:00:00Z', to: '2026-11-01T02:00:00Z' }
const twenty = {
  vendor: 'TWENTY',
  settings: { baseUrl: 'https://crm.example.com' },
  credentials: { apiKey: 'a-key-of-twenty' },
}
const schedule = () => ({ name: `every-hour-${++made}`, job: 'STATS_ROLLUP', cron: '0 * * * *' })

/** Runs a mutation as an administrator; its answer. */
async function done(api: Api, name: string, variables: Record<string, unknown>, selection = '') {
  const document = mutationDocument(
    api.schema,
    name,
    `{ __typename ... on Error { code message } ${selection} }`,
  )
  const { data, errors } = await api.ask(document, variables)
  if (errors || data[name].code) throw new Error(`${name}: ${JSON.stringify(errors ?? data[name])}`)
  return data[name]
}

const lead = async (api: Api): Promise<string> =>
  (await done(api, 'createLead', { input: { email: fresh() } }, '... on CreateLeadPayload { lead { id } }'))
    .lead.id

const campaign = async (api: Api): Promise<string> => {
  const input = {
    name: 'Spring',
    subject: 'Hello',
    html: '<p>x</p>',
    fromName: 'Us',
    replyTo: 'us@example.com',
    audienceId: 'a6b5da1054',
  }
  return (await done(api, 'createCampaign', { input }, '... on CampaignPayload { campaign { id } }')).campaign
    .id
}

const job = async (api: Api): Promise<string> =>
  (await done(api, 'enqueueStatsRollup', { input: {} }, '... on EnqueuePayload { job { id } }')).job.id

async function deadJob(api: Api): Promise<string> {
  const id = await job(api)
  await api.world.fork().execute("update job set state = 'DEAD', check_at = null where id = ?", [id])
  return id
}

const scheduleId = async (api: Api): Promise<string> =>
  (
    await done(
      api,
      'upsertSchedule',
      { input: schedule() },
      '... on UpsertSchedulePayload { schedule { id } }',
    )
  ).schedule.id

const apiKey = async (api: Api): Promise<string> =>
  (await done(api, 'createApiKey', { input: viewer }, '... on CreateApiKeyPayload { apiKey { id } }')).apiKey
    .id

async function message(api: Api, state: 'UNKNOWN' | 'REJECTED'): Promise<string> {
  const { workspaceId } = api.world.actor
  const owner = { workspaceId, leadId: await lead(api), jobId: newId('job'), correlationId: 'test' }
  const content = { template: 'welcome_lead', languages: ['en'], variables: { 1: 'Anna' } }
  const route = { channel: 'WHATSAPP', provider: 'whatsapp' } as const
  const what = { purpose: 'welcome', occurrence: '1', content, ...route }
  return api.world.ledger.transaction(async (em) => {
    const { message } = await claimMessage(em, { ...owner, ...what })
    await settleMessage(em, message.id, { state, reason: 'TIMEOUT' })
    return message.id
  })
}

async function failedReceipt(api: Api): Promise<string> {
  const id = newId('webhookReceipt')
  const { ledger, actor, fork } = api.world
  const definition = ledger.definitions.find(({ name }) => name === 'webhook.receive')!
  await fork().execute(
    `insert into webhook_receipt (id, workspace_id, vendor, dedupe_key, body, state, received_at)
     values (?, ?, 'mailchimp', ?, '{}', 'FAILED', now(3))`,
    [id, actor.workspaceId, id],
  )
  const { job } = await ledger.enqueue({ definition, input: { receiptId: id }, actor, idempotencyKey: id })
  await fork().execute("update job set state = 'DEAD', check_at = null where id = ?", [job.id])
  return id
}

async function backup(api: Api): Promise<string> {
  const id = newId('backup')
  await api.world.fork().execute(
    `insert into backup (id, job_id, state, started_at, finished_at, snapshot_id, bytes_read)
     values (?, ?, 'COMPLETED', now(3), now(3), 'abcdef12', 1)`,
    [id, newId('job')],
  )
  return id
}
