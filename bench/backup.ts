import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Em } from '../entities/index.ts'
import { connectionOf } from '../integrations/mariadb-tools/server.ts'
import { openOrm } from '../runtime/db.ts'
import { root } from '../scripts/system/paths.ts'
import { developmentSettings } from '../scripts/system/settings.ts'
import { createDatabase } from '../test/support/database.ts'
import { type Child, startChild } from './support/child.ts'
import { changeLittle, fill } from './support/filling.ts'
import { remark, report } from './support/report.ts'
import { services } from './support/services.ts'

/**
 * How long the dump of a database takes, with every table counted and hashed in the dumped state, against a bare
 * `mariadb-dump | restic backup --stdin` into an equal repository; and how much memory the worker takes for it.
 * BENCH_BACKUP_MB sets the size of the database; it is 1000.
 */

const megabytes = Number(process.env.BENCH_BACKUP_MB ?? 1_000)
const password = 'password of the bench'
const run = promisify(execFile)

const database = await createDatabase(services.databaseUrl)
const folder = await mkdtemp(join(root, '.data', 'bench', 'backup-'))
const orm = await openOrm({ DATABASE_URL: database.url, DATABASE_POOL: 2 })
try {
  await measure(orm.em.fork() as Em)
} finally {
  await orm.close()
  await database.drop()
  await rm(folder, { recursive: true })
}

async function measure(em: Em): Promise<void> {
  await fill(em, megabytes * 1_000_000)
  const bare = { url: database.url, repository: join(folder, 'bare') }
  await restic(bare.repository, 'init')
  const child = await startWorker()
  try {
    report('backup', 'dump_vs_bare', await ours(child), await bareDump(bare))
    await changeLittle(em)
    report('backup', 'increment_vs_bare', await ours(child), await bareDump(bare))
    report('backup', 'worker_peak_mb', peakMb(child.pid))
  } finally {
    await child.stop()
  }
}

function startWorker(): Promise<Child> {
  const settings = developmentSettings({ ...services, databaseUrl: database.url }, { api: 1, sandbox: 1 })
  const repository = { BACKUP_REPOSITORY: join(folder, 'ours'), BACKUP_PASSWORD: password }
  return startChild('bench/support/backup-child.ts', { env: { ...settings, ...repository } })
}

/** In seconds. */
async function ours(child: Child): Promise<number> {
  const seconds = (await child.ask<number>('dump')) / 1_000
  remark(`ours ${seconds.toFixed(1)} s`)
  return seconds
}

async function bareDump({ url, repository }: { url: string; repository: string }) {
  const { args, env, database: name } = connectionOf({ url, env: programEnv(repository) })
  const start = performance.now()
  const pipe = 'mariadb-dump "$@" | restic backup --stdin --stdin-filename database.sql --quiet'
  const options = ['--single-transaction', '--routines', '--events', name]
  await run('bash', ['-o', 'pipefail', '-c', pipe, 'bash', ...args, ...options], { env })
  const seconds = (performance.now() - start) / 1_000
  remark(`bare ${seconds.toFixed(1)} s; repository ${await sizeMb(repository)} MB`)
  return { name: 'mariadb-dump | restic', value: seconds }
}

function restic(repository: string, ...args: string[]) {
  return run('restic', args, { env: programEnv(repository) })
}

function programEnv(repository: string): Record<string, string> {
  const { PATH = '', HOME = '' } = process.env
  return { PATH, HOME, RESTIC_REPOSITORY: repository, RESTIC_PASSWORD: password }
}

async function sizeMb(path: string): Promise<number> {
  return Number((await run('du', ['-sm', path])).stdout.split('\t')[0])
}

/** The most memory a process has had, as Linux tells it. */
function peakMb(pid: number): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) / 1_024
}
