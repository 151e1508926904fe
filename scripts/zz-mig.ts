import { openOrm } from '../runtime/db.ts'

const orm = await openOrm({ DATABASE_URL: 'mysql://dev:dev@127.0.0.1:43306/dev', DATABASE_POOL: 5 })
if (process.argv[2] === 'create') {
  const r = await orm.migrator.create(undefined, false, false, process.argv[3])
  console.log(r.fileName)
}
if (process.argv[2] === 'up') console.log(await orm.migrator.up())
console.log('diff:', await orm.schema.getUpdateSchemaSQL())
await orm.close()
