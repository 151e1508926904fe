import { join, resolve } from 'node:path'
import { closeKept, type Instance, openInstance } from './instance.ts'
import { mariadb } from './mariadb.ts'
import { redis } from './redis.ts'

export type { Instance } from './instance.ts'
export { findFreePort } from './net.ts'

export interface ServiceOptions {
  /** Folder for the data of what is started, e.g. `.data`. One running instance per folder, shared by all who ask. */
  dataDir: string
  /** A MariaDB to use instead of starting one. */
  databaseUrl?: string | undefined
  /** A Redis to use instead of starting one. */
  redisUrl?: string | undefined
  /** Leave them running when nobody uses them any more, until `stopServices`. Default: false. */
  keep?: boolean
}

export interface Services {
  databaseUrl: string
  redisUrl: string
  /** Process ids of the servers that are ours, by name. */
  pids: Record<string, number>
  /** Handles for fault tests; undefined for a server that was given by URL. */
  mariadb: Instance | undefined
  redis: Instance | undefined
  /** Stops what was started, unless another process uses it too: then that one's `stop` does. */
  stop(): Promise<void>
}

/** Gives a MariaDB and a Redis: those named by URL, those already running for this folder, or newly started ones. */
export async function startServices(options: ServiceOptions): Promise<Services> {
  const [db, cache] = await both(
    options.databaseUrl ? undefined : startMariadb(options.dataDir, options.keep),
    options.redisUrl ? undefined : startRedis(options.dataDir, options.keep),
  )
  return {
    databaseUrl: options.databaseUrl || (db?.url ?? ''),
    redisUrl: options.redisUrl || (cache?.url ?? ''),
    pids: { ...(db && { mariadb: db.pid }), ...(cache && { redis: cache.pid }) },
    mariadb: db,
    redis: cache,
    stop: async () => void (await Promise.all([db?.release(), cache?.release()])),
  }
}

/** Starts or joins the MariaDB of a folder. */
export const startMariadb = (dataDir: string, keep = false): Promise<Instance> =>
  openInstance(mariadb, join(resolve(dataDir), mariadb.name), keep)

/** Starts or joins the Redis of a folder. */
export const startRedis = (dataDir: string, keep = false): Promise<Instance> =>
  openInstance(redis, join(resolve(dataDir), redis.name), keep)

/** Stops what `keep` left running in a folder, unless a living process uses it. */
export async function stopServices(dataDir: string): Promise<void> {
  await Promise.all([mariadb, redis].map(({ name }) => closeKept(join(resolve(dataDir), name))))
}

/** When one of the two cannot start, the other must not be left running. */
async function both(...starting: (Promise<Instance> | undefined)[]): Promise<(Instance | undefined)[]> {
  const results = await Promise.allSettled(starting)
  const failed = results.find((result) => result.status === 'rejected')
  const started = results.map((result) => (result.status === 'fulfilled' ? result.value : undefined))
  if (!failed) return started
  await Promise.all(started.map((instance) => instance?.release()))
  throw failed.reason
}
