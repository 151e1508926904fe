import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../entities/ids.ts'
import { storeErasures } from '../workers/backup/erasures.ts'
import { addLeads, makeRepository, type Repository } from './support/repository.ts'
import { createWorld, type World } from './support/world.ts'

const run = promisify(execFile)

let world: World
let repository: Repository
let leadIds: string[]
let backupId: string
let target: string

beforeAll(async () => {
  world = await createWorld([])
  repository = await makeRepository(world)
  leadIds = await addLeads(world.fork(), world.actor.workspaceId, 20)
  backupId = await repository.backup()
  target = `${repository.restores.database}_empty`
})
afterAll(async () => {
  await world.fork().execute(`drop database if exists \`${target}\``)
  repository.close()
  await world.close()
})

/** Runs the script as one would on an empty machine; its whole output. */
async function restore(
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number; output: string }> {
  const all = ['scripts/restore.ts', '--repository', repository.dir, ...args]
  const settings = { ...repository.env, BACKUP_PASSWORD: repository.password, ...env }
  return run(process.execPath, all, { env: settings }).then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    ({ code, stdout, stderr }) => ({ code, output: stdout + stderr }),
  )
}

const into = () => {
  const url = new URL(world.databaseUrl)
  url.pathname = `/${target}`
  return ['--database-url', url.href]
}
const query = <Row>(sql: string) => world.fork().execute<Row[]>(sql)

test('a machine without the system lists what is in the repository', async () => {
  const { code, output } = await restore(['--list'])
  expect(code).toBe(0)
  expect(output).toContain(backupId)
})

test('the newest backup is restored into a database that was not there, compared, and without who was erased', async () => {
  await world
    .fork()
    .execute('insert into erasure (id, workspace_id, lead_id, at) values (?, ?, ?, now(3))', [
      newId('erasure'),
      world.actor.workspaceId,
      leadIds[4],
    ])
  const services = { restores: repository.restores } as never
  await storeErasures({ em: world.fork(), services, signal: AbortSignal.timeout(60_000) })
  const { code, output } = await restore(into())
  expect(output).toMatch(/Compared \d+ tables with \d+ rows/)
  expect(output).toContain('Erased again: 1 of 1')
  expect(code).toBe(0)
  const rows = await query<{ id: string }>(`select id from \`${target}\`.lead where email is null`)
  expect(rows).toEqual([{ id: leadIds[4] }])
})

test('what is there is not overwritten', async () => {
  const { code, output } = await restore(into())
  expect(code).toBe(1)
  expect(output).toContain('holds tables already')
})

test('a restored database that differs is said to, and the next try begins anew', async () => {
  await query(`drop database \`${target}\``)
  const spoilt = await repository.backup({ dump: (sql) => sql.replace('person7@', 'person_@') })
  const first = await restore(['--backup', spoilt, ...into()])
  expect(first.code).toBe(1)
  expect(first.output).toContain(
    'DIFFERS: Table lead came back with as many rows, but not with the same content',
  )
  expect((await restore(['--backup', backupId, ...into()])).code).toBe(0)
})

test('a wrong password and a missing backup are said in a sentence, and no password is printed', async () => {
  const wrong = await restore(['--list'], { BACKUP_PASSWORD: 'not the password' })
  expect(wrong.output).toContain('BACKUP_PASSWORD does not open the repository')
  expect(wrong.output).not.toContain('not the password')
  const missing = await restore(['--backup', newId('backup'), ...into()])
  expect(missing.output).toContain('--list shows what it holds')
  expect((await restore([])).output).toContain('Use: npm run restore')
})
