import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { z } from 'zod'
import { Audit } from '../entities/audit.ts'
import type { Em } from '../entities/index.ts'
import { Workspace } from '../entities/workspace.ts'
import { defineJobFor } from '../ledger/definition.ts'
import { type Orm, openOrm } from '../runtime/db.ts'
import { openKeyring } from '../server/keyring.ts'
import { type Api, startApi } from '../test/support/api.ts'
import { createDatabase } from '../test/support/database.ts'
import { keysCommand } from '../test/support/keys-command.ts'

const nothing = defineJobFor<unknown>()({
  name: 'nothing.run',
  description: 'Does nothing.',
  input: z.object({}),
  async run() {},
})

let api: Api
beforeAll(async () => {
  api = await startApi([nothing])
})
afterAll(() => api.close())

const keys = (...args: string[]) => keysCommand(api.world.databaseUrl, args)
const isGood = async (key: string) => (await api.ask('{ me { id } }', {}, { key })).status === 200
const me = async (key: string) =>
  (await api.ask('{ me { id role permissions } workspace { id slug } }', {}, { key })).data
const workspaceId = () => api.world.actor.workspaceId

const exceeded = '... on PermissionExceededError { missing }'
const workspace = '... on WorkspacePayload { workspace { id slug timeZone } }'
const key = '... on ApiKeyPayload { apiKey { id state expiresAt } }'
/** What is asked back of each mutation. */
const selections = {
  createApiKey: `... on CreateApiKeyPayload { secret apiKey { id state permissions } } ${exceeded}`,
  rotateApiKey: `... on RotateApiKeyPayload { secret apiKey { id expiresAt } old { id expiresAt replacedBy } }`,
  setApiKeyExpiry: key,
  revokeApiKey: key,
  createWorkspace: workspace,
  updateWorkspace: workspace,
}

async function ask(mutation: keyof typeof selections, input: object, key = api.keys.ADMIN) {
  const type = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}Input`
  const { data, errors } = await api.ask(
    `mutation ($input: ${type}!) { ${mutation}(input: $input) {
       __typename ... on Error { code message } ${selections[mutation]} } }`,
    { input },
    { key },
  )
  return errors ? { code: errors[0]!.extensions.code } : data[mutation]
}

async function actions(subjectId: string): Promise<string[]> {
  const rows = await api.world.fork().find(Audit, { subjectId }, { orderBy: { id: 'asc' } })
  return rows.map(({ action }) => action)
}

test('of two npm run keys -- first on an empty database one makes its administrator, the other is told that there is one', async () => {
  const database = await createDatabase(inject('databaseUrl'))
  const orm: Orm = await openOrm({ DATABASE_URL: database.url, DATABASE_POOL: 2 })
  try {
    const first = () => keysCommand(database.url, ['first', '--time-zone', 'Europe/Madrid'])
    const [one, other] = (await Promise.all([first(), first()])).sort((a, b) => a.code - b.code)
    expect([one!.code, one!.output]).toEqual([0, expect.stringContaining('Made the workspace main')])
    expect(other!.code).toBe(1)
    const again = await keysCommand(database.url, ['first'])
    expect([again.code, again.output]).toEqual([1, expect.stringContaining('administers it already')])
    const another = await keysCommand(database.url, ['first', '--another'])
    const keyring = openKeyring(() => orm.em.fork() as Em, api.world.log, '')
    for (const { secret } of [one!, another])
      expect([...(await keyring.find(secret))!.permissions]).toContain('installation:admin')
    keyring.close()
    expect(await orm.em.fork().find(Workspace, {}, { fields: ['timeZone'] })).toMatchObject([
      { timeZone: 'Europe/Madrid' },
    ])
  } finally {
    await orm.close()
    await database.drop()
  }
}, 120_000)

test('a key made by the command opens the running API, is rotated with an overlap, and is shown nowhere again', async () => {
  const made = await keys(
    'create',
    '--name',
    'CRM',
    '--role',
    'operator',
    '--scopes',
    'leads:read,leads:write',
  )
  expect(await me(made.secret)).toMatchObject({
    me: { id: made.id, permissions: ['leads:read', 'leads:write'] },
  })
  const rotated = await keys('rotate', made.id, '--overlap', '2h')
  expect([await isGood(made.secret), await isGood(rotated.secret)]).toEqual([true, true])
  const { output } = await keys('list')
  expect(output).toContain(made.id)
  expect(output).toContain(rotated.id)
  expect(output).not.toContain(rotated.secret)
  expect(await actions(made.id)).toEqual(['createApiKey', 'rotateApiKey'])
  const stored = await api.world.fork().execute("select * from api_key where name = 'CRM'")
  expect(JSON.stringify(stored)).not.toContain(rotated.secret)
}, 120_000)

test('a key that the command expires or revokes is cut off on its open socket', async () => {
  const cutOff = async (verb: string) => {
    const { secret, apiKey } = await ask('createApiKey', { name: 'Screen', role: 'VIEWER' })
    const closed = Promise.withResolvers<number>()
    const client = api.socket(secret, ({ code }) => closed.resolve(code))
    await client.iterate({ query: 'subscription { jobEvents { __typename } }' }).next()
    expect((await keys(verb, apiKey.id)).code).toBe(0)
    expect(await closed.promise).toBe(4403)
    return apiKey.id
  }
  const ended = await Promise.all(['expire', 'revoke'].map(cutOff))
  const [open, all] = await Promise.all([keys('list'), keys('list', '--all')])
  for (const id of ended) {
    expect(open.output).not.toContain(id)
    expect(all.output).toContain(id)
  }
}, 120_000)

test('the command says what is wrong with its options in a sentence', async () => {
  for (const [args, message] of [
    [['create', '--name', 'x', '--role', 'BOSS'], '--role is one of VIEWER'],
    [['create', '--name', 'x', '--role', 'VIEWER', '--expires', '2026-02-30'], '--expires is like 90d'],
    [['create', '--name', 'x', '--role', 'VIEWER', '--workspace', 'none'], 'There is no workspace none'],
  ] as const) {
    const { code, output } = await keys(...args)
    expect([code, output]).toEqual([1, expect.stringContaining(message)])
  }
})

test('a key made by the API shows its secret once and works at once', async () => {
  const made = await ask('createApiKey', {
    name: 'Front end',
    role: 'MARKETER',
    expiresAt: '2099-01-01T00:00:00Z',
  })
  expect((await me(made.secret)).me).toMatchObject({ id: made.apiKey.id, role: 'MARKETER' })
  const { data } = await api.ask(
    '{ apiKeys(first: 200) { nodes { id name hint state expiresAt lastUsedAt } } }',
  )
  const shown = data.apiKeys.nodes.find(({ id }: { id: string }) => id === made.apiKey.id)
  expect(shown).toMatchObject({ name: 'Front end', hint: made.secret.slice(0, 10), state: 'ACTIVE' })
  expect(JSON.stringify(data)).not.toContain(made.secret)
})

test('a rotated key is good until the time that was said, and its successor lives as long', async () => {
  const { apiKey } = await ask('createApiKey', {
    name: 'Year',
    role: 'VIEWER',
    expiresAt: '2099-01-01T00:00:00Z',
  })
  const until = new Date(Date.now() + 3_600_000).toISOString()
  const rotated = await ask('rotateApiKey', { id: apiKey.id, oldExpiresAt: until })
  expect(rotated.old).toEqual({ id: apiKey.id, expiresAt: until, replacedBy: rotated.apiKey.id })
  expect(rotated.apiKey.expiresAt.slice(0, 7)).toBe('2099-01')
  expect((await ask('rotateApiKey', { id: apiKey.id })).code).toBe('API_KEY_REPLACED')
  expect((await ask('revokeApiKey', { id: rotated.apiKey.id })).apiKey.state).toBe('REVOKED')
  expect((await ask('rotateApiKey', { id: apiKey.id })).__typename).toBe('RotateApiKeyPayload')
})

test('a key that has ended stays so', async () => {
  const { apiKey } = await ask('createApiKey', { name: 'Gone', role: 'VIEWER' })
  const ended = await ask('setApiKeyExpiry', { id: apiKey.id, expiresAt: '2020-01-01T00:00:00Z' })
  expect(ended.apiKey.state).toBe('EXPIRED')
  expect((await ask('setApiKeyExpiry', { id: apiKey.id })).code).toBe('API_KEY_ENDED')
  expect((await ask('rotateApiKey', { id: apiKey.id })).code).toBe('API_KEY_ENDED')
  expect((await ask('revokeApiKey', { id: apiKey.id })).apiKey.state).toBe('REVOKED')
  expect((await ask('revokeApiKey', { id: apiKey.id })).apiKey.state).toBe('REVOKED')
  expect(await actions(apiKey.id)).toEqual(['createApiKey', 'setApiKeyExpiry', 'revokeApiKey'])
})

test('nobody hands out more than they may do themselves, by a new key, by a rotated one or by a longer life', async () => {
  const key = await api.addKey({ role: 'ADMIN', scopes: ['workspace:admin', 'leads:read'] })
  const strong = await ask('createApiKey', { name: 'Strong', role: 'OPERATOR' })
  const create = (more: object) => ask('createApiKey', { name: 'New', role: 'VIEWER', ...more }, key)
  expect(await create({})).toMatchObject({ code: 'PERMISSION_EXCEEDED', missing: ['jobs:read'] })
  expect((await create({ role: 'ADMIN' })).code).toBe('PERMISSION_EXCEEDED')
  expect((await create({ scopes: ['leads:read'] })).apiKey.permissions).toEqual(['leads:read'])
  for (const mutation of ['rotateApiKey', 'setApiKeyExpiry'] as const)
    expect((await ask(mutation, { id: strong.apiKey.id }, key)).code).toBe('PERMISSION_EXCEEDED')
})

test('scopes that the role lacks, no name and a time that has passed are refused by name', async () => {
  const wish = { name: ' ', role: 'VIEWER', scopes: ['jobs:write'], expiresAt: '2020-01-01T00:00:00Z' }
  const refused = await ask('createApiKey', wish)
  expect(refused.code).toBe('INVALID_INPUT')
  for (const path of ['name', 'scopes.0', 'expiresAt']) expect(refused.message).toContain(`${path}:`)
  const unknown = await ask('createApiKey', { name: 'x', role: 'VIEWER', scopes: ['all'] })
  expect(unknown.message).toContain('scopes.0: is no permission')
})

test('the last key that administers a workspace does not end by accident, not even when two are ended at once', async () => {
  const other = await api.addWorkspace()
  const admin = await ask('createApiKey', { name: 'One', role: 'ADMIN', workspaceId: other })
  const own = (mutation: 'revokeApiKey' | 'setApiKeyExpiry', more: object) =>
    ask(mutation, { id: admin.apiKey.id, ...more }, admin.secret)
  expect((await own('revokeApiKey', {})).code).toBe('LAST_ADMIN_KEY')
  expect((await own('setApiKeyExpiry', { expiresAt: '2098-01-01T00:00:00Z' })).code).toBe('LAST_ADMIN_KEY')
  const cli = await keys('revoke', admin.apiKey.id)
  expect([cli.code, cli.output]).toEqual([1, expect.stringContaining('is the last one that administers')])
  const second = await ask('createApiKey', { name: 'Two', role: 'ADMIN' }, admin.secret)
  const both = await Promise.all([
    ask('revokeApiKey', { id: second.apiKey.id }, admin.secret),
    ask('revokeApiKey', { id: admin.apiKey.id }, second.secret),
  ])
  expect(both.map(({ __typename, code }) => code ?? __typename).sort()).toEqual([
    'ApiKeyPayload',
    'LAST_ADMIN_KEY',
  ])
  const left = both[0].code ? second : admin
  const ended = await keys('revoke', left.apiKey.id, '--even-if-last')
  expect(ended.code).toBe(0)
  await api.world.until('the key is refused', async () => !(await isGood(left.secret)), 10_000)
})

test('a new workspace gets its first key from the default one, and that key sees and does nothing elsewhere', async () => {
  const made = await ask('createWorkspace', { slug: 'client-a', name: 'Client A', timeZone: 'Europe/Berlin' })
  expect((await ask('createWorkspace', { slug: 'client-a', name: 'B', timeZone: 'UTC' })).code).toBe(
    'WORKSPACE_EXISTS',
  )
  expect((await ask('createWorkspace', { slug: 'A b', name: 'B', timeZone: 'Mars' })).code).toBe(
    'INVALID_INPUT',
  )
  const { secret, apiKey } = await ask('createApiKey', {
    name: 'A',
    role: 'ADMIN',
    workspaceId: made.workspace.id,
  })
  expect((await me(secret)).workspace.slug).toBe('client-a')
  expect(apiKey.permissions).not.toContain('installation:admin')
  const renamed = await ask('updateWorkspace', { timeZone: 'America/Lima' }, secret)
  expect(renamed.workspace).toMatchObject({ slug: 'client-a', timeZone: 'America/Lima' })
  const mine = await ask('createApiKey', { name: 'Mine', role: 'VIEWER' })
  for (const mutation of ['rotateApiKey', 'revokeApiKey', 'setApiKeyExpiry'] as const)
    expect((await ask(mutation, { id: mine.apiKey.id }, secret)).code).toBe('NOT_FOUND')
  const elsewhere = { name: 'x', role: 'VIEWER', workspaceId: workspaceId() }
  expect((await ask('createApiKey', elsewhere, secret)).code).toBe('FORBIDDEN')
  expect((await ask('createWorkspace', { slug: 'c', name: 'C', timeZone: 'UTC' }, secret)).code).toBe(
    'FORBIDDEN',
  )
  expect((await keys('workspaces')).output).toContain('America/Lima')
  const changed = await keys('workspaces', 'change', 'client-a', '--name', 'Client Alpha')
  expect(changed.output).toContain('Client Alpha')
  expect(await actions(made.workspace.id)).toEqual(['createWorkspace', 'updateWorkspace', 'updateWorkspace'])
})
