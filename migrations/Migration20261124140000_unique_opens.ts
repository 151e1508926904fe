import { Migration } from '@mikro-orm/migrations'

/** Columns of a fact made from facts `f` of one message `m`, besides metric and source event. */
const ofMessage = (metric: string, event: string, where: string) => `
  insert ignore into fact (workspace_id, metric, channel, occurred_at, arrived_at, source_event, count, lead_id, message_id, campaign_id, source, template, bot)
  select m.workspace_id, '${metric}', m.channel, min(f.occurred_at), utc_timestamp(3), concat(m.provider, ':', m.provider_message_id, ':${event}'), 1,
    max(f.lead_id), m.id, max(f.campaign_id), max(f.source), max(f.template), false
  from fact f join message m on m.id = f.message_id
  where ${where} and not f.bot and char_length(m.provider_message_id) < 120
  group by m.id`

/** Columns of a fact made from the report of a campaign. */
const ofReport = (metric: string, total: string) => `
  insert ignore into fact (workspace_id, metric, channel, occurred_at, arrived_at, source_event, count, campaign_id, bot)
  select workspace_id, '${metric}', 'EMAIL', coalesce(sent_at, reported_at), utc_timestamp(3),
    concat('mailchimp:report:', mailchimp_id, ':${metric}:before'), json_value(report, '$.${total}'), id, false
  from campaign where mailchimp_id is not null and reported_at is not null and json_value(report, '$.${total}') > 0`

/**
 * Facts from before opens and clicks were counted both each time and once. A campaign's opens and clicks counted people: they
 * become the unique ones, and what its report says of each time is added. A message's first open and click are added, and that
 * one that bounced was sent.
 */
export class Migration20261124140000_unique_opens extends Migration {
  override name = 'Migration20261124140000_unique_opens'

  override up(): void {
    this.addSql(
      `update fact set metric = concat('UNIQUE_', metric) where metric in ('OPENED', 'CLICKED') and source_event like 'mailchimp:report:%'`,
    )
    this.addSql(ofReport('OPENED', 'opens'))
    this.addSql(ofReport('CLICKED', 'clicks'))
    this.addSql(ofMessage('UNIQUE_OPENED', 'first-open', `f.metric in ('OPENED', 'CLICKED')`))
    this.addSql(ofMessage('UNIQUE_CLICKED', 'first-click', `f.metric = 'CLICKED'`))
    this.addSql(ofMessage('SENT', 'send', `f.metric = 'BOUNCED' and m.provider = 'mandrill'`))
  }
}
