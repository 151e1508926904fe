import { Migration } from '@mikro-orm/migrations'

export class Migration20261124224418_contacts extends Migration {
  override name = 'Migration20261124224418_contacts'

  override up(): void | Promise<void> {
    this.addSql(
      `create table \`contact\` (\`lead_id\` varchar(40) collate ascii_bin not null, \`vendor\` varchar(16) collate ascii_bin not null, \`workspace_id\` varchar(40) collate ascii_bin not null, \`external_id\` varchar(64) collate ascii_bin null, \`address\` varchar(254) null, \`held\` json not null, \`refusal\` varchar(64) collate ascii_bin null, \`written_at\` datetime(3) null, \`syncing_by\` varchar(40) collate ascii_bin null, \`syncing_until\` datetime(3) null, primary key (\`lead_id\`, \`vendor\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB;`,
    )
    this.addSql(
      `alter table \`contact\` add index \`contact_address\` (\`workspace_id\`, \`vendor\`, \`address\`);`,
    )
    this.addSql(
      `alter table \`contact\` add index \`contact_external\` (\`workspace_id\`, \`vendor\`, \`external_id\`);`,
    )

    this.addSql(
      `alter table \`contact\` add constraint \`contact_lead_id_foreign\` foreign key (\`lead_id\`) references \`lead\` (\`id\`) on delete cascade;`,
    )
    this.addSql(
      `alter table \`contact\` add constraint \`contact_workspace_id_foreign\` foreign key (\`workspace_id\`) references \`workspace\` (\`id\`);`,
    )

    // Of leads that vendors know already: where, and under which address if the id tells it. What they hold is not known.
    const nothing = '{"fields":{},"tags":[]}'
    this.addSql(`insert into \`contact\` (lead_id, vendor, workspace_id, external_id, address, held)
      select id, 'mailchimp', workspace_id, json_value(external_ids, '$.mailchimp'),
        if(md5(email) = json_value(external_ids, '$.mailchimp'), email, null), '${nothing}'
      from \`lead\` where json_value(external_ids, '$.mailchimp') is not null and erased_at is null;`)
    for (const vendor of ['hubspot', 'twenty'])
      this.addSql(`insert into \`contact\` (lead_id, vendor, workspace_id, external_id, address, held)
        select id, '${vendor}', workspace_id, json_value(external_ids, '$.${vendor}'), null, '${nothing}'
        from \`lead\` where json_value(external_ids, '$.${vendor}') is not null and erased_at is null;`)
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists \`contact\`;`)
  }
}
