import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BackupWorld, createBackupWorld } from '../test/support/backups.ts'

let backups: BackupWorld
beforeAll(async () => {
  backups = await createBackupWorld({ BACKUP_FILES: 'docs' })
  const em = backups.world.fork()
  await em.execute('create table odd (id int primary key, data varbinary(8), note text)')
  await em.execute("insert into odd values (1, x'00ff1a27', 'a; -- ''quoted''\\n')")
  await em.execute('create view odd_view as select id from odd')
  await em.execute(
    'create trigger odd_trigger before insert on odd for each row set new.note = concat(new.note, 1)',
  )
  await em.execute('create procedure odd_procedure() select 1')
  await em.execute('create event odd_event on schedule every 1 day do delete from odd where id = 7')
})
afterAll(() => backups.close())

test('a backup holds all of the database and the files, and tells what it holds', async () => {
  const job = await backups.enqueue()
  const done = await backups.world.untilState(job, 'COMPLETED', 60_000)
  const row = await backups.backupOf(job)
  expect(row).toMatchObject({ state: 'COMPLETED', problem: null, forgotten_at: null })
  const dump = await backups.restic('dump', row.snapshot_id!, '/database.sql')
  expect(dump).toContain('0x00FF1A27')
  for (const name of ['odd_view', 'odd_trigger', 'odd_procedure', 'odd_event']) expect(dump).toContain(name)
  expect(dump.trimEnd()).toMatch(/-- Dump completed$/)
  const tables = JSON.parse(row.contents!) as { name: string; rows: number }[]
  expect(tables).toContainEqual(expect.objectContaining({ name: 'odd', rows: 1 }))
  expect(await backups.restic('ls', row.files_snapshot_id!)).toContain('architecture.md')
  expect(done.result).toMatchObject({ backupId: row.id, forgotten: 0 })
  expect((await backups.inRepository()).locks).toEqual([])
})
