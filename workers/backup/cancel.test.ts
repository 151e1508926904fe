import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type BackupWorld, createBackupWorld } from '../../test/support/backups.ts'
import { type FakePrograms, fakePrograms, programsAtWork } from '../../test/support/programs.ts'

let programs: FakePrograms
let backups: BackupWorld
const database = () => new URL(backups.world.databaseUrl).pathname.slice(1)
const atWork = () => programsAtWork(backups.repository, database())

beforeAll(async () => {
  programs = await fakePrograms()
  backups = await createBackupWorld()
  await backups.world.fork().execute('create table filling (id int primary key, data longblob)')
})
beforeEach(async () => {
  await programs.put('restic', 'exec $REAL "$@"')
})
afterAll(async () => {
  await backups.close()
  await programs.close()
})

/** Starts a backup and cancels it once `reached`; checks that nothing is left of it. */
async function cancelled(reached: (jobId: string) => Promise<boolean> | boolean): Promise<void> {
  const { world } = backups
  const job = await backups.enqueue()
  await world.until('the backup is at work there', () => reached(job))
  await world.ledger.cancel(world.actor, job)
  await world.untilState(job, 'CANCELLED', 30_000)
  expect(await backups.backupOf(job)).toMatchObject({ state: 'CANCELLED', problem_code: 'CANCELLED' })
  expect(atWork()).toEqual([])
  await programs.takeAway('restic')
  expect(await backups.inRepository()).toEqual({ snapshots: [], locks: [] })
  expect(await inDatabase()).toEqual([])
}

/** What others do in the database; its tables are free, or the statement would wait for them. */
async function inDatabase(): Promise<unknown[]> {
  const em = backups.world.fork()
  await em.execute('set statement lock_wait_timeout = 5 for truncate table filling')
  return em.execute(
    `select p.command, p.info from information_schema.processlist p
     left join information_schema.innodb_trx t on t.trx_mysql_thread_id = p.id
     where p.db = database() and p.id <> connection_id() and (p.command <> 'Sleep' or t.trx_id is not null)`,
  )
}

it('a backup that is cancelled while it dumps leaves no snapshot, lock or process behind', async () => {
  await fill(30)
  await programs.put('restic', 'exec $REAL --limit-upload=2048 "$@"')
  await cancelled(async (job) => {
    const progress = (await backups.world.job(job)).progress as { phase: string; bytesDone?: number } | null
    return progress?.phase === 'DATABASE' && (progress.bytesDone ?? 0) > 5_000_000
  })
})

it('a backup that is cancelled while it takes the files takes the dump out again', async () => {
  const file = join(backups.folder, 'large-file')
  await writeFile(file, randomBytes(60_000_000))
  backups.config.BACKUP_FILES = file
  await programs.put('restic', 'exec $REAL --limit-upload=2048 "$@"')
  await cancelled(async (job) => {
    const progress = (await backups.world.job(job)).progress as { phase: string } | null
    return progress?.phase === 'FILES' && atWork().some((command) => command.includes(file))
  })
})

/** Random bytes, which neither compress nor deduplicate. */
async function fill(megabytes: number): Promise<void> {
  const kilobyte = 'random_bytes(1024)'
  const megabyte = `concat(${Array.from({ length: 100 }, () => kilobyte).join(', ')})`
  await backups.world
    .fork()
    .execute(`insert into filling select seq, ${megabyte} from seq_1_to_${megabytes * 10}`)
}
