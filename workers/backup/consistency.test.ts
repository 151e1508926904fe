import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { quoteName } from '../../entities/sql.ts'
import { fingerprintDatabase } from '../../integrations/mariadb-tools/fingerprint.ts'
import { connectionOf } from '../../integrations/mariadb-tools/server.ts'
import { inTransaction } from '../../ledger/sql.ts'
import { type BackupWorld, createBackupWorld } from '../../test/support/backups.ts'

const restored = `t_restored_${randomBytes(4).toString('hex')}`
let backups: BackupWorld
beforeAll(async () => {
  backups = await createBackupWorld()
  const em = backups.world.fork()
  await em.execute('create table account (id int primary key, amount bigint not null)')
  await em.execute('create table booking (id bigint primary key auto_increment, amount bigint not null)')
  await em.execute('insert into account select seq, 0 from seq_1_to_50')
})
afterAll(async () => {
  await backups.world.fork().execute(`drop database if exists ${restored}`)
  await backups.close()
})

test('a dump made while others write is one state of the database, and the contents that are kept are those of that state', async () => {
  const writers = Array.from({ length: 4 }, (_, number) => startWriter(number))
  await Promise.all(writers.map(({ first }) => first))
  const job = await backups.enqueue()
  await backups.world.untilState(job, 'COMPLETED', 60_000)
  await Promise.all(writers.map(({ stop }) => stop()))

  const row = await backups.backupOf(job)
  await restore(await backups.restic('dump', row.snapshot_id!, '/database.sql'))
  const em = backups.world.fork()
  const { tables, newestRowAt } = await fingerprintDatabase((sql) => em.execute(sql), restored)
  expect(tables).toEqual(JSON.parse(row.contents!))
  expect(`${row.newest_row_at!.replace(' ', 'T')}Z`).toBe(newestRowAt?.toISOString())
  const [sums] = await em.execute<{ accounts: string; bookings: string; now: string }[]>(
    `select (select sum(amount) from ${restored}.account) as accounts,
       (select sum(amount) from ${restored}.booking) as bookings,
       (select sum(amount) from booking) as now`,
  )
  expect(sums!.accounts).toBe(sums!.bookings)
  expect(Number(sums!.bookings)).toBeGreaterThan(0)
  expect(Number(sums!.now)).toBeGreaterThan(Number(sums!.bookings))
})

/** Books to both tables in one transaction, first to either, until it is stopped, which throws if one booking failed. */
function startWriter(number: number) {
  const { promise: first, resolve } = Promise.withResolvers<void>()
  let stopped = false
  const write = async () => {
    for (let count = 0; !stopped; count++) {
      await book(number, count)
      resolve()
    }
  }
  const done = write()
  done.catch(() => undefined)
  const stop = () => {
    stopped = true
    return done
  }
  return { first, stop }
}

function book(number: number, count: number): Promise<void> {
  const account = 1 + ((number * 13 + count) % 50)
  const statements = [
    `update account set amount = amount + ${number + 1} where id = ${account}`,
    `insert into booking (amount) values (${number + 1})`,
  ]
  return inTransaction(backups.world.fork, async (em) => {
    for (const sql of count % 2 ? statements : statements.reverse()) await em.execute(sql)
  })
}

async function restore(dump: string): Promise<void> {
  await backups.world.fork().execute(`create database ${quoteName(restored)} character set utf8mb4`)
  const { args, env } = connectionOf({
    url: backups.world.databaseUrl,
    env: { PATH: process.env.PATH ?? '' },
  })
  const running = promisify(execFile)('mariadb', [...args, restored], { env })
  running.child.stdin!.end(dump)
  await running
}
