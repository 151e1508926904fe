import type { AnyJobDefinition } from '../ledger/definition.ts'
import { pingRedis } from '../queue/connection.ts'
import { openQueues, type Queues } from '../queue/queues.ts'
import { type Orm, ping } from './db.ts'
import { type Checks, within } from './health.ts'
import type { Parts } from './process.ts'

/** Opens a process's queues, one per definition; they close when it stops. */
export function openProcessQueues(
  { config, onError, shutdown }: Parts,
  definitions: readonly AnyJobDefinition[],
): Queues {
  const names = definitions.map(({ name }) => name)
  const queues = openQueues(config.REDIS_URL, config.REDIS_PREFIX, names, onError)
  shutdown.add('queues', () => queues.close())
  return queues
}

/** What every process needs to do its work. */
export function readyChecks(orm: Orm, queues: Queues): Checks {
  return {
    database: () => within(2_000, ping(orm)),
    redis: () => within(2_000, pingRedis(queues.redis)),
  }
}
