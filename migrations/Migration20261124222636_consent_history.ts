import { Migration } from '@mikro-orm/migrations'

/**
 * The history begins with what is known of each lead. A line's id is the lead's own with another prefix, so that lines keep the order of
 * their leads; the last digit differs by channel, so that no two are alike.
 */
function knownConsents(channel: string): string {
  const digits = '0123456789abcdefghjkmnpqrstvwxyz'
  const others = '1032547698badcfehgkjnmqpsrvtxwzy'
  const suffix = `substring_index(id, '_', -1)`
  const last =
    channel === 'email' ? `right(id, 1)` : `substring('${others}', locate(right(id, 1), '${digits}'), 1)`
  const at = `coalesce(erased_at, ${channel}_consent_at, created_at)`
  return `insert into \`consent_event\` (id, workspace_id, lead_id, channel, from_state, to_state, at, recorded_at, source, correlation_id)
    select concat('cons_', left(${suffix}, 25), ${last}), workspace_id, id, '${channel.toUpperCase()}', 'UNKNOWN', ${channel}_consent,
      ${at}, utc_timestamp(3), if(erased_at is null, 'BEFORE_HISTORY', 'ERASURE'), 'migration'
    from \`lead\` where ${channel}_consent <> 'UNKNOWN';`
}

export class Migration20261124222636_consent_history extends Migration {
  override name = 'Migration20261124222636_consent_history'

  override up(): void | Promise<void> {
    this.addSql(
      `create table \`consent_event\` (\`id\` varchar(40) collate ascii_bin not null, \`workspace_id\` varchar(40) collate ascii_bin not null, \`lead_id\` varchar(40) collate ascii_bin not null, \`channel\` varchar(16) collate ascii_bin not null, \`from_state\` varchar(16) collate ascii_bin not null, \`to_state\` varchar(16) collate ascii_bin not null, \`at\` datetime(3) not null, \`recorded_at\` datetime(3) not null, \`source\` varchar(16) collate ascii_bin not null, \`vendor\` varchar(16) collate ascii_bin null, \`api_key_id\` varchar(40) collate ascii_bin null, \`wording\` varchar(1000) null, \`job_id\` varchar(40) collate ascii_bin null, \`correlation_id\` varchar(64) collate ascii_bin not null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB;`,
    )
    this.addSql(
      `alter table \`consent_event\` add index \`consent_event_workspace_id_index\` (\`workspace_id\`);`,
    )
    this.addSql(`alter table \`consent_event\` add index \`consent_event_lead\` (\`lead_id\`, \`id\`);`)

    this.addSql(
      `alter table \`consent_event\` add constraint \`consent_event_workspace_id_foreign\` foreign key (\`workspace_id\`) references \`workspace\` (\`id\`);`,
    )
    this.addSql(
      `alter table \`consent_event\` add constraint \`consent_event_lead_id_foreign\` foreign key (\`lead_id\`) references \`lead\` (\`id\`) on delete cascade;`,
    )

    for (const channel of ['email', 'whatsapp']) this.addSql(knownConsents(channel))
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists \`consent_event\`;`)
  }
}
