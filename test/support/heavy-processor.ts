import { pino } from 'pino'
import type { Em } from '../../entities/index.ts'
import { createLedger } from '../../ledger/create-ledger.ts'
import { createRunner } from '../../ledger/run-job.ts'
import { connect } from '../../queue/connection.ts'
import { openQueues } from '../../queue/queues.ts'
import { createProcessor } from '../../queue/worker.ts'
import { openOrm } from '../../runtime/db.ts'
import { heavy } from './heavy-jobs.ts'

/** What bin/processor.ts is for the real jobs; where it works comes from the environment of the test. */

const {
  HEAVY_DATABASE_URL: databaseUrl = '',
  HEAVY_REDIS_URL: redisUrl = '',
  HEAVY_PREFIX: prefix = '',
} = process.env
const log = pino({ level: 'silent' })
const orm = await openOrm({ DATABASE_URL: databaseUrl, DATABASE_POOL: 2 })
const fork = () => orm.em.fork() as Em
const onError = () => undefined
const queues = openQueues(redisUrl, prefix, [heavy.name], onError)
const ledger = createLedger({ fork, queues, definitions: [heavy], log })
const redis = connect(redisUrl, 'patient', onError)

export default createProcessor(
  { prefix, name: heavy.name, redis, onError },
  createRunner({ ledger, fork, services: {}, log }),
)
