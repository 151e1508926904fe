import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { pino } from 'pino'
import { openBackups } from '../../runtime/backups/open.ts'
import { openRestores } from '../../runtime/backups/restores.ts'
import { type Config, loadConfig } from '../../runtime/config.ts'
import { backupDaily } from '../../workers/backup.daily.ts'
import { backupVerify } from '../../workers/backup.verify.ts'
import { unusedVendors } from './unused-vendors.ts'
import { createWorld, type World } from './world.ts'

/** For tests: a world with a repository of its own, in which backups are made. */

const run = promisify(execFile)

export const password = 'a password of tests'

export interface BackupWorld {
  world: World
  /** Changes count from the next call on. */
  config: Config
  folder: string
  repository: string
  /** Settings for a process that works on the same. */
  env: Record<string, string>
  /** restic on this repository; what it wrote. */
  restic(...args: string[]): Promise<string>
  /** Ids of the snapshots of backups, and names of locks, in the repository. */
  inRepository(): Promise<{ snapshots: string[]; locks: string[] }>
  /** Enqueues a backup, by default with a single attempt. @returns the job's id */
  enqueue(attempts?: number): Promise<string>
  backupOf(jobId: string): Promise<Record<string, string | null>>
  /** Everything that was logged. */
  log(): string
  close(): Promise<void>
}

/** @param options `workers: false` leaves running the jobs to somebody else, with `env` */
export async function createBackupWorld(
  overrides: Partial<Config> = {},
  { workers = true } = {},
): Promise<BackupWorld> {
  const lines: string[] = []
  const log = pino({ level: 'debug' }, { write: (line) => lines.push(line) })
  const world = await createWorld([backupDaily, backupVerify], { log })
  const folder = await mkdtemp(join(tmpdir(), 'backups-'))
  const repository = join(folder, 'repository')
  const config: Config = {
    ...loadConfig({ ...unusedVendors, DATABASE_URL: world.databaseUrl, REDIS_URL: world.redisUrl }),
    BACKUP_REPOSITORY: repository,
    BACKUP_PASSWORD: password,
    ...overrides,
  }
  world.startDispatcher()
  const services = {
    get backups() {
      return openBackups(config, world.fork)
    },
    get restores() {
      return openRestores(config)
    },
  }
  if (workers) world.startWorkers({ definitions: [backupDaily], services })
  const restic = async (...args: string[]) => {
    const env = { ...process.env, RESTIC_REPOSITORY: repository, RESTIC_PASSWORD: password }
    return (await run('restic', args, { env, maxBuffer: 1e9 })).stdout
  }
  return {
    world,
    config,
    folder,
    repository,
    env: {
      ...unusedVendors,
      DATABASE_URL: world.databaseUrl,
      REDIS_URL: world.redisUrl,
      REDIS_PREFIX: world.prefix,
      BACKUP_REPOSITORY: repository,
      BACKUP_PASSWORD: password,
    },
    restic,
    inRepository: async () => {
      const all: { id: string; tags?: string[] }[] = JSON.parse(
        (await restic('snapshots', '--json', '--no-lock')) || '[]',
      )
      const ofBackups = all.filter(({ tags = [] }) => tags.some((tag) => tag.startsWith('bak_')))
      const locks = (await restic('list', 'locks', '--no-lock')).split('\n').filter(Boolean)
      return { snapshots: ofBackups.map(({ id }) => id), locks }
    },
    log: () => lines.join(''),
    enqueue: async (attempts = 1) => {
      const definition = { ...backupDaily, attempts }
      const { job } = await world.ledger.enqueue({ definition, input: {}, actor: world.actor })
      return job.id
    },
    backupOf: async (jobId) => {
      const [row] = await world
        .fork()
        .execute<Record<string, string | null>[]>('select * from backup where job_id = ?', [jobId])
      return row!
    },
    close: async () => {
      await world.close()
      await rm(folder, { recursive: true })
    },
  }
}
