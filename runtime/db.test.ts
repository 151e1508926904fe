import { setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, test } from 'vitest'
import { openOrm } from './db.ts'

test('an idle connection is kept, and gone from MariaDB when the pool is closed', async () => {
  const orm = await openOrm({ DATABASE_URL: inject('databaseUrl'), DATABASE_POOL: 3 })
  const ids = () =>
    Promise.all(
      [1, 2].map(() => orm.em.fork().execute<[{ id: number }]>('select connection_id() as id, sleep(0.05)')),
    )
  const known = async () => (await ids()).map(([{ id }]) => Number(id)).sort((a, b) => a - b)
  const before = await known()
  // The driver looks for idle connections once a second.
  await sleep(2_500)
  expect(await known()).toEqual(before)
  await orm.close()

  const watcher = await openOrm({ DATABASE_URL: inject('databaseUrl'), DATABASE_POOL: 1 })
  const alive = await watcher.em
    .fork()
    .execute('select id from information_schema.processlist where id in (?, ?)', before)
  expect(alive).toEqual([])
  await watcher.close()
})
