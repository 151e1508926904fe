import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../entities/ids.ts'
import { type Api, startApi } from '../test/support/api.ts'
import { backupDaily } from '../workers/backup.daily.ts'
import { backupRestore } from '../workers/backup.restore.ts'
import { backupVerify } from '../workers/backup.verify.ts'

let api: Api
let newest: string
let older: string

beforeAll(async () => {
  api = await startApi([backupDaily, backupVerify, backupRestore], { BACKUP_REPOSITORY: '/somewhere' })
  older = await backup('FAILED', null)
  newest = await backup('COMPLETED', [{ name: 'lead', rows: 3, checksum: '17' }])
  await api.world.fork().execute(
    `insert into verification (id, backup_id, job_id, state, scratch_database, started_at, finished_at, findings)
       values (?, ?, ?, 'FAILED', 'x', now(3), now(3), ?)`,
    [
      newId('verification'),
      newest,
      newId('job'),
      JSON.stringify([{ kind: 'ROWS', table: 'lead', expected: '3', found: '2', message: 'One is gone.' }]),
    ],
  )
})
afterAll(() => api.close())

async function backup(state: string, contents: unknown): Promise<string> {
  const id = newId('backup')
  await api.world
    .fork()
    .execute(
      'insert into backup (id, job_id, state, started_at, finished_at, contents) values (?, ?, ?, now(3), now(3), ?)',
      [id, newId('job'), state, contents && JSON.stringify(contents)],
    )
  return id
}

const fields = `id state tables { name rows checksum } verifications { id state findings { kind table expected found message } }`

test('backups come newest first, page by page, with what was found in them', async () => {
  const { data } = await api.ask(
    `{ backups(first: 1) { nodes { ${fields} } totalCount pageInfo { endCursor hasNextPage } } }`,
  )
  const { nodes, totalCount, pageInfo } = data.backups
  expect(nodes).toMatchObject([
    {
      id: newest,
      state: 'COMPLETED',
      tables: [{ name: 'lead', rows: '3', checksum: '17' }],
      verifications: [
        { state: 'FAILED', findings: [{ kind: 'ROWS', table: 'lead', expected: '3', found: '2' }] },
      ],
    },
  ])
  expect([totalCount, pageInfo.hasNextPage]).toEqual([2, true])
  const next = await api.ask('query ($after: String) { backups(after: $after) { nodes { id } } }', {
    after: pageInfo.endCursor,
  })
  expect(next.data.backups.nodes).toEqual([{ id: older }])
  const failed = await api.ask('{ backups(states: [FAILED]) { nodes { id } } }')
  expect(failed.data.backups.nodes).toEqual([{ id: older }])
})

test('a backup and a verification are found by their ids', async () => {
  const { data } = await api.ask(
    'query ($id: ID!) { backup(id: $id) { verifications { id backup { id } } } }',
    { id: newest },
  )
  const [verification] = data.backup.verifications
  expect(verification.backup.id).toBe(newest)
  const node = 'query ($id: ID!) { node(id: $id) { __typename id } }'
  expect((await api.ask(node, { id: newest })).data.node).toEqual({ __typename: 'Backup', id: newest })
  expect((await api.ask(node, { id: verification.id })).data.node).toMatchObject({
    __typename: 'Verification',
  })
  const { errors } = await api.ask(node, { id: newest }, { key: api.keys.VIEWER })
  expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN')
})

test('keys of other workspaces see no backups and start none', async () => {
  const workspaceId = await api.addWorkspace()
  const key = await api.addKey({ role: 'ADMIN', workspaceId })
  for (const query of [
    '{ backups { totalCount } }',
    '{ backupHealth { healthy } }',
    'mutation { runBackup(input: {}) { __typename } }',
  ])
    expect((await api.ask(query, {}, { key })).errors?.[0]?.extensions.code).toBe('FORBIDDEN')
})

test('the health of backups says what is wrong', async () => {
  const { data } = await api.ask(
    '{ backupHealth { configured healthy problem lastGoodBackup { id } ageSeconds nextRunAt } }',
  )
  expect(data.backupHealth).toMatchObject({
    configured: true,
    healthy: false,
    problem: 'The last verification found that a backup cannot be relied on.',
    lastGoodBackup: { id: newest },
    ageSeconds: expect.any(Number),
    nextRunAt: null,
  })
})

const payload =
  '__typename ... on BackupJobPayload { alreadyExisted job { id name input } } ... on Error { code message }'
const restoreBackup = `mutation ($input: RestoreBackupInput!) { restoreBackup(input: $input) { ${payload} } }`

test('a restore takes the confirmation letter by letter, and is kept with who asked for it', async () => {
  for (const confirm of ['yes', newest, `Restore ${newest}`, `restore ${older}`]) {
    const { data } = await api.ask(restoreBackup, { input: { id: newest, confirm } })
    expect(data.restoreBackup).toMatchObject({ __typename: 'InvalidInputError', code: 'INVALID_INPUT' })
  }
  const input = {
    id: newest,
    confirm: `restore ${newest}`,
    reason: 'the disk is gone',
    idempotencyKey: 'once',
  }
  const { data } = await api.ask(restoreBackup, { input })
  expect(data.restoreBackup).toMatchObject({ alreadyExisted: false, job: { name: 'backup.restore' } })
  const { id } = data.restoreBackup.job
  const again = await api.ask(restoreBackup, { input })
  expect(again.data.restoreBackup).toMatchObject({ alreadyExisted: true, job: { id } })
  expect(await audits(id)).toEqual([{ action: 'restoreBackup', reason: 'the disk is gone' }])
})

test('a backup and a verification are started by hand, of a backup that is there', async () => {
  const run = await api.ask(`mutation { runBackup(input: { reason: "before the upgrade" }) { ${payload} } }`)
  expect(run.data.runBackup.job).toMatchObject({ name: 'backup.daily', input: {} })
  expect(await audits(run.data.runBackup.job.id)).toEqual([
    { action: 'runBackup', reason: 'before the upgrade' },
  ])
  const verifyBackup = `mutation ($input: VerifyBackupInput!) { verifyBackup(input: $input) { ${payload} } }`
  const one = await api.ask(verifyBackup, { input: { id: newest } })
  expect(one.data.verifyBackup.job).toMatchObject({ name: 'backup.verify', input: { backupId: newest } })
  const last = await api.ask(verifyBackup, { input: {} })
  expect(last.data.verifyBackup.job.input).toEqual({})
  const unknown = await api.ask(verifyBackup, { input: { id: newId('backup') } })
  expect(unknown.data.verifyBackup.code).toBe('NOT_FOUND')
  const restore = await api.ask(restoreBackup, { input: { id: newId('backup'), confirm: '' } })
  expect(restore.data.restoreBackup.code).toBe('NOT_FOUND')
})

const audits = (jobId: string) =>
  api.world.fork().execute<unknown[]>('select action, reason from audit where subject_id = ?', [jobId])
