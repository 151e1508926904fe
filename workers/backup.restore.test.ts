import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../entities/ids.ts'
import type { JobRow } from '../ledger/row.ts'
import type { Restores } from '../runtime/backups/restores.ts'
import { openOrm } from '../runtime/db.ts'
import { addLeads, makeRepository, type Repository } from '../test/support/repository.ts'
import { createWorld, until, type World } from '../test/support/world.ts'
import { storeErasures } from './backup/erasures.ts'
import { claimTarget } from './backup/target.ts'
import { backupRestore } from './backup.restore.ts'

let world: World
let repository: Repository
let restores: Restores
let leadIds: string[]
let backupId: string
const databases: string[] = []

beforeAll(async () => {
  world = await createWorld([backupRestore])
  repository = await makeRepository(world)
  leadIds = await addLeads(world.fork(), world.actor.workspaceId, 20)
  backupId = await repository.backup()
  restores = { ...repository.restores }
  world.startDispatcher()
  world.startWorkers({ services: { restores } })
})
afterAll(async () => {
  for (const name of databases) await world.fork().execute(`drop database if exists \`${name}\``)
  await world.close()
  repository.close()
})

async function restore({
  id = backupId,
  ...more
}: {
  id?: string
  database?: string
  confirm?: string
} = {}): Promise<JobRow> {
  const { job } = await world.ledger.enqueue({
    definition: backupRestore,
    input: { backupId: id, confirm: `restore ${id}`, ...more },
    actor: world.actor,
    attempts: 1,
  })
  return untilFinal(job.id)
}

const untilFinal = (id: string) =>
  until('the job is final', async () => {
    const row = await world.job(id)
    return ['COMPLETED', 'DEAD', 'CANCELLED'].includes(row.state) ? row : undefined
  })

/** A name for a database that is dropped at the end. */
function fresh(): string {
  const name = `${restores.database}_r${databases.length}`
  databases.push(name)
  return name
}

const tablesOf = async (database: string) =>
  (
    await world
      .fork()
      .execute<{ name: string }[]>(
        'select table_name as name from information_schema.tables where table_schema = ?',
        [database],
      )
  ).map(({ name }) => name)

async function erase(leadId: string): Promise<void> {
  await world
    .fork()
    .execute('insert into erasure (id, workspace_id, lead_id, at) values (?, ?, ?, ?)', [
      newId('erasure'),
      world.actor.workspaceId,
      leadId,
      new Date(),
    ])
}

test('a backup is restored into a new database, which can be used as it is', async () => {
  const job = await restore()
  expect(job.state).toBe('COMPLETED')
  const { database } = job.result as { database: string }
  databases.push(database)
  expect(database).toMatch(new RegExp(`^${restores.database}_restored_\\d{8}_[0-9a-z]{6}$`))
  const url = new URL(world.databaseUrl)
  url.pathname = `/${database}`
  const orm = await openOrm({ DATABASE_URL: url.href, DATABASE_POOL: 2 })
  const rows = await orm.em
    .fork()
    .execute<{ email: string; first_name: string }[]>('select email, first_name from `lead`')
  expect(rows).toHaveLength(20)
  expect(rows.find(({ email }) => email === 'person3@example.com')?.first_name).toBe(`O'Neil "3" \\ ☀\r\n;`)
  await orm.close()
  expect(await tablesOf(database)).toEqual(await tablesOf(restores.database))
})

test('who was erased since is erased again, also where only the repository knows of it', async () => {
  const [known = '', lost = '', kept = ''] = leadIds
  await erase(lost)
  await storeErasures({
    em: world.fork(),
    services: { restores } as never,
    signal: AbortSignal.timeout(60_000),
  })
  await world.fork().execute('delete from erasure')
  await erase(known)
  const database = fresh()
  const job = await restore({ database })
  expect(job).toMatchObject({ state: 'COMPLETED', result: { erasuresReplayed: 2, database } })
  const rows = await world
    .fork()
    .execute<{ id: string; email: string | null }[]>(
      `select id, email from \`${database}\`.lead where id in (?, ?, ?)`,
      [known, lost, kept],
    )
  expect(new Map(rows.map(({ id, email }) => [id, email !== null]))).toEqual(
    new Map([
      [known, false],
      [lost, false],
      [kept, true],
    ]),
  )
  const [tombstones] = await world
    .fork()
    .execute<{ n: number }[]>(`select count(*) as n from \`${database}\`.erasure`)
  expect(Number(tombstones?.n)).toBe(2)
})

test('in the restored database the backup it came from is complete, so that it is not taken for unfinished', async () => {
  const [id, jobId] = [newId('backup'), newId('job')]
  const em = world.fork()
  const now = new Date()
  await em.execute("insert into backup (id, job_id, state, started_at) values (?, ?, 'RUNNING', ?)", [
    id,
    jobId,
    now,
  ])
  await em.execute(
    `insert into job (id, workspace_id, name, input, input_version, fingerprint, state, priority, run_at, run, attempts,
       attempts_made, starts, correlation_id, created_at, updated_at)
     values (?, ?, 'backup.daily', '{}', 1, '', 'ACTIVE', 'NORMAL', ?, 1, 1, 0, 1, 'test', ?, ?)`,
    [jobId, world.actor.workspaceId, now, now, now],
  )
  const other = await repository.backup()
  const snapshot = await em.execute<{ snapshot_id: string; contents: string }[]>(
    'select snapshot_id, contents from backup where id = ?',
    [other],
  )
  await em.execute(
    "update backup set state = 'COMPLETED', snapshot_id = ?, contents = ?, bytes_read = 1 where id = ?",
    [snapshot[0]!.snapshot_id, snapshot[0]!.contents, id],
  )
  await em.execute("update job set state = 'COMPLETED' where id = ?", [jobId])
  const database = fresh()
  expect((await restore({ id, database })).state).toBe('COMPLETED')
  const [row] = await em.execute<{ state: string; snapshot_id: string; job: string }[]>(
    `select b.state, b.snapshot_id, j.state as job from \`${database}\`.backup b join \`${database}\`.job j on j.id = b.job_id where b.id = ?`,
    [id],
  )
  expect(row).toEqual({ state: 'COMPLETED', snapshot_id: snapshot[0]!.snapshot_id, job: 'COMPLETED' })
})

test('nothing is ever restored over what is there', async () => {
  const taken = fresh()
  await world.fork().execute(`create database \`${taken}\``)
  await world.fork().execute(`create table \`${taken}\`.precious (id int)`)
  expect(await restore({ database: taken })).toMatchObject({
    state: 'DEAD',
    errorMessage: expect.stringContaining('holds tables already'),
  })
  expect(await tablesOf(taken)).toEqual(['precious'])
  for (const database of [restores.database, restores.database.toUpperCase(), 'mysql', 'no-such`name'])
    expect(await restore({ database })).toMatchObject({ state: 'DEAD', errorClass: 'PERMANENT' })
})

test('an empty database is taken, and so is one that an attempt of the same job has left unfinished', async () => {
  const empty = fresh()
  await world.fork().execute(`create database \`${empty}\``)
  expect((await restore({ database: empty })).state).toBe('COMPLETED')
  const unfinished = fresh()
  const own = newId('job')
  await claimTarget(world.fork(), unfinished, own)
  await world.fork().execute(`create table \`${unfinished}\`.half (id int)`)
  expect((await restore({ database: unfinished })).errorMessage).toContain('holds tables already')
  await claimTarget(world.fork(), unfinished, own)
  expect(await tablesOf(unfinished)).toEqual(['_restore_under_way'])
})

test('a restore that finds the backup spoilt leaves no database', async () => {
  const spoilt = await repository.backup({ dump: (sql) => sql.replace('person7@', 'person_@') })
  const database = fresh()
  const { job } = await world.ledger.enqueue({
    definition: backupRestore,
    input: { backupId: spoilt, confirm: `restore ${spoilt}`, database },
    actor: world.actor,
  })
  expect(await untilFinal(job.id)).toMatchObject({
    state: 'DEAD',
    errorMessage: expect.stringContaining('cannot be relied on'),
  })
  expect(await tablesOf(database)).toEqual([])
})

test('without the typed confirmation nothing is enqueued', async () => {
  for (const confirm of ['', 'restore', backupId, `restore ${newId('backup')}`])
    await expect(restore({ confirm })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      issues: [{ path: 'confirm', message: expect.stringContaining('the word restore and the id') }],
    })
})
