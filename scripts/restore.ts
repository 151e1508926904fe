// npm run restore: restores a backup on a machine where nothing of the system runs, not even its old database.
//   npm run restore -- --repository /mnt/backups/solaria --list
//   npm run restore -- --repository /mnt/backups/solaria --database-url mysql://user:password@127.0.0.1:3306/solaria
// It asks nothing: the password is in BACKUP_PASSWORD or in a file (--password-file).
import { findBackup, listBackups, openSource, type Source } from './restore/backups.ts'
import { parse, type RestoreOptions } from './restore/options.ts'
import { restore } from './restore/restore.ts'

async function main(options: RestoreOptions): Promise<void> {
  const source = openSource(options)
  if (options.list) return list(source)
  const backup = await findBackup(source, options.backup)
  console.log(
    `Restoring backup ${backup.id} of ${backup.time.toISOString()} (snapshot ${backup.snapshotId}) …`,
  )
  const outcome = await restore(options, backup)
  for (const { message } of outcome.findings) console.error(`  DIFFERS: ${message}`)
  console.log(
    `${outcome.compared ? 'Compared' : 'Counted'} ${outcome.tables} tables with ${outcome.rows} rows; the newest row is of ${outcome.newestRowAt?.toISOString() ?? 'unknown age'}.`,
  )
  if (outcome.findings.length > 0)
    throw new Error(`the restored database differs from what was dumped in ${outcome.findings.length} places`)
  console.log(
    `Erased again: ${outcome.erasuresReplayed} of ${outcome.tombstones} people who were erased before.`,
  )
  console.log(`The database ${outcome.database} is ready. Go on with docs/backup-and-restore.md.`)
}

async function list(source: Source): Promise<void> {
  for (const { id, time, snapshotId } of await listBackups(source))
    console.log(`${time.toISOString()}  ${id}  snapshot ${snapshotId}`)
}

try {
  await main(parse(process.argv.slice(2), process.env))
} catch (error) {
  console.error(`Nothing can be relied on yet: ${(error as Error).message}`)
  process.exitCode = 1
}
