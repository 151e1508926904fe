import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findFreePort } from '../../scripts/services/index.ts'
import { root } from '../../scripts/system/paths.ts'
import { atExit } from './at-exit.ts'
import { remark } from './report.ts'

/** A PostgreSQL for a peer: private, with its own defaults for durability (fsync and synchronous_commit on). */
export interface Postgres {
  url: string
  stop(): Promise<void>
}

const settings = [
  'fsync=on',
  'synchronous_commit=on',
  'shared_buffers=256MB',
  'max_connections=200',
  'unix_socket_directories=',
]

/** Starts it, or says on stderr why it cannot. */
export async function startPostgres(): Promise<Postgres | undefined> {
  const bin = findBin()
  if (!bin) return skip('there are no initdb and postgres on PATH or in /usr/lib/postgresql')
  const user = process.getuid?.() === 0 ? otherUser() : undefined
  if (process.getuid?.() === 0 && !user)
    return skip('it refuses to run as root, and there is no user postgres or nobody')
  const dir = mkdtempSync(join(tmpdir(), 'solaria-bench-postgres-'))
  if (statSync(dir).dev !== statSync(root).dev)
    remark('PostgreSQL keeps its data on another disk than MariaDB')
  if (user) chownSync(dir, user.uid, user.gid)
  const options = { cwd: dir, ...user }
  const made = spawnSync(
    join(bin, 'initdb'),
    ['-D', join(dir, 'data'), '-U', 'bench', '-A', 'trust'],
    options,
  )
  if (made.status !== 0) return skip(`initdb failed: ${made.stderr}`)
  const port = await findFreePort()
  const args = ['-D', join(dir, 'data'), '-p', String(port), ...settings.flatMap((each) => ['-c', each])]
  const server = spawn(join(bin, 'postgres'), args, { ...options, stdio: 'ignore' })
  const ended = once(server, 'exit')
  const clear = () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
  const orphan = atExit(() => {
    server.kill('SIGQUIT')
    clear()
  })
  while (spawnSync(join(bin, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port)]).status !== 0) {
    if (server.exitCode !== null) return skip('it ended while it was starting')
    await sleep(100)
  }
  return {
    url: `postgres://bench@127.0.0.1:${port}/postgres`,
    stop: async () => {
      server.kill('SIGINT')
      await ended
      orphan.takeBack()
      clear()
    },
  }
}

function skip(why: string): undefined {
  remark(`PostgreSQL is not measured: ${why}`)
}

function findBin(): string | undefined {
  const home = '/usr/lib/postgresql'
  const versions = existsSync(home) ? readdirSync(home).sort((a, b) => Number(b) - Number(a)) : []
  const dirs = [
    ...versions.map((version) => join(home, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
  ]
  return dirs.find((dir) => existsSync(join(dir, 'initdb')) && existsSync(join(dir, 'postgres')))
}

function otherUser(): { uid: number; gid: number } | undefined {
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, name]))
    if (uid?.status === 0 && gid?.status === 0) return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
  }
  return undefined
}
