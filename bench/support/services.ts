import type { Redis } from 'ioredis'
import { connect } from '../../queue/connection.ts'

/** The MariaDB and Redis that scripts/bench.ts has started; a bench finds them in its environment. */
export const services = {
  databaseUrl: given('BENCH_DATABASE_URL'),
  redisUrl: given('BENCH_REDIS_URL'),
  pids: JSON.parse(given('BENCH_PIDS')) as Record<string, number>,
}

/** Redis of the peers: another database of the same server, so that it can be emptied. */
export const peerRedisUrl = `${services.redisUrl}/1`

/** Opens a connection that waits for Redis. */
export function openRedis(url: string = services.redisUrl): Redis {
  return connect(url, 'patient', (error) => console.error(error))
}

function given(name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set: run this with npm run bench -- NAME`)
  return value
}
