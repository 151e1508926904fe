import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Finding } from '../entities/verification.ts'
import { createRestic } from '../integrations/restic/restic.ts'
import type { JobRow } from '../ledger/row.ts'
import { createRestores, type Restores } from '../runtime/backups/restores.ts'
import { addLeads, makeRepository, type Repository } from '../test/support/repository.ts'
import { createWorld, until, type World } from '../test/support/world.ts'
import { backupVerify } from './backup.verify.ts'

let world: World
let repository: Repository
/** What the jobs work with; a test may put something else in its place. */
let restores: Restores
let leadIds: string[]

beforeAll(async () => {
  world = await createWorld([backupVerify])
  repository = await makeRepository(world)
  leadIds = await addLeads(world.fork(), world.actor.workspaceId, 40)
  restores = { ...repository.restores }
  world.startDispatcher()
  world.startWorkers({ services: { restores } })
})
afterEach(() => {
  Object.assign(restores, repository.restores)
})
afterAll(async () => {
  await world.close()
  repository.close()
})

async function verify(backupId?: string): Promise<JobRow> {
  const { job } = await world.ledger.enqueue({
    definition: backupVerify,
    input: backupId ? { backupId } : {},
    actor: world.actor,
    attempts: 1,
  })
  return until('the job is final', async () => {
    const row = await world.job(job.id)
    return ['COMPLETED', 'DEAD', 'CANCELLED'].includes(row.state) ? row : undefined
  })
}

interface Row {
  state: string
  findings: Finding[]
  row_count: number | null
  scratch_database: string
}

async function verificationOf(jobId: string): Promise<Row> {
  const [row] = await world
    .fork()
    .execute<Record<string, unknown>[]>('select * from verification where job_id = ?', [jobId])
  return { ...row, findings: JSON.parse(String(row?.findings)) } as unknown as Row
}

const scratches = () =>
  world
    .fork()
    .execute<unknown[]>(
      'select schema_name from information_schema.schemata where left(schema_name, ?) = ?',
      [restores.database.length + 8, `${restores.database}_verify_`],
    )

/** The findings of a verification that is dead because of them. */
async function findingsOf(backupId: string): Promise<Finding[]> {
  const job = await verify(backupId)
  expect(job).toMatchObject({ state: 'DEAD', errorClass: 'PERMANENT' })
  expect(job.errorMessage).toContain('cannot be relied on')
  const row = await verificationOf(job.id)
  expect(row.state).toBe('FAILED')
  expect(await scratches()).toEqual([])
  return row.findings
}

describe('a backup is verified', () => {
  test('a good one passes, is marked, and leaves no scratch database', async () => {
    const backupId = await repository.backup()
    const job = await verify()
    expect(job).toMatchObject({
      state: 'COMPLETED',
      result: { passed: true, newestRowAgeSeconds: expect.any(Number) },
    })
    const row = await verificationOf(job.id)
    expect(row).toMatchObject({ state: 'PASSED', findings: [] })
    expect(Number(row.row_count)).toBeGreaterThan(80)
    const [backup] = await world
      .fork()
      .execute<{ verified_at: string | null }[]>('select verified_at from backup where id = ?', [backupId])
    expect(backup?.verified_at).not.toBeNull()
    expect(await scratches()).toEqual([])
  })

  test('one that retention took out before its turn is told of as such: the job has ended well, and nothing is wrong', async () => {
    const backupId = await repository.backup()
    await world.fork().execute('update backup set forgotten_at = ? where id = ?', [new Date(), backupId])
    expect(await verify(backupId)).toMatchObject({
      state: 'COMPLETED',
      result: { backupId, forgotten: true },
    })
  })

  test('a table that is missing is named', async () => {
    const id = await repository.backup({ dump: without('lead_event') })
    expect(await findingsOf(id)).toMatchObject([
      { kind: 'TABLE_MISSING', table: 'lead_event', expected: '40 rows' },
    ])
  })

  test('a table that nobody dumped is named', async () => {
    const id = await repository.backup({
      contents: (tables) => tables.filter(({ name }) => name !== 'audit'),
    })
    expect(await findingsOf(id)).toMatchObject([{ kind: 'TABLE_UNEXPECTED', table: 'audit' }])
  })

  test('a row that changed, and one that is gone, are told apart', async () => {
    const changed = await repository.backup({ dump: (sql) => sql.replace('person7@', 'person_@') })
    expect(await findingsOf(changed)).toMatchObject([{ kind: 'CHECKSUM', table: 'lead' }])
    const id = leadIds[0]!
    const gone = await repository.backup({
      dump: (sql) =>
        sql.replace(
          '-- Dump completed',
          `DELETE FROM lead_event WHERE lead_id = '${id}';\n-- Dump completed`,
        ),
    })
    expect(await findingsOf(gone)).toMatchObject([
      { kind: 'ROWS', table: 'lead_event', expected: '40', found: '39' },
    ])
  })

  test('rows that refer to nothing are found', async () => {
    const id = await repository.backup({
      dump: (sql) =>
        sql.replace(
          '-- Dump completed',
          `SET foreign_key_checks = 0; DELETE FROM lead WHERE id = '${leadIds[1]}';\n-- Dump completed`,
        ),
    })
    const findings = await findingsOf(id)
    expect(findings.map(({ kind, table }) => [kind, table])).toEqual([
      ['ROWS', 'lead'],
      ['FOREIGN_KEY', 'lead_event'],
    ])
  })

  test('a dump that was cut off is recognised, also where every statement in it is whole', async () => {
    const id = await repository.backup({
      dump: (sql) => sql.slice(0, sql.indexOf('-- Table structure for table `lead`')),
    })
    expect(await findingsOf(id)).toMatchObject([
      { kind: 'RESTORE', message: expect.stringContaining('cut off') },
    ])
  })

  test('a dump that MariaDB refuses is reported by its line, without what stands there', async () => {
    const id = await repository.backup({
      dump: (sql) => sql.replace('VALUES', 'VALUES of person1@example.com'),
    })
    const [finding] = await findingsOf(id)
    expect(finding).toMatchObject({
      kind: 'RESTORE',
      message: expect.stringMatching(/line \d+ with error 1064/),
    })
    expect(JSON.stringify(finding)).not.toContain('person1')
  })

  test('a snapshot that is no longer in the repository is damage of the repository', async () => {
    const id = await repository.backup()
    await world.fork().execute('update backup set snapshot_id = ? where id = ?', ['0'.repeat(64), id])
    expect(await findingsOf(id)).toMatchObject([{ kind: 'REPOSITORY' }])
  })

  test('a byte that flipped in the repository is found', async () => {
    const spoilt = await makeRepository(world)
    Object.assign(restores, spoilt.restores)
    const id = await spoilt.backup()
    await spoilt.flipByte()
    expect(await findingsOf(id)).toMatchObject([
      { kind: 'REPOSITORY', message: expect.stringContaining('damaged') },
    ])
    spoilt.close()
  })

  test('a byte that flipped in data of other backups is found by the share that is read', async () => {
    const spoilt = await makeRepository(world, '100%')
    Object.assign(restores, spoilt.restores)
    await spoilt.backup({ dump: () => randomText(2_000_000) })
    await spoilt.flipByte()
    const id = await spoilt.backup()
    expect(await findingsOf(id)).toMatchObject([{ kind: 'REPOSITORY' }])
    spoilt.close()
  })
})

describe('a verification that does not come to a verdict', () => {
  test('with a wrong password it says so, and nothing about the backup', async () => {
    const { dir, env } = repository
    await repository.backup()
    const restic = createRestic({ repository: dir, password: 'not the password', env })
    const database = { DATABASE_URL: world.databaseUrl, DATABASE_POOL: 2 }
    Object.assign(restores, createRestores({ restic: () => restic, database, env, checkSubset: '' }))
    const job = await verify()
    expect(job).toMatchObject({ state: 'DEAD', errorClass: 'PERMANENT' })
    expect(job.errorMessage).toContain('BACKUP_PASSWORD does not open the repository')
    expect(await verificationOf(job.id)).toMatchObject({ state: 'BROKEN_OFF', findings: [] })
  })

  test('without room on the disk it stops before it restores', async () => {
    await repository.backup()
    Object.assign(restores, { freeBytes: async () => 100_000_000 })
    const job = await verify()
    expect(job).toMatchObject({ state: 'DEAD', errorClass: 'PERMANENT' })
    expect(job.errorMessage).toMatch(/disk of MariaDB has 100 MB free; about \d+ MB are needed/)
    expect(await verificationOf(job.id)).toMatchObject({ state: 'BROKEN_OFF' })
  })

  test('without any backup it is dead at once', async () => {
    await world.fork().execute('delete from verification')
    await world.fork().execute('delete from backup')
    expect((await verify()).errorMessage).toContain('There is no complete backup yet')
  })

  test('cancelled while it restores, it leaves neither database nor lock', async () => {
    await repository.backup()
    let loading: () => void = () => undefined
    const begun = new Promise<void>((resolve) => {
      loading = resolve
    })
    Object.assign(restores, {
      load: (...[what, signal, onBytes]: Parameters<Restores['load']>) =>
        repository.restores.load(what, signal, (bytes) => {
          loading()
          onBytes(bytes)
        }),
      fingerprint: (...[, , onTable]: Parameters<Restores['fingerprint']>) => {
        onTable?.('lead')
        return new Promise(() => undefined)
      },
    })
    const { job } = await world.ledger.enqueue({ definition: backupVerify, input: {}, actor: world.actor })
    await begun
    await world.ledger.cancel(world.actor, job.id)
    await world.untilState(job.id, 'CANCELLED')
    await until('the row says so', async () => (await verificationOf(job.id)).state === 'CANCELLED')
    await until('the scratch database is gone', async () => (await scratches()).length === 0)
  })
})

const randomText = (bytes: number) =>
  Buffer.from(Array.from({ length: bytes }, () => Math.random() * 64 + 32)).toString()

/** A dump without one of its tables. */
const without = (table: string) => (sql: string) =>
  sql
    .split(/(?=^-- Table structure for table )/m)
    .filter((part) => !part.startsWith(`-- Table structure for table \`${table}\``))
    .join('')
