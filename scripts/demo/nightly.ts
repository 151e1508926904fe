import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Em } from '../../entities/index.ts'
import { quoteName } from '../../integrations/mariadb-tools/quote.ts'
import { openOrm } from '../../runtime/db.ts'
import type { DevSystem } from '../system/dev-file.ts'
import { type Api, openApi } from './api.ts'
import { addMonth } from './nightly-facts.ts'
import {
  type BackupNow,
  backupNow,
  type JobNow,
  jobNow,
  restoreBackup,
  runBackup,
  startRollup,
  statsOfRange,
} from './nightly-operations.ts'

/** What a night came to. */
export interface NightlyTally {
  facts: number
  statsMatchFacts: boolean
  backupVerified: boolean
  restoredRowsEqual: boolean
  newestRowAgeSeconds: number | null
}

interface Stage {
  api: Api
  em: Em
  fork: () => Em
  signal: AbortSignal
  run: string
  say: (text: string) => void
}

const longestMs = 600_000
const dayMs = 86_400_000

/**
 * 1. A month of facts, in any order and some twice. 2. Roll up, and count against the facts. 3. Back up; the verification
 * follows by itself. 4. Restore into a second database, and count its rows.
 */
export async function runNightlyDemo(
  system: DevSystem,
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<NightlyTally> {
  const run = randomBytes(4).toString('hex')
  const access = { key: system.keys.admin, correlationId: `nightly-demo-${run}`, signal }
  const orm = await openOrm({ DATABASE_URL: system.databaseUrl, DATABASE_POOL: 2 })
  const fork = () => orm.em.fork() as Em
  const stage: Stage = { api: openApi({ ...access, url: system.apiUrl }), em: fork(), fork, signal, run, say }
  try {
    return await night(stage)
  } finally {
    await orm.close()
  }
}

async function night(stage: Stage): Promise<NightlyTally> {
  const { run, say } = stage
  const workspaceId = await demoWorkspace(stage)
  say('A month of facts arrives, in any order and some of them twice …')
  const facts = await addMonth(stage.fork, workspaceId, run)
  say(`${facts} facts are rolled up …`)
  await finish(stage, startRollup, { idempotencyKey: `rollup-${run}` })
  const statsMatchFacts = await statsMatch(stage, workspaceId)
  say('The database is backed up …')
  const made = await finish(stage, runBackup, { idempotencyKey: `backup-${run}` })
  const { backupId } = made.result as { backupId: string }
  say(`${backupId} is restored into a scratch database and compared …`)
  const { backup, newestRowAgeSeconds } = await verified(stage, backupId)
  say('It is restored into a second database …')
  const confirm = `restore ${backupId}`
  const restored = await finish(stage, restoreBackup, {
    id: backupId,
    confirm,
    idempotencyKey: `restore-${run}`,
  })
  const { database } = restored.result as { database: string }
  const restoredRowsEqual = await rowsEqual(stage, backup, database)
  await stage.em.execute(`drop database ${quoteName(database)}`)
  const backupVerified = backup.verifications[0]?.state === 'PASSED'
  return { facts, statsMatchFacts, backupVerified, restoredRowsEqual, newestRowAgeSeconds }
}

async function demoWorkspace({ em }: Stage): Promise<string> {
  const [row] = await em.execute<{ id: string }[]>("select id from workspace where slug = 'demo'")
  return row!.id
}

/** Starts a job and waits until it is final. @throws with its error unless it was completed */
async function finish<Input>(
  { api, signal }: Stage,
  mutation: typeof startRollup | typeof runBackup | typeof restoreBackup,
  input: Input,
): Promise<JobNow> {
  const { job: started, message } = (await api.ask(mutation, { input: input as never })).start
  if (!started) throw new Error(message)
  const deadline = Date.now() + longestMs
  for (;;) {
    const { job } = await api.ask(jobNow, { id: started.id })
    if (job.state === 'COMPLETED') return job
    if (job.state === 'DEAD' || job.state === 'CANCELLED') throw new Error(job.error?.message ?? job.state)
    if (Date.now() > deadline) throw new Error(`${started.id} did not end in time`)
    await sleep(200, undefined, { signal })
  }
}

/** Whether statistics say the same as counting the facts does, metric by metric, people and machines apart. */
async function statsMatch({ api, em }: Stage, workspaceId: string): Promise<boolean> {
  const day = (ago: number) => new Date(Date.now() - ago * dayMs).toISOString().slice(0, 10)
  const range = { from: day(31), to: day(0) }
  const { stats } = await api.ask(statsOfRange, { range })
  if (stats.message !== undefined) throw new Error(stats.message)
  const counted = await em.execute<{ metric: string; total: string; machines: string }[]>(
    `select metric, sum(if(bot, 0, count)) as total, sum(if(bot, count, 0)) as machines from fact
     where workspace_id = ? and occurred_at >= ? and occurred_at < ? + interval 1 day group by metric`,
    [workspaceId, range.from, range.to],
  )
  return counted.every(({ metric, total, machines }) =>
    stats.total.metrics.some(
      (of) => of.metric === metric && of.total === Number(total) && of.machineTotal === Number(machines),
    ),
  )
}

async function verified({ api, signal }: Stage, id: string) {
  const deadline = Date.now() + longestMs
  for (;;) {
    const { backup } = await api.ask(backupNow, { id })
    const [newest] = backup.verifications
    if (newest && !['RUNNING', 'BROKEN_OFF'].includes(newest.state)) {
      const at = newest.newestRowAt
      const newestRowAgeSeconds = at && Math.round((Date.now() - new Date(at).getTime()) / 1_000)
      return { backup, newestRowAgeSeconds: at ? Number(newestRowAgeSeconds) : null }
    }
    if (Date.now() > deadline) throw new Error('The backup was not verified in time')
    await sleep(200, undefined, { signal })
  }
}

async function rowsEqual({ em }: Stage, { tables }: BackupNow, database: string): Promise<boolean> {
  for (const { name, rows } of tables) {
    const [row] = await em.execute<{ n: string | number }[]>(
      `select count(*) as n from ${quoteName(database)}.${quoteName(name)}`,
    )
    if (String(row?.n) !== rows) return false
  }
  return tables.length > 0
}
