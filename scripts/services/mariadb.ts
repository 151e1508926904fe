import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { run } from '../bootstrap/process.mjs'
import { ask } from './net.ts'
import { findProgram } from './programs.ts'
import type { Place, Server } from './server.ts'

const PACKAGES = ['mariadb-server-core', 'mariadb-client-core']
const NAME = 'solaria'

/** MariaDB with one database and one user, both called solaria; the password is made up once per data folder. */
export const mariadb: Server = {
  name: 'mariadb',
  program: { names: ['mariadbd', 'mysqld'], packages: PACKAGES, variable: 'DATABASE_URL' },
  startLimitMs: 60_000,
  async prepare({ dir }) {
    mkdirSync(tmp(dir), { recursive: true })
    if (!existsSync(join(dir, 'data'))) await install(dir)
    writeFileSync(join(dir, 'init.sql'), initSql(password(dir)), { mode: 0o600 })
    rmSync(pidFile(dir), { force: true })
  },
  args: ({ dir, port }) => [
    '--no-defaults',
    ...asRoot(),
    ...[`--datadir=${join(dir, 'data')}`, `--socket=${socket(dir)}`, `--pid-file=${pidFile(dir)}`],
    // A server that starts clears the temporary tables out of its folder, so two must not share one.
    `--tmpdir=${tmp(dir)}`,
    ...[`--port=${port}`, '--bind-address=127.0.0.1', '--skip-name-resolve', '--max-connections=300'],
    ...[
      '--character-set-server=utf8mb4',
      '--collation-server=utf8mb4_unicode_ci',
      '--default-time-zone=+00:00',
    ],
    ...['--innodb-buffer-pool-size=256M', '--innodb-flush-log-at-trx-commit=1'],
    ...['--skip-log-bin', '--performance-schema=OFF', `--init-file=${join(dir, 'init.sql')}`],
  ],
  async ping({ dir, port }, pid) {
    // The server speaks first: a packet whose fifth byte is the protocol version, 10; 255 says why it refuses.
    const greeting = await ask(port)
    if (greeting[4] !== 10) throw new Error(`MariaDB answered ${greeting.subarray(7).toString()}`)
    // It writes this file once it has its port and before it takes connections.
    if (Number(readFileSync(pidFile(dir), 'utf8')) !== pid)
      throw new Error(`Another MariaDB has port ${port}`)
  },
  url: ({ dir, port }: Place) => `mysql://${NAME}:${password(dir)}@127.0.0.1:${port}/${NAME}`,
}

const pidFile = (dir: string) => join(dir, 'mariadbd.pid')
const tmp = (dir: string) => join(dir, 'tmp')

const asRoot = () => (process.getuid?.() === 0 ? ['--user=root'] : [])

/** Fills a folder beside the real one first, so that an installation cut short is not taken for a whole one. */
async function install(dir: string): Promise<void> {
  const unfinished = join(dir, 'data.unfinished')
  rmSync(unfinished, { recursive: true, force: true })
  const program = await findProgram({
    names: ['mariadb-install-db', 'mysql_install_db'],
    packages: PACKAGES,
    variable: 'DATABASE_URL',
  })
  await run(program, [
    ...['--no-defaults', ...asRoot(), `--datadir=${unfinished}`, '--skip-name-resolve', '--skip-test-db'],
    ...['--auth-root-authentication-method=socket', `--auth-root-socket-user=${userInfo().username}`],
  ])
  renameSync(unfinished, join(dir, 'data'))
}

/** Runs at every start, before the server takes connections. Tests make databases and users of their own, hence all rights. */
function initSql(secret: string): string {
  const user = `'${NAME}'@'127.0.0.1'`
  return [
    `CREATE DATABASE IF NOT EXISTS ${NAME} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;`,
    `CREATE USER IF NOT EXISTS ${user} IDENTIFIED BY '${secret}';`,
    `ALTER USER ${user} IDENTIFIED BY '${secret}';`,
    `GRANT ALL PRIVILEGES ON *.* TO ${user} WITH GRANT OPTION;\n`,
  ].join('\n')
}

function password(dir: string): string {
  const file = join(dir, 'password')
  if (!existsSync(file)) writeFileSync(file, randomBytes(18).toString('base64url'), { mode: 0o600 })
  return readFileSync(file, 'utf8')
}

/** Unix sockets have short names only: about 107 characters on Linux, 103 on macOS. */
function socket(dir: string): string {
  const inside = join(dir, 'mariadbd.sock')
  if (inside.length < 100) return inside
  const hash = createHash('sha256').update(dir).digest('hex').slice(0, 16)
  return join(tmpdir(), `solaria-${hash}.sock`)
}
