import { newId } from '../../entities/ids.ts'
import type { Em } from '../../entities/index.ts'
import { openBackups } from '../../runtime/backups/open.ts'
import { loadConfig } from '../../runtime/config.ts'
import { openOrm } from '../../runtime/db.ts'

/** Dumps the database whenever it is told to, as a worker does, and answers how long it took, in ms. */

const config = loadConfig(process.env)
const orm = await openOrm(config)
const backups = openBackups(config, () => orm.em.fork() as Em)
const going = new AbortController().signal
await backups.open(going)

process.on('message', async () => {
  const start = performance.now()
  await backups.dump(newId('backup'), going, () => undefined)
  process.send?.(performance.now() - start)
})
process.once('SIGTERM', () => void orm.close().then(() => process.exit(0)))
process.send?.('ready')
