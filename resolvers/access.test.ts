import {
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
} from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Permission, permissionsOf, type Role, roles } from '../entities/api-key.ts'
import { newId } from '../entities/ids.ts'
import { defineJobFor } from '../ledger/definition.ts'
import { buildSchema } from '../schema/index.ts'
import { type Api, startApi, take } from '../test/support/api.ts'

/** Who may use which root field. A new field belongs here before it works in this test. */
const access: Record<string, Permission | 'any key'> = {
  'query node': 'leads:read',
  'query me': 'any key',
  'query workspace': 'any key',
  'query workspaces': 'installation:read',
  'query apiKeys': 'workspace:admin',
  'query auditLog': 'audit:read',
  'mutation createWorkspace': 'installation:admin',
  'mutation updateWorkspace': 'workspace:admin',
  'mutation updateWorkspaceSettings': 'workspace:admin',
  'mutation createApiKey': 'workspace:admin',
  'mutation rotateApiKey': 'workspace:admin',
  'mutation setApiKeyExpiry': 'workspace:admin',
  'mutation revokeApiKey': 'workspace:admin',
  'query lead': 'leads:read',
  'query leads': 'leads:read',
  'query job': 'jobs:read',
  'query jobs': 'jobs:read',
  'query jobStats': 'jobs:read',
  'query messages': 'leads:read',
  'query unknownMessages': 'leads:read',
  'query whatsappTemplates': 'leads:read',
  'query campaign': 'leads:read',
  'query campaigns': 'leads:read',
  'query campaignSync': 'leads:read',
  'query campaignSyncs': 'leads:read',
  'query audienceDifferences': 'leads:read',
  'query suppressions': 'leads:read',
  'query webhookReceipts': 'jobs:read',
  'query integrations': 'jobs:read',
  'query stats': 'leads:read',
  'query funnel': 'leads:read',
  'query topCampaigns': 'leads:read',
  'query schedule': 'jobs:read',
  'query schedules': 'jobs:read',
  'query cronPreview': 'jobs:read',
  'query backup': 'installation:read',
  'query backups': 'installation:read',
  'query backupHealth': 'installation:read',
  'mutation runBackup': 'installation:admin',
  'mutation verifyBackup': 'installation:admin',
  'mutation restoreBackup': 'installation:admin',
  'query jobDefinitions': 'jobs:read',
  'mutation createLead': 'leads:write',
  'mutation createLeads': 'leads:write',
  'mutation updateLead': 'leads:write',
  'mutation eraseLead': 'workspace:admin',
  'mutation enqueueJob': 'campaigns:send',
  'mutation enqueueMailSend': 'campaigns:send',
  'mutation enqueueLeadCreated': 'leads:write',
  'mutation retryJob': 'jobs:write',
  'mutation rerunJob': 'jobs:write',
  'mutation cancelJob': 'jobs:write',
  'mutation upsertSchedule': 'jobs:write',
  'mutation pauseSchedule': 'jobs:write',
  'mutation resumeSchedule': 'jobs:write',
  'mutation runScheduleNow': 'jobs:write',
  'mutation deleteSchedule': 'jobs:write',
  'mutation resolveMessage': 'jobs:write',
  'mutation resolveMessages': 'jobs:write',
  'mutation resendMessage': 'jobs:write',
  'mutation createCampaign': 'campaigns:send',
  'mutation updateCampaign': 'campaigns:send',
  'mutation scheduleCampaign': 'campaigns:send',
  'mutation unscheduleCampaign': 'campaigns:send',
  'mutation cancelCampaign': 'campaigns:send',
  'mutation syncCampaign': 'campaigns:send',
  'mutation syncCampaigns': 'campaigns:send',
  'subscription campaignEvents': 'leads:read',
  'mutation rebuildStats': 'installation:admin',
  'mutation suppressAddress': 'leads:write',
  'mutation unsuppressAddress': 'leads:write',
  'mutation reapplyWebhookReceipt': 'jobs:write',
  'mutation connectIntegration': 'workspace:admin',
  'mutation disconnectIntegration': 'workspace:admin',
  'mutation forceIntegration': 'jobs:write',
  'mutation testIntegration': 'jobs:write',
  'subscription integrationEvents': 'jobs:read',
  'subscription jobEvents': 'jobs:read',
  'subscription leadTimeline': 'leads:read',
  'subscription statsUpdated': 'leads:read',
}

const define = defineJobFor<unknown>()
const definitions = [
  define({
    name: 'mail.send',
    description: 'Sends.',
    input: z.object({ to: z.string().optional() }),
    mutation: { permission: 'campaigns:send' },
    async run() {},
  }),
  define({
    name: 'lead.created',
    description: 'Welcomes.',
    input: z.object({ leadId: z.string() }),
    mutation: { permission: 'leads:write' },
    async run() {},
  }),
  define({ name: 'tidy.up', description: 'Only from inside.', input: z.object({}), async run() {} }),
]
const schema = buildSchema(definitions)
const rootFields = [schema.getQueryType()!, schema.getMutationType()!, schema.getSubscriptionType()!].flatMap(
  (type) =>
    Object.values(type.getFields()).map((field) => ({
      kind: type.name.toLowerCase(),
      field,
      title: `${type.name.toLowerCase()} ${field.name}`,
    })),
)

let api: Api
beforeAll(async () => {
  api = await startApi(definitions)
})
afterAll(() => api.close())

test('every root field is in the list of who may use it', () => {
  expect(rootFields.map(({ title }) => title).sort()).toEqual(Object.keys(access).sort())
})

describe.each(rootFields)('$title', ({ kind, field, title }) => {
  const needed = access[title]!
  test.each(roles.map((role) => [role, allowed(role, needed) ? 'may' : 'may not'] as const))(
    '%s %s use it',
    async (role, verdict) => {
      const codes = await run(kind, field, api.keys[role])
      if (verdict === 'may') expect(codes).not.toContain('FORBIDDEN')
      else expect(codes).toContain('FORBIDDEN')
    },
  )
  test('nobody uses it without a key', async () => {
    if (kind === 'subscription') return
    const { status, errors } = await api.ask(documentFor(kind, field), {}, { key: '' })
    expect([status, errors?.[0]?.extensions.code]).toEqual([401, 'UNAUTHENTICATED'])
  })
})

test('a key with scopes may do only what both its role and its scopes allow', async () => {
  const key = await api.addKey({ role: 'OPERATOR', scopes: ['jobs:read', 'workspace:admin'] })
  const { data } = await api.ask('{ me { permissions } }', {}, { key })
  expect(data.me.permissions).toEqual(['jobs:read'])
  expect((await api.ask('{ leads { totalCount } }', {}, { key })).errors?.[0]?.extensions.code).toBe(
    'FORBIDDEN',
  )
  await api.ask('mutation { createLead(input: { email: "a@example.com" }) { __typename } }')
  const { errors } = await api.ask('{ jobs { nodes { id lead { id } } } }', {}, { key })
  expect(errors?.[0]).toMatchObject({
    path: ['jobs', 'nodes', 0, 'lead'],
    message: expect.stringContaining('leads:read'),
    extensions: { code: 'FORBIDDEN' },
  })
})

test('a job without a mutation cannot be started by anybody', async () => {
  const { errors } = await api.ask('mutation { enqueueJob(name: TIDY_UP, input: {}) { __typename } }')
  expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN')
})

test('a job that nobody may start from outside is run again with other input by administrators alone', async () => {
  const { ledger, actor, fork } = api.world
  const { job } = await ledger.enqueue({ definition: definitions[2]!, input: {}, actor })
  await fork().execute("update job set state = 'COMPLETED', check_at = null where id = ?", [job.id])
  const rerun = (key: string) =>
    api.ask(`mutation { rerunJob(input: { id: "${job.id}", input: {} }) { __typename } }`, {}, { key })
  expect((await rerun(api.keys.OPERATOR)).errors?.[0]?.extensions.code).toBe('FORBIDDEN')
  expect((await rerun(api.keys.ADMIN)).errors).toBeUndefined()
})

const allowed = (role: Role, needed: Permission | 'any key') =>
  needed === 'any key' || permissionsOf({ role }).has(needed)

async function run(kind: string, field: GraphQLField<unknown, unknown>, key: string): Promise<unknown[]> {
  const query = documentFor(kind, field)
  if (kind !== 'subscription')
    return (await api.ask(query, {}, { key })).errors?.map(({ extensions }) => extensions.code) ?? []
  const client = api.socket(key)
  const iterator = client.iterate({ query })
  const [first] = await take(iterator, 1)
  await iterator.return?.()
  await client.dispose()
  return first?.errors?.map(({ extensions }) => extensions?.code) ?? []
}

function documentFor(kind: string, field: GraphQLField<unknown, unknown>): string {
  const args = required(field.args).map((arg) => valueFor(field, arg))
  const selection = isLeafType(getNamedType(field.type)) ? '' : `{ __typename }`
  return `${kind} { ${field.name}${args.length > 0 ? `(${args.join(', ')})` : ''} ${selection} }`
}

const required = <T extends { type: GraphQLInputType }>(values: readonly T[]) =>
  values.filter(({ type }) => isNonNullType(type))

function valueFor(
  field: GraphQLField<unknown, unknown>,
  { name, type }: { name: string; type: GraphQLInputType },
): string {
  if (name === 'name' && isEnumType(getNamedType(type))) return 'name: MAIL_SEND'
  if (name === 'id' || name === 'leadId' || name === 'campaignId')
    return `${name}: ${JSON.stringify(newId(kindOf(field.name)))}`
  return `${name}: ${literal(field, type)}`
}

function kindOf(fieldName: string): 'job' | 'message' | 'lead' | 'campaign' | 'schedule' {
  if (/campaign/i.test(fieldName)) return 'campaign'
  if (/schedule/i.test(fieldName)) return 'schedule'
  if (/message/i.test(fieldName)) return 'message'
  return /job/i.test(fieldName) ? 'job' : 'lead'
}

function literal(field: GraphQLField<unknown, unknown>, type: GraphQLInputType): string {
  if (isNonNullType(type)) return literal(field, type.ofType)
  if (isListType(type)) return '[]'
  if (isEnumType(type)) return type.getValues()[0]!.name
  if (type.toString() === 'DateTime') return '"2030-01-01T00:00:00Z"'
  if (type.toString() === 'LocalDate') return '"2030-01-01"'
  if (isLeafType(type)) return type.name === 'String' || type.name === 'ID' ? '"x"' : '{}'
  const fields = required(Object.values(type.getFields())).map((each) => valueFor(field, each))
  return `{ ${fields.join(', ')} }`
}
