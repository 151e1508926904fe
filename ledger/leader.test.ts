import { pino } from 'pino'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { Em } from '../entities/index.ts'
import { type Orm, openOrm } from '../runtime/db.ts'
import { leadershipCheck } from '../runtime/leadership-check.ts'
import { createDatabase } from '../test/support/database.ts'
import { until } from '../test/support/world.ts'
import { type Leadership, startLeadership } from './leader.ts'

const databases: { url: string; drop: () => Promise<void> }[] = []
const orms: Orm[] = []
let one: () => Em
let other: () => Em
beforeAll(async () => {
  for (let n = 0; n < 2; n++) {
    const database = await createDatabase(inject('databaseUrl'))
    databases.push(database)
    orms.push(await openOrm({ DATABASE_URL: database.url, DATABASE_POOL: 3 }))
  }
  one = () => orms[0]!.em.fork() as Em
  other = () => orms[1]!.em.fork() as Em
})
afterAll(async () => {
  for (const orm of orms) await orm.close()
  for (const database of databases) await database.drop()
})

const start = (fork: () => Em) =>
  startLeadership(
    fork,
    pino({ level: 'silent' }),
    (signal) => new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
  )
const untilState = (leadership: Leadership, state: string) =>
  until(`it is ${state}`, () => leadership.state() === state)

test('two installations on one MariaDB both lead; a second dispatcher of one stands by, is well, and takes over', async () => {
  const [first, elsewhere] = [start(one), start(other)]
  await untilState(first, 'LEADING')
  await untilState(elsewhere, 'LEADING')
  const second = start(one)
  await untilState(second, 'STANDBY')
  expect(leadershipCheck(second.state())).toBe('standby')
  await first.close()
  await untilState(second, 'LEADING')
  await second.close()
  await elsewhere.close()
})

test('a dispatcher that something else keeps from leading is not well', async () => {
  const [{ name }] = await one().execute<[{ name: string }]>(
    "select concat('solaria:dispatcher:', md5(database())) as name",
  )
  const stranger = other()
  await stranger.begin()
  await stranger.execute('select get_lock(?, 5)', [name])
  const kept = start(one)
  await untilState(kept, 'BLOCKED')
  expect(() => leadershipCheck(kept.state())).toThrow('Something else holds the lock')
  await stranger.execute('do release_lock(?)', [name])
  await stranger.rollback()
  await untilState(kept, 'LEADING')
  await kept.close()
})
