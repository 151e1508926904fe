// npm run migrate: brings the database at DATABASE_URL, or the one of `npm start`, to the newest version.
import { loadConfig } from '../runtime/config.ts'
import { migrate } from '../runtime/db.ts'
import { startMariadb } from './services/index.ts'
import { dataDir } from './system/paths.ts'
import { developmentSettings } from './system/settings.ts'

async function main(): Promise<void> {
  const given = process.env.DATABASE_URL
  const own = given ? undefined : await startMariadb(dataDir)
  try {
    report(await migrate(configFor(given ?? own?.url ?? '')))
  } finally {
    await own?.release()
  }
}

/** A migration needs the database alone, so whatever else is not set may be anything valid. */
function configFor(databaseUrl: string) {
  const services = { databaseUrl, redisUrl: 'redis://127.0.0.1' }
  return loadConfig({
    ...developmentSettings(services, { api: 4000, sandbox: 4100 }),
    ...process.env,
    DATABASE_URL: databaseUrl,
  })
}

function report(applied: string[]): void {
  console.log(applied.length > 0 ? `Applied ${applied.join(', ')}.` : 'The database is up to date.')
}

main().catch((error) => {
  console.error(`The database was not migrated: ${error.message}`)
  process.exitCode = 1
})
