import { randomBytes } from 'node:crypto'
import { type Logger, pino } from 'pino'
import { inject } from 'vitest'
import { newId } from '../../entities/ids.ts'
import type { Em } from '../../entities/index.ts'
import { createLedger } from '../../ledger/create-ledger.ts'
import type { AnyJobDefinition } from '../../ledger/definition.ts'
import { startDispatcher } from '../../ledger/dispatcher.ts'
import { createJobEvents } from '../../ledger/job-events.ts'
import type { Actor, JobEvents, Ledger } from '../../ledger/ledger.ts'
import type { JobRow } from '../../ledger/row.ts'
import { createRunner } from '../../ledger/run-job.ts'
import { watchCancel } from '../../ledger/watch-cancel.ts'
import { connect } from '../../queue/connection.ts'
import { openQueues, type Queues } from '../../queue/queues.ts'
import { startWorker } from '../../queue/worker.ts'
import { type Orm, openOrm } from '../../runtime/db.ts'
import { createDatabase } from './database.ts'

/** A ledger with real MariaDB and Redis, and whatever runs on it, in this process. */
export interface World {
  orm: Orm
  fork: (signal?: AbortSignal) => Em
  queues: Queues
  ledger: Ledger
  events: JobEvents
  prefix: string
  databaseUrl: string
  redisUrl: string
  actor: Actor
  log: Logger
  /** Schedules that come with the jobs are left out unless `schedules` is set: they would start jobs by the hour. */
  startDispatcher(options?: { schedules?: boolean }): () => Promise<void>
  startWorkers(options?: {
    services?: unknown
    lockMs?: number
    definitions?: AnyJobDefinition[]
  }): () => Promise<void>
  job(id: string): Promise<JobRow>
  /** Waits until `check` gives a value; fails with what was there last. */
  until<T>(
    what: string,
    check: () => Promise<T | undefined | false> | T | undefined | false,
    ms?: number,
  ): Promise<T>
  untilState(id: string, state: JobRow['state'], ms?: number): Promise<JobRow>
  close(): Promise<void>
}

export interface WorldOptions {
  databaseUrl?: string
  redisUrl?: string
  log?: Logger
}

export async function createWorld(
  definitions: AnyJobDefinition[],
  options: WorldOptions = {},
): Promise<World> {
  const redisUrl = options.redisUrl ?? inject('redisUrl')
  const database = await createDatabase(options.databaseUrl ?? inject('databaseUrl'))
  const log = options.log ?? pino({ level: process.env.TEST_LOG ?? 'silent' })
  const orm = await openOrm({ DATABASE_URL: database.url, DATABASE_POOL: 10 })
  const fork = (signal?: AbortSignal) => orm.em.fork(signal ? { signal } : {}) as Em
  const prefix = `t${randomBytes(6).toString('hex')}`
  const onError = () => undefined
  const names = definitions.map(({ name }) => name)
  const openRedis = () => connect(redisUrl, 'patient', onError)
  const queues = openQueues(redisUrl, prefix, names, onError)
  const ledger = createLedger({ fork, queues, definitions, log })
  const events = createJobEvents({ fork, prefix, names, openRedis, log })
  const actor: Actor = { workspaceId: newId('workspace'), correlationId: 'test' }
  await fork().execute(
    'insert into workspace (id, slug, name, time_zone, created_at, settings) values (?, ?, ?, ?, ?, ?)',
    [actor.workspaceId, 'test', 'Test', 'UTC', new Date(), '{"unknownConsent":{"email":true}}'],
  )
  const closers: (() => Promise<unknown>)[] = []
  const job = async (id: string) => (await ledger.load(fork(), actor.workspaceId, [id]))[0]!

  const world: World = {
    orm,
    fork,
    queues,
    ledger,
    events,
    prefix,
    actor,
    log,
    job,
    redisUrl,
    databaseUrl: database.url,
    startDispatcher({ schedules = false } = {}) {
      const dispatcher = startDispatcher({
        fork,
        queues,
        definitions: schedules ? definitions : definitions.map(({ schedule: _, ...rest }) => rest),
        workspace: '',
        prefix,
        log,
        openRedis,
      })
      return closer(closers, () => dispatcher.close())
    },
    startWorkers({ services = {}, lockMs = 30_000, definitions: chosen = definitions } = {}) {
      const redis = openRedis()
      const run = createRunner({ ledger, fork, services, log })
      const workers = chosen.map((definition) =>
        startWorker(
          {
            prefix,
            name: definition.name,
            concurrency: definition.concurrency ?? 10,
            lockMs,
            redis,
            onError,
          },
          run,
        ),
      )
      const unwatch = watchCancel({ fork, prefix, redis: openRedis(), workers, log })
      return closer(closers, async () => {
        unwatch()
        await Promise.all(workers.map((worker) => worker.close('shutdown')))
        redis.disconnect()
      })
    },
    until,
    untilState: (id, state, ms) =>
      until(`job is ${state}`, async () => ((await job(id)).state === state ? job(id) : undefined), ms),
    async close() {
      for (const close of closers.reverse()) await close()
      await events.close()
      await queues.close()
      await orm.close()
      await database.drop().catch(() => undefined)
    },
  }
  return world
}

/** Closes once, whoever asks first. */
function closer(closers: (() => Promise<unknown>)[], close: () => Promise<unknown>): () => Promise<void> {
  let closing: Promise<unknown> | undefined
  const once = async () => {
    closing ??= close()
    await closing
  }
  closers.push(once)
  return once
}

export async function until<T>(
  what: string,
  check: () => Promise<T | undefined | false> | T | undefined | false,
  ms = 20_000,
): Promise<T> {
  const deadline = Date.now() + ms
  for (;;) {
    const value = await check()
    if (value !== undefined && value !== false) return value
    if (Date.now() > deadline) throw new Error(`Not within ${ms} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
