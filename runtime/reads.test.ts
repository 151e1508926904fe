import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { hasErrno } from '../entities/sql.ts'
import { createDatabase } from '../test/support/database.ts'
import { until } from '../test/support/world.ts'
import { openReads, type Reads } from './reads.ts'

let database: Awaited<ReturnType<typeof createDatabase>>
let reads: Reads
beforeAll(async () => {
  database = await createDatabase(inject('databaseUrl'))
  reads = await openReads({
    DATABASE_URL: database.url,
    DATABASE_READ_POOL: 5,
    MAX_READS_PER_KEY: 2,
    MAX_STATEMENT_SECONDS: 2,
  })
})
afterAll(async () => {
  await reads.close()
  await database.drop()
})

/** Statements of this database that run now and hold a text. */
const running = async (text: string) => {
  const rows = await reads
    .fork('watcher')
    .execute<{ info: string | null }[]>(
      'select info from information_schema.processlist where db = database()',
    )
  return rows.filter(({ info }) => info?.includes(text) && !info.includes('processlist')).length
}

test('a statement that takes too long is ended by the database', async () => {
  const slow = reads
    .fork('key')
    .execute('select count(*) from seq_1_to_100000000 a join seq_1_to_100000000 b where a.seq + b.seq = -1')
  const error = await slow.catch((cause: unknown) => cause)
  expect(hasErrno(error, [1969])).toBe(true)
})

test('what nobody waits for any more is cancelled in the database', async () => {
  const caller = new AbortController()
  const slow = reads.fork('key', caller.signal).execute('select sleep(1.9) as abandoned')
  slow.catch(() => undefined)
  await until('it runs', async () => (await running('abandoned')) === 1)
  caller.abort()
  await expect(slow).rejects.toThrow()
  await until('it is gone', async () => (await running('abandoned')) === 0, 1_000)
})

test('one key reads with only so many connections at once, and another is not kept waiting', async () => {
  const caller = new AbortController()
  const many = Array.from({ length: 12 }, () =>
    reads
      .fork('greedy', caller.signal)
      .execute('select sleep(1.5) as greedy')
      .catch(() => undefined),
  )
  await until('two run', async () => (await running('greedy')) === 2)
  expect(await reads.fork('other').execute('select 1 as one')).toEqual([{ one: 1 }])
  expect(await running('greedy')).toBe(2)
  caller.abort()
  await Promise.all(many)
  expect(await reads.fork('greedy').execute('select 2 as two')).toEqual([{ two: 2 }])
})
