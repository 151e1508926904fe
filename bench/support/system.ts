import { randomBytes } from 'node:crypto'
import { pino } from 'pino'
import { newKey } from '../../access/key-secret.ts'
import { ApiKey } from '../../entities/api-key.ts'
import { newId } from '../../entities/ids.ts'
import type { Em } from '../../entities/index.ts'
import { Workspace } from '../../entities/workspace.ts'
import { createLedger } from '../../ledger/create-ledger.ts'
import type { Actor, Ledger } from '../../ledger/ledger.ts'
import { streamKey } from '../../queue/keys.ts'
import { openQueues } from '../../queue/queues.ts'
import { openOrm } from '../../runtime/db.ts'
import { findFreePort } from '../../scripts/services/index.ts'
import { developmentSettings } from '../../scripts/system/settings.ts'
import { createDatabase } from '../../test/support/database.ts'
import { registry } from '../../workers/registry.ts'
import { type Child, startChild } from './child.ts'
import { openRedis, services } from './services.ts'

/** The queue the benches use: a real job of the registry, whose `run` the bench's worker replaces. */
export const jobName = 'lead.created'

/** What the worker of a bench does per job; see support/worker.ts. */
export type Behaviour = 'nothing' | 'once' | 'steadily'

/** An installation of the product with a database and key prefix of its own; its processes are real ones. */
export interface System {
  /** Key of an administrator. */
  key: string
  url: string
  actor: Actor
  /** Key of the queue's event stream in Redis. */
  stream: string
  /** A ledger in this process, to prepare jobs and to measure without HTTP. */
  ledger: Ledger
  fork: () => Em
  env: NodeJS.ProcessEnv
  startApi(nodeArgs?: string[]): Promise<Child>
  startDispatcher(): Promise<Child>
  startWorker(behaviour: Behaviour, concurrency: number): Promise<Child>
  /** Stops every process that still runs and drops the database. */
  close(): Promise<void>
}

/** Makes an empty installation; its processes start on demand. */
export async function createSystem(): Promise<System> {
  const database = await createDatabase(services.databaseUrl)
  const [api, sandbox] = [await findFreePort(), await findFreePort()]
  const settings = developmentSettings({ ...services, databaseUrl: database.url }, { api, sandbox })
  const prefix = `bench-${randomBytes(4).toString('hex')}`
  const env = { ...settings, NODE_ENV: 'production', REDIS_PREFIX: prefix }
  const orm = await openOrm({ DATABASE_URL: database.url, DATABASE_POOL: 10 })
  const fork = () => orm.em.fork() as Em
  const queues = openQueues(
    services.redisUrl,
    prefix,
    registry.map(({ name }) => name),
    (error) => console.error(error),
  )
  const ledger = createLedger({
    fork,
    queues,
    definitions: registry,
    log: pino({ level: 'warn' }, pino.destination(2)),
  })
  const { key, actor } = await addKey(fork())
  const running: Child[] = []

  async function start(
    file: string,
    more: { args?: string[]; nodeArgs?: string[]; env?: NodeJS.ProcessEnv } = {},
  ): Promise<Child> {
    const child = await startChild(file, { ...more, env: { ...env, ...more.env } })
    const stop = async () => {
      running.splice(running.indexOf(tracked), 1)
      await child.stop()
    }
    const tracked = { ...child, stop }
    running.push(tracked)
    return tracked
  }

  return {
    key,
    actor,
    ledger,
    fork,
    env,
    url: `http://127.0.0.1:${api}/graphql`,
    stream: streamKey(prefix, jobName),
    startApi: (nodeArgs = []) => start('bin/api.ts', { nodeArgs }),
    startDispatcher: () => start('bin/dispatcher.ts'),
    startWorker: (behaviour, concurrency) =>
      start('bench/support/worker.ts', {
        args: [behaviour],
        env: { WORKER_CONCURRENCY: String(concurrency) },
      }),
    close: async () => {
      for (const child of [...running].reverse()) await child.stop()
      await queues.close()
      await orm.close()
      await deleteKeys(prefix)
      await database.drop()
    },
  }
}

async function addKey(em: Em): Promise<{ key: string; actor: Actor }> {
  const { secret, hash, hint } = newKey()
  const now = new Date()
  const workspaceId = newId('workspace')
  await em.insert(Workspace, {
    id: workspaceId,
    slug: 'bench',
    name: 'Bench',
    timeZone: 'UTC',
    settings: { unknownConsent: { email: true } },
    createdAt: now,
  })
  await em.insert(ApiKey, {
    id: newId('apiKey'),
    workspaceId,
    name: 'Bench',
    role: 'ADMIN',
    scopes: null,
    hash,
    hint,
    createdAt: now,
  })
  return { key: secret, actor: { workspaceId, correlationId: 'bench' } }
}

/** So that what one bench leaves behind does not weigh on the next. */
async function deleteKeys(prefix: string): Promise<void> {
  const redis = openRedis()
  for await (const keys of redis.scanStream({ match: `*${prefix}*`, count: 5_000 }))
    if (keys.length > 0) await redis.unlink(...keys)
  redis.disconnect()
}
