import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Audit } from '../entities/audit.ts'
import { buildSchema } from '../schema/index.ts'
import { type Api, startApi } from '../test/support/api.ts'
import { examples, mutationDocument } from '../test/support/mutations.ts'
import { registry } from '../workers/registry.ts'

const schema = buildSchema(registry)
const mutations = Object.keys(schema.getMutationType()!.getFields())

let api: Api
let keyId: string
beforeAll(async () => {
  api = await startApi([...registry])
  keyId = (await api.ask('{ me { id } }')).data.me.id
})
afterAll(() => api.close())

/** What is done to many things is kept with each of them. */
const keptAs: Record<string, string> = { resolveMessages: 'resolveMessage' }

const run = async (name: string, variables: Record<string, unknown>) =>
  api.ask(mutationDocument(schema, name, '{ __typename ... on Error { code message } }'), variables)
const example = (name: string) => examples[name]!({ ...api, schema })

test('every mutation has an example that is audited', () => {
  expect(Object.keys(examples).sort()).toEqual(mutations.sort())
})

describe.each(mutations)('%s', (name) => {
  test('is in the audit log under its name, with the key that did it', async () => {
    const variables = await example(name)
    const before = await api.world.fork().count(Audit)
    const { data, errors } = await run(name, variables)
    expect(errors ?? data[name].code).toBeUndefined()
    const rows = await api.world.fork().find(Audit, {}, { orderBy: { at: 'desc', id: 'desc' } })
    const written = rows.slice(0, rows.length - before)
    expect(written.length).toBeGreaterThan(0)
    const action = keptAs[name] ?? name
    for (const row of written) expect(row).toMatchObject({ action, apiKeyId: keyId })
  })

  test('does nothing when its trace cannot be kept', async () => {
    const variables = await example(name)
    const { fork } = api.world
    await fork().execute(
      "create trigger no_audit before insert on audit for each row signal sqlstate '45000' set message_text = 'full'",
    )
    try {
      const before = await contents()
      const { data, errors } = await run(name, variables)
      expect(errors?.[0]?.extensions.code ?? data).toBe('INTERNAL')
      expect(await contents()).toEqual(before)
    } finally {
      await fork().execute('drop trigger no_audit')
    }
  })
})

/** Checksums of all tables; when a key was used last is no part of what was done. */
async function contents(): Promise<Record<string, unknown>> {
  const { fork } = api.world
  const tables = await fork().execute<{ name: string }[]>(
    "select table_name as name from information_schema.tables where table_schema = database() and table_name <> 'api_key'",
  )
  const names = tables.map(({ name }) => `\`${name}\``).join(', ')
  const sums = await fork().execute<{ Table: string; Checksum: unknown }[]>(`checksum table ${names}`)
  const keys = await fork().execute('select id, expires_at, revoked_at, replaced_by from api_key order by id')
  return { ...Object.fromEntries(sums.map(({ Table, Checksum }) => [Table, Checksum])), keys }
}

test('the audit log is read by key, action, target and time, by administrators of the workspace alone', async () => {
  const lead = await example('updateLead')
  const { id } = lead.input as { id: string }
  await run('updateLead', { input: { ...(lead.input as object), reason: 'she asked for it' } })
  const read = async (filter: object, key?: string) => {
    const query = `query ($filter: AuditFilter) { auditLog(filter: $filter) { totalCount nodes {
      action targetId apiKeyId reason at apiKey { name } } } }`
    return api.ask(query, { filter }, { key })
  }
  const { data } = await read({ targetId: id, actions: ['updateLead'], apiKeyId: keyId })
  expect(data.auditLog.nodes).toEqual([
    {
      action: 'updateLead',
      targetId: id,
      apiKeyId: keyId,
      reason: 'she asked for it',
      at: expect.any(String),
      apiKey: { name: 'ADMIN key' },
    },
  ])
  const { at } = data.auditLog.nodes[0]
  expect((await read({ targetId: id, before: at })).data.auditLog.nodes).toMatchObject([
    { action: 'createLead' },
  ])
  expect((await read({ targetId: id, from: at })).data.auditLog.totalCount).toBe(1)
  expect((await read({ targetId: id, apiKeyId: 'key_x' })).data.auditLog.totalCount).toBe(0)
  const stranger = await api.addKey({ role: 'ADMIN', workspaceId: await api.addWorkspace() })
  expect((await read({}, stranger)).data.auditLog.totalCount).toBe(0)
  const viewer = await read({}, api.keys.VIEWER)
  expect(viewer.errors?.[0]?.extensions.code).toBe('FORBIDDEN')
})

test('an act that is repeated with its idempotency key stands in the audit log once', async () => {
  const input = { reason: 'before the move', idempotencyKey: 'move-1' }
  const selection = '{ ... on BackupJobPayload { job { id } alreadyExisted } }'
  const answers = await Promise.all(
    [1, 2, 3].map(() => api.ask(mutationDocument(schema, 'runBackup', selection), { input })),
  )
  const [{ job }] = answers.map(({ data }) => data.runBackup)
  const rows = await api.world.fork().find(Audit, { subjectId: job.id })
  expect(rows).toMatchObject([{ action: 'runBackup', reason: 'before the move' }])
})
