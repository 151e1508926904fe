import type { TestProject } from 'vitest/node'
import { findBackupPrograms } from '../../scripts/services/backup-programs.ts'
import { startServices } from '../../scripts/services/index.ts'

declare module 'vitest' {
  interface ProvidedContext {
    databaseUrl: string
    redisUrl: string
  }
}

/** One MariaDB and one Redis for all test files; each file has its own database and key prefix. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const services = await startServices({
    dataDir: '.data/test',
    databaseUrl: process.env.TEST_DATABASE_URL,
    redisUrl: process.env.TEST_REDIS_URL,
  })
  await findBackupPrograms()
  project.provide('databaseUrl', services.databaseUrl)
  project.provide('redisUrl', services.redisUrl)
  return () => services.stop()
}
