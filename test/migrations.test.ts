import { expect, inject, test } from 'vitest'
import { openOrm } from '../runtime/db.ts'
import { createDatabase } from './support/database.ts'

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
