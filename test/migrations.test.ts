import { expect, inject, test } from 'vitest'
import { openOrm } from '../runtime/db.ts'
import { createDatabase, createEmptyDatabase } from './support/database.ts'

test('migrations produce exactly the schema the entities describe', async () => {
  const database = await createDatabase(inject('databaseUrl'))
  const orm = await openOrm({ DATABASE_URL: database.url, DATABASE_POOL: 2 })
  try {
    expect(await orm.schema.getUpdateSchemaSQL({ wrap: false })).toBe('')
    expect(await orm.migrator.up()).toEqual([])
  } finally {
    await orm.close()
    await database.drop()
  }
})

test('jobs of the time when priorities were numbers have levels after the migration', async () => {
  const database = await createEmptyDatabase(inject('databaseUrl'))
  const orm = await openOrm({ DATABASE_URL: database.url, DATABASE_POOL: 2 })
  const em = orm.em.fork()
  try {
    await orm.migrator.up({ to: 'Migration20261124130616_schedules_statistics_backups' })
    await em.execute(
      "insert into workspace (id, slug, name, time_zone, created_at) values ('w', 'w', 'w', 'UTC', now())",
    )
    for (const priority of [0, 1, 2_097_151])
      await em.execute(
        `insert into job (id, workspace_id, name, input, input_version, fingerprint, state, priority, run_at, run, attempts,
           attempts_made, starts, correlation_id, created_at, updated_at)
         values (?, 'w', 'a.b', '{}', 1, '', 'COMPLETED', ?, now(), 1, 1, 0, 0, '', now(), now())`,
        [`job_${priority}`, priority],
      )
    await orm.migrator.up()
    expect(await em.execute('select id, priority from job order by id')).toEqual([
      { id: 'job_0', priority: 'NORMAL' },
      { id: 'job_1', priority: 'HIGH' },
      { id: 'job_2097151', priority: 'LOW' },
    ])
  } finally {
    await orm.close()
    await database.drop()
  }
})
