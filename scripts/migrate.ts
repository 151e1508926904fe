// npm run migrate: brings a database to the newest version: the one of the settings file, else the one at DATABASE_URL, else
// the one of `npm start`.
//   npm run migrate -- --create NAME   writes a migration for what changed in the entities
import { type Config, hasSettingsFile, loadConfig } from '../runtime/config.ts'
import { createMigration, migrate } from '../runtime/db.ts'
import { startMariadb } from './services/index.ts'
import { dataDir } from './system/paths.ts'
import { developmentSettings } from './system/settings.ts'

async function main([option, name]: string[]): Promise<void> {
  const given = hasSettingsFile() ? loadConfig() : fromEnvironment()
  const own = given ? undefined : await startMariadb(dataDir)
  try {
    const config = given ?? configFor(own?.url ?? '')
    report(await migrate(config))
    if (option === '--create') reportCreated(await createMigration(config, nameOf(name)))
  } finally {
    await own?.release()
  }
}

function fromEnvironment(): Config | undefined {
  const { OVERRIDE_DATABASE_URL, DATABASE_URL = OVERRIDE_DATABASE_URL } = process.env
  return DATABASE_URL ? configFor(DATABASE_URL) : undefined
}

function nameOf(name = ''): string {
  if (/^[a-z][a-z0-9-]{2,40}$/.test(name)) return name
  throw new Error('say what it does in a few words: npm run migrate -- --create add-score')
}

function reportCreated(file: string | undefined): void {
  console.log(file ? `Wrote migrations/${file}.` : 'The entities have not changed.')
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

main(process.argv.slice(2)).catch((error) => {
  console.error(`The database was not migrated: ${error.message}`)
  process.exitCode = 1
})
