import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type BackupWorld, createBackupWorld } from '../../test/support/backups.ts'
import { type FakePrograms, fakePrograms } from '../../test/support/programs.ts'

let programs: FakePrograms
let backups: BackupWorld
beforeAll(async () => {
  programs = await fakePrograms()
  backups = await createBackupWorld({
    BACKUP_FILES: 'docs/adding-a-job.md',
    BACKUP_KEEP_DAILY: 1,
    BACKUP_KEEP_WEEKLY: 1,
    BACKUP_KEEP_MONTHLY: 0,
  })
})
afterEach(() => programs.takeAway('restic'))
afterAll(async () => {
  await backups.close()
  await programs.close()
})

/** Makes a backup, and by default ends its drill: retention spares what is still to be verified. */
async function backUp({ drilled = true } = {}) {
  const job = await backups.enqueue()
  const { result } = await backups.world.untilState(job, 'COMPLETED', 60_000)
  if (drilled) await endDrills()
  return { forgotten: (result as { forgotten: number }).forgotten, row: await backups.backupOf(job) }
}

const endDrills = () =>
  backups.world
    .fork()
    .execute("update job set state = 'CANCELLED', check_at = null where name = 'backup.verify'")

const forgotten = async () => {
  const sql = 'select id from backup where forgotten_at is not null order by id'
  return (await backups.world.fork().execute<{ id: string }[]>(sql)).map(({ id }) => id)
}

it('of several backups of a day the newest stays, with its files; the others are gone and their rows say so', async () => {
  const first = await backUp()
  expect(first.forgotten).toBe(0)
  const second = await backUp()
  expect(second.forgotten).toBe(1)
  const third = await backUp()
  expect(await forgotten()).toEqual([first.row.id, second.row.id])
  const { snapshots, locks } = await backups.inRepository()
  // The dump, the files, and what tells what is in them.
  expect(snapshots).toHaveLength(3)
  for (const kept of [third.row.snapshot_id!, third.row.files_snapshot_id!])
    expect(snapshots.map((id) => id.slice(0, 8))).toContain(kept.slice(0, 8))
  expect(locks).toEqual([])
})

it('of several backups of a day each stays until its drill has ended, however late that is', async () => {
  const first = await backUp({ drilled: false })
  const second = await backUp({ drilled: false })
  expect(await forgotten()).not.toContain(first.row.id)
  await endDrills()
  await backUp()
  expect(await forgotten()).toEqual(expect.arrayContaining([first.row.id, second.row.id]))
})

it('retention that fails does not undo the backup before it; the next run of the job only tidies', async () => {
  const before = await forgotten()
  await programs.put('restic', refusing('prune'))
  const job = await backups.enqueue()
  await backups.world.untilState(job, 'DEAD', 60_000)
  const made = await backups.backupOf(job)
  expect(made).toMatchObject({ state: 'COMPLETED', problem: null })
  await programs.put('restic', refusing('backup'))
  await backups.world.ledger.retry(backups.world.actor, job)
  await backups.world.untilState(job, 'COMPLETED', 60_000)
  expect(await backups.backupOf(job)).toEqual(made)
  expect(await forgotten()).toHaveLength(before.length + 1)
})

it('a backup that a lost worker had marked but not taken out goes with the next one', async () => {
  const [kept] = await backups.world
    .fork()
    .execute<{ id: string; snapshot_id: string }[]>(
      "select id, snapshot_id from backup where state = 'COMPLETED' and forgotten_at is null",
    )
  await backups.world
    .fork()
    .execute('update backup set forgotten_at = ? where id = ?', [new Date(), kept!.id])
  const {
    row: { snapshot_id: newest },
  } = await backUp()
  const { snapshots } = await backups.inRepository()
  expect(snapshots.map((id) => id.slice(0, 8))).toContain(newest!.slice(0, 8))
  expect(snapshots.map((id) => id.slice(0, 8))).not.toContain(kept!.snapshot_id.slice(0, 8))
})

it('a backup that the database does not know, for it was restored from an older one, goes by the same rules', async () => {
  const [unknown] = await backups.world
    .fork()
    .execute<{ id: string }[]>("select id from backup where state = 'COMPLETED' and forgotten_at is null")
  await backups.world.fork().execute('delete from backup where id = ?', [unknown!.id])
  expect((await backUp()).forgotten).toBe(1)
  expect((await backups.inRepository()).snapshots).toHaveLength(3)
})

it('the newest backup that was restored and found equal stays until a newer one was', async () => {
  const { world } = backups
  const verify = (id: string) =>
    world.fork().execute('update backup set verified_at = ? where id = ?', [new Date(), id])
  const proven = (await backUp()).row.id!
  await verify(proven)
  const later = (await backUp()).row.id!
  expect(await forgotten()).not.toContain(proven)
  await verify(later)
  await backUp()
  expect(await forgotten()).toContain(proven)
  expect(await forgotten()).not.toContain(later)
})

/** A restic that breaks off at one of its commands. */
const refusing = (command: string) =>
  `case " $* " in *" ${command} "*) echo "Fatal: something odd" >&2; exit 1;; esac; exec $REAL "$@"`
