import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import type { Em } from '../../entities/index.ts'
import { createDatabase } from '../../test/support/database.ts'
import { until } from '../../test/support/world.ts'
import { type Orm, openOrm } from '../db.ts'
import { shareSnapshot } from './snapshot.ts'

let database: Awaited<ReturnType<typeof createDatabase>>
let orm: Orm
const fork = () => orm.em.fork() as Em
const name = () => new URL(database.url).pathname.slice(1)

beforeAll(async () => {
  database = await createDatabase(inject('databaseUrl'))
  orm = await openOrm({ DATABASE_URL: database.url, DATABASE_POOL: 5 })
  await fork().execute('create table thing (id int primary key)')
})
afterAll(async () => {
  await orm.close()
  await database.drop()
})

const write = (id: number) =>
  fork().execute(`set statement lock_wait_timeout = 5 for insert into thing values (${id})`)

it('nobody writes while the other snapshot opens; everybody does afterwards, unseen by this one', async () => {
  let written: Promise<unknown> = Promise.resolve()
  let isWritten = false
  const snapshot = await shareSnapshot(fork, new AbortController().signal, name(), async () => {
    written = write(1).then(() => {
      isWritten = true
    })
    await until('a writer waits', async () => (await statements('%insert into thing%')).length === 1)
    expect(isWritten).toBe(false)
  })
  await written
  expect(await snapshot.query('select * from thing')).toEqual([])
  await snapshot.close()
})

it('what is stopped while it keeps writers out lets them go on at once', async () => {
  const stopping = new AbortController()
  const opening = shareSnapshot(fork, stopping.signal, name(), async () => {
    stopping.abort('stopped')
    throw stopping.signal.reason
  })
  await expect(opening).rejects.toBe('stopped')
  await write(2)
})

it('a statement in the snapshot ends on the server too when it is stopped, and its connection is free again', async () => {
  const stopping = new AbortController()
  const snapshot = await shareSnapshot(fork, stopping.signal, name(), async () => undefined)
  const hashing = snapshot.query('select sleep(120) from thing')
  await until('it runs', async () => (await statements('select sleep%')).length === 1)
  stopping.abort(new Error('stopped'))
  await expect(hashing).rejects.toThrow('stopped')
  await snapshot.close()
  expect(await statements('select sleep%')).toEqual([])
  await fork().execute('set statement lock_wait_timeout = 5 for truncate table thing')
})

/** Statements that run now in this database. */
function statements(like: string): Promise<unknown[]> {
  return fork().execute(
    'select info from information_schema.processlist where db = database() and id <> connection_id() and info like ?',
    [like],
  )
}
