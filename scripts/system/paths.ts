import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's folder. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** Everything that running the system writes; removing it is a fresh start. */
export const dataDir = join(root, '.data')

/** Who and where the running system is, for people and programs that use it; there while it runs. */
export const devFile = join(dataDir, 'dev.json')

/** PM2 puts Unix sockets there, which have short names only (about 107 characters on Linux, 103 on macOS). */
export function pm2Home(): string {
  const inside = join(dataDir, 'pm2')
  const hash = createHash('sha256').update(inside).digest('hex').slice(0, 12)
  const home = inside.length < 80 ? inside : join(tmpdir(), `solaria-pm2-${hash}`)
  mkdirSync(home, { recursive: true, mode: 0o700 })
  return home
}
