import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { openBackups } from '../../runtime/backups/open.ts'
import { openRestores } from '../../runtime/backups/restores.ts'
import { type Config, loadConfig } from '../../runtime/config.ts'
import { backupDaily } from '../../workers/backup.daily.ts'
import { backupVerify } from '../../workers/backup.verify.ts'
import { createWorld, type World } from './world.ts'

/** For tests: a world with a repository of its own, in which backups are made. */

const run = promisify(execFile)

const vendors = {
  MAILCHIMP_BASE_URL: 'http://localhost:1',
  MAILCHIMP_API_KEY: 'not-used',
  MAILCHIMP_LIST_ID: 'x',
  MANDRILL_API_KEY: 'not-used',
  MANDRILL_FROM_EMAIL: 'a@example.com',
  WHATSAPP_TOKEN: 'not-used',
  WHATSAPP_PHONE_NUMBER_ID: 'x',
  HUBSPOT_TOKEN: 'not-used',
}

export const password = 'a password of tests'

export interface BackupWorld {
  world: World
  config: Config
  folder: string
  repository: string
  /** restic on this repository; what it wrote. */
  restic(...args: string[]): Promise<string>
  /** Ids of snapshots and names of locks in the repository. */
  inRepository(): Promise<{ snapshots: string[]; locks: string[] }>
  /** Enqueues a backup. @returns the job's id */
  enqueue(): Promise<string>
  backupOf(jobId: string): Promise<Record<string, string | null>>
  close(): Promise<void>
}

export async function createBackupWorld(overrides: Partial<Config> = {}): Promise<BackupWorld> {
  const world = await createWorld([backupDaily, backupVerify])
  const folder = await mkdtemp(join(tmpdir(), 'backups-'))
  const repository = join(folder, 'repository')
  const config: Config = {
    ...loadConfig({ ...vendors, DATABASE_URL: world.databaseUrl, REDIS_URL: world.redisUrl }),
    BACKUP_REPOSITORY: repository,
    BACKUP_PASSWORD: password,
    ...overrides,
  }
  world.startDispatcher()
  world.startWorkers({
    definitions: [backupDaily],
    services: { backups: openBackups(config, world.fork), restores: openRestores(config) },
  })
  const restic = async (...args: string[]) => {
    const env = { ...process.env, RESTIC_REPOSITORY: repository, RESTIC_PASSWORD: password }
    return (await run('restic', args, { env, maxBuffer: 1e9 })).stdout
  }
  return {
    world,
    config,
    folder,
    repository,
    restic,
    inRepository: async () => {
      const list = async (kind: string) =>
        (await restic('list', kind, '--no-lock')).split('\n').filter(Boolean)
      return { snapshots: await list('snapshots'), locks: await list('locks') }
    },
    enqueue: async () => {
      const { job } = await world.ledger.enqueue({ definition: backupDaily, input: {}, actor: world.actor })
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
