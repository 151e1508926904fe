import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type BackupWorld, createBackupWorld, password } from '../../test/support/backups.ts'
import { type FakePrograms, fakePrograms } from '../../test/support/programs.ts'
import { mountSmallDisk } from '../../test/support/tmpfs.ts'

let programs: FakePrograms
let backups: BackupWorld
let usual: BackupWorld['config']

beforeAll(async () => {
  programs = await fakePrograms()
  backups = await createBackupWorld()
  usual = { ...backups.config }
  await backups.world.fork().execute('create table filling (id int primary key, data longblob)')
  const job = await backups.enqueue()
  await backups.world.untilState(job, 'COMPLETED', 60_000)
})
beforeEach(() => void Object.assign(backups.config, usual))
afterEach(async () => {
  process.env.PATH = programs.path
  await programs.takeAway('mariadb-dump')
})
afterAll(async () => {
  await backups.close()
  await programs.close()
})

/** Runs a backup that is to fail, and checks that no secret shows anywhere. */
async function failed(attempts = 1) {
  const job = await backups.enqueue(attempts)
  const { state, errorClass, errorMessage } = await backups.world.until(
    'the attempt failed',
    async () => {
      const row = await backups.world.job(job)
      return ['DEAD', 'DELAYED'].includes(row.state) ? row : undefined
    },
    60_000,
  )
  // The row follows the death of its job.
  const row = await backups.world.until('the backup has ended with its job', async () => {
    const found = await backups.backupOf(job)
    return state === 'DEAD' && found.state === 'RUNNING' ? undefined : found
  })
  const everything = JSON.stringify([row, errorMessage]) + backups.log()
  for (const secret of [password, 'not the password', new URL(backups.world.databaseUrl).password])
    if (secret) expect(everything).not.toContain(secret)
  // Its next attempt would come in the middle of another test.
  if (state === 'DELAYED') await backups.world.ledger.cancel(backups.world.actor, job)
  return { state, errorClass, errorMessage, row }
}

const snapshots = async () => (await backups.inRepository()).snapshots

describe('a backup that cannot be made', () => {
  it('says that the password is wrong', async () => {
    backups.config.BACKUP_PASSWORD = 'not the password'
    const { state, row, ...error } = await failed(3)
    expect(state).toBe('DEAD')
    expect(row).toMatchObject({ state: 'FAILED', problem_code: 'WRONG_PASSWORD' })
    expect(row.problem).toBe('restic: BACKUP_PASSWORD does not open the repository')
    expect(error).toEqual({ errorMessage: row.problem, errorClass: 'PERMANENT' })
  })

  it('says that no repository is set', async () => {
    backups.config.BACKUP_REPOSITORY = ''
    expect((await failed()).row).toMatchObject({ state: 'FAILED', problem_code: 'NOT_CONFIGURED' })
  })

  it('says that a repository cannot be made where a file is in the way', async () => {
    const file = join(backups.folder, 'a-file')
    await writeFile(file, '')
    backups.config.BACKUP_REPOSITORY = join(file, 'repository')
    const { row } = await failed()
    expect(row).toMatchObject({ state: 'FAILED', problem_code: 'BAD_REPOSITORY' })
    expect(row.problem).not.toContain(file)
  })

  it('says that restic or mariadb-dump is not installed, and how to get it', async () => {
    const empty = join(backups.folder, 'no-programs')
    await mkdir(empty)
    process.env.PATH = empty
    expect((await failed()).row).toMatchObject({
      problem_code: 'NOT_INSTALLED',
      problem: 'restic: is not installed; on Debian and Ubuntu: apt-get install restic',
    })
  })

  it('keeps nothing of a dump that breaks off, and is tried again', async () => {
    const before = await snapshots()
    await programs.put(
      'mariadb-dump',
      '$REAL "$@" | head -c 20000; echo "Error 2013: Lost connection" >&2; exit 3',
    )
    const { state, row, ...error } = await failed(3)
    expect(state).toBe('DELAYED')
    expect(row).toMatchObject({ state: 'RUNNING' })
    expect(error).toEqual({
      errorMessage: 'mariadb-dump: MariaDB cannot be reached or went away; it is tried again',
      errorClass: 'TRANSIENT',
    })
    expect(await snapshots()).toEqual(before)
  })

  it('keeps nothing of a dump that ends well without its last line', async () => {
    const before = await snapshots()
    await programs.put('mariadb-dump', '$REAL "$@" | head -c 20000')
    expect((await failed()).row).toMatchObject({ state: 'FAILED', problem_code: 'TRUNCATED' })
    expect(await snapshots()).toEqual(before)
  })

  it('keeps nothing when the dump never begins, and lets writers go on', async () => {
    const before = await snapshots()
    await programs.put('mariadb-dump', 'exit 7')
    expect((await failed()).row).toMatchObject({ state: 'FAILED', problem_code: 'FAILED' })
    await backups.world.fork().execute('insert into filling values (1, null)')
    expect(await snapshots()).toEqual(before)
  })

  it('does not keep writers out for long when the dump hangs before it begins', async () => {
    const before = await snapshots()
    await programs.put('mariadb-dump', 'exec sleep 60')
    expect((await failed()).row).toMatchObject({
      state: 'FAILED',
      problem: 'The dump did not begin within 10 s; others may write again',
    })
    await backups.world.fork().execute('insert into filling values (2, null)')
    expect(await snapshots()).toEqual(before)
  })

  it('says that a view refers to something that is not there any more', async () => {
    const em = backups.world.fork()
    await em.execute('create table going (id int)')
    await em.execute('create view orphaned as select id from going')
    await em.execute('drop table going')
    try {
      const { row } = await failed()
      expect(row).toMatchObject({ state: 'FAILED', problem_code: 'INVALID_VIEW' })
      expect(row.problem).not.toContain('going')
    } finally {
      await em.execute('drop view orphaned')
    }
  })

  it('says that a file to back up is not there, and keeps nothing', async () => {
    const before = await snapshots()
    backups.config.BACKUP_FILES = `docs,${join(backups.folder, 'absent')}`
    expect((await failed()).row).toMatchObject({ state: 'FAILED', problem_code: 'FILES_UNREADABLE' })
    expect(await snapshots()).toEqual(before)
  })
})

const disk = mountSmallDisk(80)
afterAll(() => disk?.unmount())

describe.skipIf(!disk)('the disk of the repository (skipped where a test may not mount one)', () => {
  beforeEach(async () => {
    backups.config.BACKUP_REPOSITORY = join(disk!.path, 'repository')
    await backups.world.fork().execute('delete from filling')
  })

  it('makes a backup say before it begins that there is too little room', async () => {
    await writeFile(join(disk!.path, 'others'), Buffer.alloc(40_000_000))
    const { row } = await failed()
    expect(row).toMatchObject({ state: 'FAILED', problem_code: 'LOW_DISK' })
    expect(row.problem).toMatch(/^The disk of the repository has \d+ MB free; about \d+ MB are needed$/)
    await writeFile(join(disk!.path, 'others'), '')
  })

  it('makes a backup that fills it say so, and keep nothing', async () => {
    const blob = Array.from({ length: 100 }, () => 'random_bytes(1024)').join(', ')
    await backups.world
      .fork()
      .execute(`insert into filling select seq, repeat(concat(${blob}), 1) from seq_1_to_1000`)
    const { row } = await failed()
    expect(row).toMatchObject({ state: 'FAILED', problem_code: 'DISK_FULL' })
  })
})
