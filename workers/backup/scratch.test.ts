import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../entities/ids.ts'
import { createWorld, type World } from '../../test/support/world.ts'
import { orphanFindings } from './foreign-keys.ts'
import { createScratch, dropScratch, scratchName, sweepScratch } from './scratch.ts'

let world: World
let database: string

beforeAll(async () => {
  world = await createWorld([])
  database = new URL(world.databaseUrl).pathname.slice(1)
})

afterAll(async () => {
  for (const name of await scratches()) await dropScratch(world.fork(), name)
  await world.close()
})

async function scratches(): Promise<string[]> {
  const rows = await world
    .fork()
    .execute<{ name: string }[]>(
      'select schema_name as name from information_schema.schemata where left(schema_name, ?) = ?',
      [database.length + 8, `${database}_verify_`],
    )
  return rows.map(({ name }) => name)
}

/** A verification with its scratch database, and a job in the given state. */
async function verification(state: string): Promise<string> {
  const [id, backupId, jobId] = [newId('verification'), newId('backup'), newId('job')]
  const name = scratchName(database, id)
  const em = world.fork()
  const now = new Date()
  await em.execute(
    `insert into job (id, workspace_id, name, input, input_version, fingerprint, state, priority, run_at, run, attempts,
       attempts_made, starts, correlation_id, created_at, updated_at)
     values (?, ?, 'backup.verify', '{}', 1, '', ?, 'NORMAL', ?, 1, 1, 0, 0, 'test', ?, ?)`,
    [jobId, world.actor.workspaceId, state, now, now, now],
  )
  await em.execute("insert into backup (id, job_id, state, started_at) values (?, ?, 'COMPLETED', ?)", [
    backupId,
    newId('job'),
    now,
  ])
  await em.execute(
    `insert into verification (id, backup_id, job_id, state, scratch_database, started_at, findings)
     values (?, ?, ?, 'RUNNING', ?, ?, '[]')`,
    [id, backupId, jobId, name, now],
  )
  await createScratch(em, name)
  return name
}

test('scratch databases of jobs that have ended are swept, those of running jobs stay', async () => {
  const dead = await verification('DEAD')
  const running = await verification('ACTIVE')
  const waiting = await verification('DELAYED')
  expect(await sweepScratch(world.fork(), database)).toEqual([dead])
  expect((await scratches()).sort()).toEqual([running, waiting].sort())
})

test('a scratch database nobody knows of is swept, unless somebody is in it', async () => {
  const unknown = scratchName(database, newId('verification'))
  await createScratch(world.fork(), unknown)
  await world.orm.em.fork().transactional(async (em) => {
    await em.execute(`use ${unknown}`)
    expect(await sweepScratch(world.fork(), database)).toEqual([])
    await em.execute(`use ${database}`)
  })
  expect(await sweepScratch(world.fork(), database)).toEqual([unknown])
})

test('a database with another name is never taken for a scratch database', async () => {
  const other = `${database}_verify_mine`
  await world.fork().execute(`create database ${other}`)
  expect(await sweepScratch(world.fork(), database)).toEqual([])
  await expect(dropScratch(world.fork(), other)).rejects.toThrow('not the name of a scratch database')
  await world.fork().execute(`drop database ${other}`)
})

test('an attempt finds its scratch database empty, whatever an earlier one left in it', async () => {
  const name = scratchName(database, newId('verification'))
  await createScratch(world.fork(), name)
  await world.fork().execute(`create table ${name}.left_over (id int)`)
  await createScratch(world.fork(), name)
  expect(await world.fork().execute(`show tables from ${name}`)).toEqual([])
})

test('rows that refer to rows which are not there are found, with keys of several columns too', async () => {
  const name = scratchName(database, newId('verification'))
  const em = world.fork()
  await createScratch(em, name)
  await em.execute(`create table ${name}.parent (a int, b int, primary key (a, b)) engine = InnoDB`)
  await em.execute(`create table ${name}.child (a int, b int null, constraint pair foreign key (a, b) references parent (a, b))
    engine = InnoDB`)
  await em.execute(`insert into ${name}.parent values (1, 1)`)
  await em.execute(`insert into ${name}.child values (1, 1), (7, null)`)
  expect(await orphanFindings(em, name, AbortSignal.timeout(10_000))).toEqual([])
  await em.transactional(async (one) => {
    await one.execute('set foreign_key_checks = 0')
    await one.execute(`insert into ${name}.child values (1, 2), (2, 1)`)
    await one.execute('set foreign_key_checks = 1')
  })
  expect(await orphanFindings(em, name, AbortSignal.timeout(10_000))).toMatchObject([
    { kind: 'FOREIGN_KEY', table: 'child', found: '2' },
  ])
})
