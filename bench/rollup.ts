import { newId } from '../entities/ids.ts'
import type { Em } from '../entities/index.ts'
import { inTransaction } from '../ledger/sql.ts'
import { rollUpFacts } from '../marketing/stats/roll-up.ts'
import { openOrm } from '../runtime/db.ts'
import { createDatabase } from '../test/support/database.ts'
import { now } from './support/clock.ts'
import { addCampaigns, fillFacts } from './support/facts.ts'
import { remark, report } from './support/report.ts'
import { services } from './support/services.ts'

/**
 * Five million facts of a year into hourly buckets, and then 1 % new ones; against the one statement somebody would write by
 * hand, into a table like ours. MariaDB has its default memory for grouping, which is not enough for all groups of a year:
 * so the statement is measured a second time with as much memory as it wants. BENCH_FACTS makes it smaller.
 */

const facts = Number(process.env.BENCH_FACTS ?? 5_000_000)
const from = new Date('2025-11-01T00:00:00Z')
const to = new Date('2026-11-01T00:00:00Z')
const nextDays = new Date('2026-11-04T16:00:00Z')

const bareSql = `
  insert into bare_hour
  select workspace_id, cast(date_format(occurred_at, '%Y-%m-%d %H:00:00') as datetime(3)) as hour_of, metric,
    coalesce(channel, ''), coalesce(campaign_id, ''), coalesce(template, ''), coalesce(source, ''), bot,
    sum(count), 0, 0, 0
  from fact group by workspace_id, hour_of, metric, channel, campaign_id, template, source, bot`

const database = await createDatabase(services.databaseUrl)
const orm = await openOrm({ DATABASE_URL: database.url, DATABASE_POOL: 2 })
const fork = () => orm.em.fork() as Em
try {
  await bench()
} finally {
  await orm.close()
  await database.drop()
}

async function bench(): Promise<void> {
  const workspaceId = newId('workspace')
  const workspace = [workspaceId, 'bench', 'Bench', 'UTC', from]
  await fork().execute(
    'insert into workspace (id, slug, name, time_zone, created_at) values (?, ?, ?, ?, ?)',
    workspace,
  )
  await addCampaigns(fork(), workspaceId, from)
  await fillFacts(fork(), { workspaceId, facts, from, to })
  await fork().execute('create table bare_hour like stat_hour')
  await remarkSizes()
  const spilled = await bareSeconds('default')
  const full = await rollUpSeconds()
  const inMemory = await bareSeconds('4294967296')
  await proveEqual()
  await fillFacts(fork(), { workspaceId, facts: facts / 100, first: facts + 1, from: to, to: nextDays })
  const increment = await rollUpSeconds()
  report('rollup', 'full_vs_bare_sql', full, { name: 'INSERT … SELECT … GROUP BY', value: spilled })
  report('rollup', 'full_vs_bare_sql_in_memory', full, {
    name: 'INSERT … SELECT … GROUP BY, 4 GB for groups',
    value: inMemory,
  })
  report('rollup', 'increment_vs_full', increment, { name: 'full roll-up', value: full })
}

/** Runs the bare statement into an empty table. @param memory bytes in which MariaDB may group */
async function bareSeconds(memory: string): Promise<number> {
  await fork().execute('truncate bare_hour')
  return timed(`bare statement, memory for groups: ${memory}`, () =>
    fork().transactional(async (em) => {
      await em.execute(`set session tmp_memory_table_size = ${memory}, max_heap_table_size = ${memory}`)
      await em.execute(bareSql)
      await em.execute('set session tmp_memory_table_size = default, max_heap_table_size = default')
    }),
  )
}

function rollUpSeconds(): Promise<number> {
  const transaction = <T>(work: (em: Em) => Promise<T>) => inTransaction(fork, work)
  const signal = new AbortController().signal
  return timed('roll-up', () => rollUpFacts({ transaction, signal, tell: () => undefined }))
}

async function timed(what: string, work: () => Promise<unknown>): Promise<number> {
  const start = now()
  await work()
  const seconds = (now() - start) / 1_000
  remark(`${what}: ${seconds.toFixed(2)} s`)
  return seconds
}

/** Both count the same, or there is nothing to compare. */
async function proveEqual(): Promise<void> {
  const [row] = await fork().execute<{ ours: string; bare: string; buckets: string; bare_buckets: string }[]>(
    `select (select sum(q0 + q1 + q2 + q3) from stat_hour) as ours, (select sum(q0) from bare_hour) as bare,
       (select count(*) from stat_hour) as buckets, (select count(*) from bare_hour) as bare_buckets`,
  )
  const { ours, bare, buckets, bare_buckets } = row!
  if (Number(ours) !== facts || Number(bare) !== facts || buckets !== bare_buckets)
    throw new Error(`${facts} facts, of which the roll-up counted ${ours}, the bare statement ${bare}`)
  remark(`${facts} facts in ${buckets} buckets, equal on both sides`)
}

async function remarkSizes(): Promise<void> {
  await fork().execute('analyze table fact')
  const sizes = await fork().execute<{ index_name: string; bytes: string }[]>(
    `select index_name, stat_value * @@innodb_page_size as bytes from mysql.innodb_index_stats
     where database_name = database() and table_name = 'fact' and stat_name = 'size'`,
  )
  const perRow = sizes.map(({ index_name, bytes }) => `${index_name} ${Math.round(Number(bytes) / facts)}`)
  remark(`bytes per fact: ${perRow.join(', ')}`)
}
