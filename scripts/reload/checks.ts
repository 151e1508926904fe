import { connect, pingRedis } from '../../queue/connection.ts'
import type { Config } from '../../runtime/config.ts'
import { pendingMigrations } from '../../runtime/db.ts'
import { isFree } from '../services/net.ts'
import { healthPortOf, type RunningApp } from './pm2.ts'

/** @throws when the services that the settings name do not answer, or the database is not of this version */
export async function checkServices(config: Config): Promise<void> {
  const pending = await pendingMigrations(config).catch((error: Error & { code?: string }) => {
    throw new Error(
      `Nothing was reloaded. DATABASE_URL: MariaDB does not answer (${error.code ?? error.message})`,
    )
  })
  if (pending.length > 0)
    throw new Error(`Nothing was reloaded. The database lacks ${pending.join(', ')}. Run: npm run migrate`)
  const redis = connect(config.REDIS_URL, 'patient', () => undefined)
  try {
    await pingRedis(redis)
  } catch {
    throw new Error('Nothing was reloaded. REDIS_URL: Redis does not answer')
  } finally {
    redis.disconnect()
  }
}

/** @throws when the API is to listen where another program does, which no trial of it would show */
export async function checkApiPort({ PORT }: Config, running: readonly RunningApp[]): Promise<void> {
  const ours = running.some((app) => app.name === 'api' && healthPortOf(app) === PORT)
  if (!ours && PORT !== 0 && !(await isFree(PORT)))
    throw new Error(`Nothing was reloaded. PORT: another program listens on ${PORT}`)
}
