import type { Em } from '../../entities/index.ts'

/**
 * Facts in bulk, as an agency's year brings them: 200 campaigns that begin one after the other and echo for days, busy
 * noons and quiet nights, three channels, ten metrics, six sources, opens of machines, and reports that come days late.
 * They arrive in order of their ids, and the same request makes the same facts.
 */
export interface FactBatch {
  workspaceId: string
  /** How many to append. */
  facts: number
  /** Number of the first one; names its source event, so that batches do not overlap. */
  first?: number
  /** The time in which they arrive. */
  from: Date
  to: Date
}

const campaigns = 200
const perStatement = 250_000

const idOf = (prefix: string, number: string) => `concat('${prefix}_01jd', lpad(${number}, 22, '0'))`

/** Inserts the campaigns that facts belong to. */
export async function addCampaigns(em: Em, workspaceId: string, createdAt: Date): Promise<void> {
  await em.execute(
    `insert into campaign (id, workspace_id, name, state, last_event_seq, created_at, updated_at, version)
     select ${idOf('camp', 'seq')}, ?, concat('Campaign ', seq), 'SENT', 0, ?, ?, 1 from seq_1_to_${campaigns}`,
    [workspaceId, createdAt, createdAt],
  )
}

/** Appends facts, a quarter of a million with each statement, each committed by itself. */
export async function fillFacts(em: Em, { first = 1, ...batch }: FactBatch): Promise<void> {
  for (let done = 0; done < batch.facts; done += perStatement) {
    const rows = Math.min(perStatement, batch.facts - done)
    await em.execute(fill(first + done, rows), [
      batch.workspaceId,
      batch.from,
      (batch.to.getTime() - batch.from.getTime()) / 86_400_000,
      // The share of the batch that comes before this statement, and one row's share of it.
      done / batch.facts,
      1 / batch.facts,
    ])
  }
}

/** Evenly spread times of a day, drawn together around noon; their order stays. */
const atNoon = '(floor(even) + mod(even, 1) + 0.12 * sin(2 * pi() * mod(even, 1)))'

const metric = `elt(1 + interval(
    m, 0.30, 0.59, 0.79, 0.87, 0.90, 0.93, 0.94, 0.96, 0.98),
    'SENT', 'DELIVERED', 'OPENED', 'CLICKED', 'CREATED', 'SYNCED', 'REPLIED', 'BOUNCED', 'UNSUBSCRIBED', 'SKIPPED')`

// A derived table with a limit is not merged into the query around it, which would draw its numbers anew for each use.
const fill = (first: number, rows: number) => `
  insert into fact (workspace_id, metric, channel, occurred_at, arrived_at, source_event, count, lead_id, message_id,
    campaign_id, source, template, bot)
  select workspace_id, metric, channel, timestampadd(microsecond, -1e6 * delay, arrived_at), arrived_at,
    concat(lower(channel), ':', lpad(hex(n), 12, '0'), left(md5(n), 20), ':', lower(metric)), 1,
    ${idOf('lead', 'mod(n * 7919, 50000)')}, ${idOf('msg', 'n')},
    if(campaign = 0, null, ${idOf('camp', 'campaign')}),
    elt(1 + floor(6 * pow(s, 1.6)), 'landing page', 'facebook ads', 'google ads', 'referral', 'trade fair', null),
    if(campaign = 0, elt(1 + mod(n, 3), 'WELCOME', 'DOUBLE_OPT_IN', 'FOLLOW_UP'), null),
    metric in ('OPENED', 'CLICKED') and mod(n, 6) = 0
  from (
    select n, workspace_id, s, campaign, ${metric} as metric,
      if(campaign = 0, elt(1 + mod(n, 3), 'EMAIL', 'WHATSAPP', 'CRM'), elt(1 + (mod(campaign, 5) = 0), 'EMAIL', 'WHATSAPP')) as channel,
      if(late < 0.02, late * 50 * 259200, -4 * ln(1 - d)) as delay,
      timestampadd(microsecond, 1e6 * 86400 * ${atNoon}, began_at) as arrived_at
    from (
      select n, workspace_id, began_at, even, m, s, late, d,
        if(c < 0.15, 0, greatest(1, 1 + floor(share * ${campaigns}) + floor(3 * ln(1 - e)))) as campaign
      from (
        select ${first - 1} + seq as n, given.*, before_this + seq * step as share, (before_this + seq * step) * days as even,
          rand(${first}) as m, rand(${first + 1}) as s, rand(${first + 2}) as late, rand(${first + 3}) as d,
          rand(${first + 4}) as c, rand(${first + 5}) as e
        from (select ? as workspace_id, cast(? as datetime(3)) as began_at, ? as days, ? as before_this, ? as step) given
        join seq_1_to_${rows} limit ${rows}
      ) drawn limit ${rows}
    ) placed limit ${rows}
  ) fact_of limit ${rows}`
