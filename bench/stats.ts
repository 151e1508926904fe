import { sqlTime } from '../ledger/sql.ts'
import { openHttp } from './support/http.ts'
import { percentile, remark, report } from './support/report.ts'
import { createSystem, type System } from './support/system.ts'

/**
 * A year of statistics as a dashboard asks for them: `stats` through the API over a year of hourly buckets, against bare SQL
 * that sums the same metrics of the same buckets by UTC day, or by UTC day and campaign, in the same run. Both are asked in
 * turn, one at a time.
 */

const rounds = 20
const buckets = 800_000
const [firstDay, lastDay] = ['2025-01-01', '2025-12-31']
const metrics = ['SENT', 'DELIVERED', 'UNIQUE_OPENED', 'UNIQUE_CLICKED', 'BOUNCED']

interface Shape {
  name: string
  /** Arguments of `stats` besides the range. */
  args: string
  /** What the bare statement groups by besides the day. */
  columns: string
  /** Metrics the bare statement reads; all without. */
  only?: string[]
}

const some = `metrics: [${metrics.join(', ')}], rates: [OPEN, CLICK]`
const shapes: Shape[] = [
  { name: 'by_day', args: some, columns: 'metric, bot', only: metrics },
  {
    name: 'by_day_kolkata',
    args: `${some}, timeZone: "Asia/Kolkata"`,
    columns: 'metric, bot',
    only: metrics,
  },
  {
    name: 'by_campaign',
    args: `${some}, groupBy: [CAMPAIGN]`,
    columns: 'campaign_id, metric, bot',
    only: metrics,
  },
  { name: 'by_campaign_all', args: 'groupBy: [CAMPAIGN]', columns: 'campaign_id, metric, bot' },
]

const system = await createSystem()
try {
  await fill(system)
  await system.startApi()
  for (const shape of shapes) await measure(shape)
} finally {
  await system.close()
}

/** 200 campaigns, 3 channels, 6 sources and all metrics, spread over the hours of a year. */
async function fill({ fork, actor }: System): Promise<void> {
  const one = (count: number) => `1 + floor(rand() * ${count})`
  await fork().execute(
    `insert ignore into stat_hour
     select ?, ? + interval floor(rand() * 8760) hour,
       elt(${one(14)}, 'CREATED', 'SYNCED', 'SENT', 'DELIVERED', 'OPENED', 'UNIQUE_OPENED', 'CLICKED', 'UNIQUE_CLICKED', 'REPLIED', 'BOUNCED', 'COMPLAINED', 'UNSUBSCRIBED', 'FAILED', 'SKIPPED'),
       elt(${one(3)}, 'EMAIL', 'WHATSAPP', 'CRM'), concat('campaign_', lpad(${one(200)}, 26, '0')), 'welcome',
       elt(${one(6)}, 'fair', 'web', 'ads', 'partner', 'import', 'other'), 0,
       floor(rand() * 20), floor(rand() * 20), floor(rand() * 20), floor(rand() * 20)
     from seq_1_to_${buckets}`,
    [actor.workspaceId, `${firstDay} 00:00:00`],
  )
  await fork().execute('analyze table stat_hour')
  const [row] = await fork().execute<{ n: number }[]>('select count(*) as n from stat_hour')
  remark(`${Number(row!.n)} buckets, ${rounds} rounds`)
}

async function measure(shape: Shape): Promise<void> {
  const http = await openHttp(system.url, system.key)
  const body = JSON.stringify({ query: question(shape) })
  const ours: number[] = []
  const floor: number[] = []
  let bytes = 0
  let rows = 0
  for (let round = -2; round < rounds; round++) {
    const mine = await timed(async () => (await http.post(body)).length)
    const bare = await timed(() => bareSql(shape))
    if (round < 0) continue
    ours.push(mine.ms)
    floor.push(bare.ms)
    bytes = mine.value
    rows = bare.value
  }
  http.close()
  remark(`${shape.name}: an answer has ${bytes} bytes, the bare statement ${rows} rows`)
  for (const [metric, share] of [
    ['p50', 0.5],
    ['p95', 0.95],
  ] as const)
    report('stats', `${shape.name}_${metric}_ms`, percentile(ours, share), {
      name: `bare select group by day, ${shape.columns}`,
      value: percentile(floor, share),
    })
}

function question({ args }: Shape): string {
  return `{ stats(range: { from: "${firstDay}", to: "${lastDay}" }, ${args}) { ... on Error { message } ... on Stats {
    through points { day } series { group { isOther campaignId } metrics { metric total values } rates { rate total values } } } } }`
}

/** @returns how many rows came */
async function bareSql({ columns, only }: Shape): Promise<number> {
  const end = new Date(Date.parse(`${lastDay}T00:00:00Z`) + 86_400_000)
  const rows = await system.fork().execute<unknown[]>(
    `select date(hour_at) as day, ${columns}, sum(q0 + q1 + q2 + q3) as total from stat_hour
     where workspace_id = ? and hour_at >= ? and hour_at < ? ${only ? `and metric in ('${only.join("', '")}')` : ''}
     group by day, ${columns}`,
    [system.actor.workspaceId, `${firstDay} 00:00:00`, sqlTime(end)],
  )
  return rows.length
}

async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; value: T }> {
  const startedAt = performance.now()
  const value = await work()
  return { ms: performance.now() - startedAt, value }
}
