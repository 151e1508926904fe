import {
  type GraphQLNamedType,
  type GraphQLOutputType,
  getNamedType,
  isInterfaceType,
  isLeafType,
  isNonNullType,
  isObjectType,
  isUnionType,
} from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Permission, permissions } from '../entities/api-key.ts'
import { buildSchema } from '../schema/index.ts'
import { readPermissions } from '../schema/read-permissions.ts'
import { type Api, startApi } from '../test/support/api.ts'
import { examples, mutationDocument } from '../test/support/mutations.ts'
import { registry } from '../workers/registry.ts'

const schema = buildSchema(registry)
const mutations = Object.values(schema.getMutationType()!.getFields())
const queries = Object.values(schema.getQueryType()!.getFields())

let api: Api
let leadId: string
const keys = new Map<Permission, string>()
beforeAll(async () => {
  api = await startApi([...registry], { MAX_QUERY_COST: 1_000_000, MAX_QUERY_DEPTH: 50 })
  for (const permission of permissions)
    keys.set(permission, await api.addKey({ role: 'ADMIN', scopes: [permission] }))
  const { data } = await api.ask(
    'mutation ($input: CreateLeadInput!) { createLead(input: $input) { ... on CreateLeadPayload { lead { id } } } }',
    { input: anna },
  )
  leadId = data.createLead.lead.id
})
afterAll(() => api.close())

/** Everything about her says so. */
const anna = {
  email: 'marker@example.com',
  phone: '+34612345678',
  firstName: 'Marker',
  lastName: 'Marker',
  company: 'Marker',
  source: 'marker',
  tags: ['marker'],
  customFields: { note: 'marker' },
  utm: { source: 'marker' },
}
const personal = /marker|34612345678|person\d+@/i

/** Selects whatever takes no argument, so deep; `pick` says which fields of a type. */
function everything(
  of: GraphQLOutputType,
  depth: number,
  pick: (type: string, field: string) => boolean,
): string {
  const type: GraphQLNamedType = getNamedType(of)
  if (isUnionType(type))
    return `{ __typename ${type
      .getTypes()
      .map((each) => `... on ${each.name} ${everything(each, depth, pick)}`)
      .join(' ')} }`
  if (!isObjectType(type) && !isInterfaceType(type)) return ''
  const fields = Object.values(type.getFields())
    .filter((field) => pick(type.name, field.name) && !field.args.some((arg) => isNonNullType(arg.type)))
    .filter((field) => depth > 0 || isLeafType(getNamedType(field.type)))
  // Members of a union may have fields of one name and different types.
  const selected = fields.map(
    ({ name, type: next }) => `${type.name}_${name}: ${name} ${everything(next, depth - 1, pick)}`,
  )
  return `{ __typename ${selected.join(' ')} }`
}

const all = () => true
const readableBy = (held: readonly Permission[]) => (type: string, field: string) =>
  field === 'id' || !readPermissions[type] || held.includes(readPermissions[type])
/** Permissions that an act takes besides its own: to start the job, or to hand them out. */
const also: Record<string, readonly Permission[]> = {
  rerunJob: ['installation:admin'],
  upsertSchedule: ['installation:admin'],
  pauseSchedule: ['installation:admin'],
  resumeSchedule: ['installation:admin'],
  runScheduleNow: ['installation:admin'],
  deleteSchedule: ['installation:admin'],
  createApiKey: ['leads:read', 'jobs:read'],
  rotateApiKey: ['leads:read', 'jobs:read'],
  setApiKeyExpiry: ['leads:read', 'jobs:read'],
}
const permissionOf = (field: { extensions: object }) =>
  (field.extensions as { pothosOptions: { authScopes: { permission?: Permission } } }).pothosOptions
    .authScopes.permission

describe.each(mutations.map((field) => [field.name, field] as const))('%s', (name, field) => {
  const held = [permissionOf(field) ?? 'installation:admin', ...(also[name] ?? [])]
  let key: string
  beforeAll(async () => {
    key = await api.addKey({ role: 'ADMIN', scopes: held })
  })

  test('with the permission to do it alone tells what became of it, and nothing that takes another one', async () => {
    const variables = await examples[name]!({ ...api, schema })
    const selection = everything(field.type, 3, readableBy(held))
    const { data, errors } = await api.ask(mutationDocument(schema, name, selection), variables, {
      key,
    })
    expect(errors?.filter(({ extensions }) => extensions.code !== 'FORBIDDEN') ?? []).toEqual([])
    expect(data[name].__typename).not.toMatch(/Error$/)
    if (!held.includes('leads:read')) expect(JSON.stringify(data)).not.toMatch(personal)
  })

  test('with the permission to do it alone does nothing when its answer would tell more', async () => {
    const asked = everything(field.type, 3, all)
    if (asked === everything(field.type, 3, readableBy(held))) return
    const variables = await examples[name]!({ ...api, schema })
    const before = await acts()
    const { data, errors } = await api.ask(mutationDocument(schema, name, asked), variables, { key })
    expect([data, errors?.[0]?.extensions.code]).toEqual([null, 'FORBIDDEN'])
    expect(await acts()).toBe(before)
  })
})

const acts = async () =>
  (await api.world.fork().execute<{ n: number }[]>('select count(*) as n from audit'))[0]!.n

const asked: Record<string, object> = {
  LeadExistsError: { email: anna.email },
  'an existing lead': { leads: [{ email: anna.email }] },
  VersionConflictError: { expectedVersion: 99, company: 'x' },
  'an empty change': {},
}

test.each(Object.keys(asked))(
  '%s shows a key that may write leads nothing of the lead but its id',
  async (what) => {
    const name =
      'leads' in asked[what]! ? 'createLeads' : 'email' in asked[what]! ? 'createLead' : 'updateLead'
    const input = { ...(name === 'updateLead' && { id: leadId }), ...asked[what] }
    const { type } = schema.getMutationType()!.getFields()[name]!
    const depth = name === 'createLeads' ? 2 : 1
    const ask = (pick: (type: string, field: string) => boolean) =>
      api.ask(
        mutationDocument(schema, name, everything(type, depth, pick)),
        { input },
        { key: keys.get('leads:write')! },
      )
    const refused = await ask(all)
    expect(refused.errors?.[0]?.message).toContain('takes the permission')
    expect(JSON.stringify(refused)).not.toMatch(personal)
    const told = JSON.stringify(await ask(readableBy(['leads:write'])))
    expect(told).toContain(leadId)
    expect(told).not.toMatch(personal)
  },
)

describe.each(permissions.filter((permission) => permission !== 'leads:read'))('%s alone', (permission) => {
  test.each(queries.map((field) => [field.name, field] as const))(
    'reads nothing about a person by %s',
    async (name, field) => {
      const used = field.args.filter(({ type }) => isNonNullType(type))
      const given = used.map((arg) => `${arg.name}: ${arg.name === 'id' ? JSON.stringify(leadId) : '{}'}`)
      if (used.some((arg) => arg.name !== 'id')) return
      const call = `${name}${given.length > 0 ? `(${given.join(', ')})` : ''}`
      const { data } = await api.ask(
        `{ ${call} ${everything(field.type, 3, all)} }`,
        {},
        { key: keys.get(permission)! },
      )
      expect(JSON.stringify(data ?? {})).not.toMatch(personal)
    },
  )
})
