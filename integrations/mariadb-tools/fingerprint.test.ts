import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { type Orm, openOrm } from '../../runtime/db.ts'
import { fingerprintDatabase } from './fingerprint.ts'

const names = ['a', 'b'].map((letter) => `t_print_${letter}_${randomBytes(4).toString('hex')}`)
const [first = '', second = ''] = names
let orm: Orm

const query = (sql: string) => orm.em.fork().execute<Record<string, unknown>[]>(sql)
const print = (database: string) => fingerprintDatabase(query, database)

beforeAll(async () => {
  orm = await openOrm({ DATABASE_URL: inject('databaseUrl'), DATABASE_POOL: 2 })
})

afterAll(async () => {
  for (const name of names) await query(`drop database if exists ${name}`)
  await orm.close()
})

/** Both databases anew, each with the same table. */
async function tables(columns: string): Promise<void> {
  for (const name of names) {
    await query(`drop database if exists ${name}`)
    await query(`create database ${name} character set utf8mb4`)
    await query(`create table ${name}.thing (${columns}) engine = InnoDB`)
  }
}

async function checksums(): Promise<(string | undefined)[]> {
  const prints = await Promise.all(names.map(print))
  return prints.map(({ tables: [table] }) => table?.checksum)
}

describe('the fingerprint of a database', () => {
  it('is the same whatever the order in which rows came', async () => {
    await tables('id int primary key auto_increment, name varchar(20)')
    await query(`insert into ${first}.thing (id, name) values (1, 'x'), (2, 'y'), (3, 'y')`)
    await query(`insert into ${second}.thing (id, name) values (3, 'y'), (1, 'x'), (2, 'y')`)
    const [a, b] = await Promise.all(names.map(print))
    expect(a).toEqual(b)
    expect(a?.tables).toEqual([{ name: 'thing', rows: 3, checksum: expect.stringMatching(/^[1-9]\d+$/) }])
  })

  it.each([
    ['a swapped value', "(1, 'a', 'b'), (2, 'c', 'd')", "(1, 'a', 'd'), (2, 'c', 'b')"],
    ['a value that moved to the next column', "(1, 'a,', 'b')", "(1, 'a', ',b')"],
    ['nothing instead of an empty text', "(1, '', 'b')", "(1, null, 'b')"],
    ['a text that looks like nothing', "(1, 'N,', 'b')", "(1, null, 'b')"],
    ['upper case, which the collation does not tell apart', "(1, 'a', 'b')", "(1, 'A', 'b')"],
    ['a space at the end', "(1, 'a', 'b')", "(1, 'a ', 'b')"],
    ['two equal rows that both differ', "(1, 'a', 'b'), (1, 'a', 'b')", "(1, 'c', 'b'), (1, 'c', 'b')"],
  ])('tells %s', async (_, here, there) => {
    await tables('id int, left_part varchar(20), right_part varchar(20)')
    await query(`insert into ${first}.thing values ${here}`)
    await query(`insert into ${second}.thing values ${there}`)
    const [a, b] = await checksums()
    expect(a).not.toBe(b)
  })

  it.each([
    ['bit(9)', "b'100000001'", "b'100000000'"],
    ['json', `'{"a": [1, null]}'`, `'{"a": [1, 2]}'`],
    ['longblob', "x'00ff2c00'", "x'00ff2c01'"],
    ['varbinary(8)', "x'ff00'", "x'ff'"],
    ['float', '0.1', '0.2'],
    ['double', '1e300', '1.0000000000000002e300'],
    ['decimal(30,10)', '12345678901234567890.0000000001', '12345678901234567890.0000000002'],
    ['bigint unsigned', '18446744073709551615', '18446744073709551614'],
    ['datetime(3)', "'2026-01-01 00:00:00.001'", "'2026-01-01 00:00:00.002'"],
    ['timestamp(3)', "'2026-01-01 00:00:00.001'", "'2026-01-01 00:00:00.002'"],
    ["enum('on', 'off')", "'on'", "'off'"],
    ['uuid', "'00000000-0000-0000-0000-000000000001'", "'00000000-0000-0000-0000-000000000002'"],
    ['inet6', "'::1'", "'::2'"],
    ['point', 'point(1, 2)', 'point(1, 3)'],
    ['varchar(10) character set latin1', "'ä'", "'ö'"],
    ['varchar(10) collate utf8mb4_bin', "'🦊'", "'🐻'"],
  ])('reads %s: equal values agree, others do not', async (type, value, other) => {
    await tables(`id int, thing ${type}, empty ${type}`)
    await query(`insert into ${first}.thing values (1, ${value}, null)`)
    await query(`insert into ${second}.thing values (1, ${value}, null)`)
    const [a, same] = await checksums()
    await query(`update ${second}.thing set thing = ${other}`)
    const [, different] = await checksums()
    expect(a).toMatch(/^[1-9]\d+$/)
    expect(same).toBe(a)
    expect(different).not.toBe(a)
  })

  it('does not depend on the time zone of the session', async () => {
    await tables('id int, sent timestamp(3) null')
    await query(`insert into ${first}.thing values (1, '2026-07-01 12:00:00')`)
    const [utc] = await checksums()
    const elsewhere = async (sql: string) =>
      orm.em.fork().transactional(async (em) => {
        await em.execute("set time_zone = '+05:30'")
        try {
          return await em.execute<Record<string, unknown>[]>(sql)
        } finally {
          await em.execute("set time_zone = '+00:00'")
        }
      })
    const print = await fingerprintDatabase(elsewhere, first)
    expect(print.tables[0]?.checksum).toBe(utc)
  })

  it('includes texts larger than the largest that MariaDB puts together', async () => {
    await tables('id int, body longtext')
    const [limit] = await query('select @@max_allowed_packet as bytes')
    const half = Math.floor(Number(limit?.bytes) * 0.6)
    await query(`insert into ${first}.thing values (1, repeat('x', ${half})), (2, repeat('y', ${half}))`)
    await query(`insert into ${second}.thing values (1, repeat('x', ${half})), (2, repeat('z', ${half}))`)
    const [a, b] = await checksums()
    expect(a).not.toBe(b)
  })

  it('leaves out generated columns and views, and names tables in order', async () => {
    await tables('id int, twice int as (id * 2) stored')
    await query(`create table ${first}.\`an odd \`\`name\` (id int)`)
    await query(`create view ${first}.things as select * from ${first}.thing`)
    const seen: string[] = []
    await fingerprintDatabase(query, first, (name) => seen.push(name))
    expect(seen).toEqual(['an odd `name', 'thing'])
  })

  it('tells the newest time of what happened, not of what is planned', async () => {
    await tables('created_at datetime(3), updated_at datetime(3) null, run_at datetime(3) null')
    await query(`insert into ${first}.thing values
      ('2026-01-01 10:00:00', null, '2026-01-03'), ('2026-01-01', '2026-01-02 11:00:00.123', null),
      ('2999-01-01', null, null)`)
    expect((await print(first)).newestRowAt).toEqual(new Date('2026-01-02T11:00:00.123Z'))
    expect((await print(second)).newestRowAt).toBeNull()
  })
})
