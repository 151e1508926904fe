import { Redis, type RedisOptions } from 'ioredis'

/** Called with errors of a connection that are not tied to one command, e.g. while Redis is away. */
export type OnError = (error: Error) => void

/** Replies keep the shape BullMQ expects, whatever the protocol. */
type Options = RedisOptions & { replyMapping: 'legacy' }

/** Redis is back within this many ms of a worker's or reader's next try. */
const longestReconnectMs = 3_000

const patient: Options = {
  replyMapping: 'legacy',
  maxRetriesPerRequest: null,
  retryStrategy: (tries) => Math.min(200 * tries, longestReconnectMs),
}

/** Commands fail at once while Redis is away: what waits in SQL is handed over later. */
const failFast: Options = {
  ...patient,
  maxRetriesPerRequest: 1,
  enableOfflineQueue: false,
  connectTimeout: 2_000,
}

/**
 * Opens a Redis connection.
 * @param kind `patient` waits for Redis to come back (workers, readers); `failFast` refuses at once (producers)
 */
export function connect(url: string, kind: 'patient' | 'failFast', onError: OnError): Redis {
  const redis = new Redis(url, kind === 'patient' ? patient : failFast)
  redis.on('error', onError)
  return redis
}

/** Resolves when Redis answers. @throws when it does not within a second */
export async function pingRedis(redis: Redis): Promise<void> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error('Redis did not answer within 1 s')), 1_000).unref()
  })
  await Promise.race([redis.ping(), late])
}
