import { migrate, type Orm, openOrm } from '../../runtime/db.ts'

let made = 0

/** A database of its own on the test server, migrated. `drop` removes it. */
export async function createDatabase(serverUrl: string): Promise<{ url: string; drop: () => Promise<void> }> {
  const database = await createEmptyDatabase(serverUrl)
  await migrate({ DATABASE_URL: database.url, DATABASE_POOL: 3 })
  return database
}

/** A database of its own without tables. */
export async function createEmptyDatabase(
  serverUrl: string,
): Promise<{ url: string; drop: () => Promise<void> }> {
  const name = `t_${process.pid}_${++made}_${Date.now().toString(36)}`
  await execute(serverUrl, `create database ${name} character set utf8mb4 collate utf8mb4_unicode_ci`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => execute(serverUrl, `drop database ${name}`) }
}

async function execute(url: string, sql: string): Promise<void> {
  const orm: Orm = await openOrm({ DATABASE_URL: url, DATABASE_POOL: 2 })
  try {
    await orm.em.fork().execute(sql)
  } finally {
    await orm.close()
  }
}
