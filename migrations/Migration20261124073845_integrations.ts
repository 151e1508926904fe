import { Migration } from '@mikro-orm/migrations'

export class Migration20261124073845_integrations extends Migration {
  override name = 'Migration20261124073845_integrations'

  override up(): void | Promise<void> {
    this.addSql(
      `create table \`whatsapp_template\` (\`id\` varchar(40) collate ascii_bin not null, \`workspace_id\` varchar(40) collate ascii_bin not null, \`name\` varchar(191) collate ascii_bin not null, \`language\` varchar(16) collate ascii_bin not null, \`status\` varchar(32) collate ascii_bin not null, \`category\` varchar(32) collate ascii_bin not null, \`body\` text not null, \`variables\` json not null, \`synced_at\` datetime(3) not null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB;`,
    )
    this.addSql(
      `alter table \`whatsapp_template\` add unique \`whatsapp_template_name\` (\`workspace_id\`, \`name\`, \`language\`);`,
    )

    this.addSql(
      `create table \`webhook_receipt\` (\`id\` varchar(40) collate ascii_bin not null, \`workspace_id\` varchar(40) collate ascii_bin not null, \`vendor\` varchar(16) collate ascii_bin not null, \`dedupe_key\` varchar(64) collate ascii_bin not null, \`body\` mediumtext not null, \`state\` varchar(16) collate ascii_bin not null, \`received_at\` datetime(3) not null, \`applied_at\` datetime(3) null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB;`,
    )
    this.addSql(
      `alter table \`webhook_receipt\` add index \`webhook_receipt_page\` (\`workspace_id\`, \`id\`);`,
    )
    this.addSql(`alter table \`webhook_receipt\` add index \`webhook_receipt_age\` (\`received_at\`);`)
    this.addSql(
      `alter table \`webhook_receipt\` add unique \`webhook_receipt_once\` (\`vendor\`, \`dedupe_key\`);`,
    )

    this.addSql(
      `create table \`suppression\` (\`id\` varchar(40) collate ascii_bin not null, \`workspace_id\` varchar(40) collate ascii_bin not null, \`channel\` varchar(16) collate ascii_bin not null, \`address\` varchar(254) not null, \`reason\` varchar(16) collate ascii_bin not null, \`source\` varchar(16) collate ascii_bin not null, \`at\` datetime(3) not null, \`lifted_at\` datetime(3) null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB;`,
    )
    this.addSql(
      `alter table \`suppression\` add unique \`suppression_address\` (\`workspace_id\`, \`channel\`, \`address\`, \`reason\`);`,
    )

    this.addSql(
      `create table \`integration\` (\`id\` varchar(40) collate ascii_bin not null, \`workspace_id\` varchar(40) collate ascii_bin not null, \`vendor\` varchar(16) collate ascii_bin not null, \`settings\` json not null, \`credentials\` text null, \`token\` text null, \`forced\` varchar(8) collate ascii_bin null, \`created_at\` datetime(3) not null, \`updated_at\` datetime(3) not null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB;`,
    )
    this.addSql(
      `alter table \`integration\` add unique \`integration_vendor\` (\`workspace_id\`, \`vendor\`);`,
    )

    this.addSql(
      `create table \`fact\` (\`id\` bigint unsigned not null auto_increment primary key, \`workspace_id\` varchar(40) collate ascii_bin not null, \`metric\` varchar(16) collate ascii_bin not null, \`channel\` varchar(16) collate ascii_bin null, \`occurred_at\` datetime(3) not null, \`arrived_at\` datetime(3) not null, \`source_event\` varchar(160) collate ascii_bin not null, \`count\` int not null, \`lead_id\` varchar(40) collate ascii_bin null, \`message_id\` varchar(40) collate ascii_bin null, \`campaign_id\` varchar(40) collate ascii_bin null, \`source\` varchar(100) null, \`template\` varchar(64) collate ascii_bin null, \`bot\` tinyint(1) not null) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB;`,
    )
    this.addSql(`alter table \`fact\` add index \`fact_arrived\` (\`arrived_at\`);`)
    this.addSql(`alter table \`fact\` add index \`fact_occurred\` (\`workspace_id\`, \`occurred_at\`);`)
    this.addSql(`alter table \`fact\` add unique \`fact_source\` (\`workspace_id\`, \`source_event\`);`)

    this.addSql(
      `create table \`campaign_sync\` (\`id\` varchar(40) collate ascii_bin not null, \`workspace_id\` varchar(40) collate ascii_bin not null, \`job_id\` varchar(40) collate ascii_bin not null, \`scope\` varchar(16) collate ascii_bin not null, \`campaign_id\` varchar(40) collate ascii_bin null, \`state\` varchar(16) collate ascii_bin not null, \`started_at\` datetime(3) not null, \`finished_at\` datetime(3) null, \`only_in_mailchimp\` int null, \`only_here\` int null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB;`,
    )
    this.addSql(`alter table \`campaign_sync\` add unique \`campaign_sync_job\` (\`job_id\`);`)
    this.addSql(`alter table \`campaign_sync\` add index \`campaign_sync_page\` (\`workspace_id\`, \`id\`);`)

    this.addSql(
      `create table \`campaign_sync_item\` (\`sync_id\` varchar(40) collate ascii_bin not null, \`subject\` varchar(40) collate ascii_bin not null, \`campaign_id\` varchar(40) collate ascii_bin null, \`mailchimp_id\` varchar(32) collate ascii_bin null, \`direction\` varchar(8) collate ascii_bin null, \`outcome\` varchar(16) collate ascii_bin not null, \`fields\` json not null, \`conflicts\` json not null, \`reason\` varchar(300) null, \`done\` tinyint(1) not null, \`at\` datetime(3) not null, primary key (\`sync_id\`, \`subject\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB;`,
    )

    this.addSql(
      `create table \`conversation\` (\`id\` varchar(40) collate ascii_bin not null, \`workspace_id\` varchar(40) collate ascii_bin not null, \`phone_number_id\` varchar(32) collate ascii_bin not null, \`person_key\` varchar(160) collate ascii_bin not null, \`wa_id\` varchar(20) collate ascii_bin null, \`user_id\` varchar(160) collate ascii_bin null, \`lead_id\` varchar(40) collate ascii_bin null, \`last_inbound_at\` datetime(3) not null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB;`,
    )
    this.addSql(`alter table \`conversation\` add index \`conversation_lead_id_index\` (\`lead_id\`);`)
    this.addSql(
      `alter table \`conversation\` add index \`conversation_wa_id\` (\`workspace_id\`, \`phone_number_id\`, \`wa_id\`);`,
    )
    this.addSql(
      `alter table \`conversation\` add unique \`conversation_person\` (\`workspace_id\`, \`phone_number_id\`, \`person_key\`);`,
    )

    this.addSql(
      `create table \`inbound_message\` (\`id\` varchar(40) collate ascii_bin not null, \`conversation_id\` varchar(40) collate ascii_bin not null, \`provider_message_id\` varchar(191) collate ascii_bin not null, \`type\` varchar(32) collate ascii_bin not null, \`text\` text null, \`at\` datetime(3) not null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB;`,
    )
    this.addSql(
      `alter table \`inbound_message\` add index \`inbound_message_conversation_id_index\` (\`conversation_id\`);`,
    )
    this.addSql(
      `alter table \`inbound_message\` add unique \`inbound_message_provider\` (\`provider_message_id\`);`,
    )

    this.addSql(
      `create table \`campaign_event\` (\`id\` varchar(40) collate ascii_bin not null, \`campaign_id\` varchar(40) collate ascii_bin not null, \`seq\` int not null, \`type\` varchar(32) collate ascii_bin not null, \`at\` datetime(3) not null, \`job_id\` varchar(40) collate ascii_bin null, \`correlation_id\` varchar(64) collate ascii_bin not null, \`detail\` json not null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB;`,
    )
    this.addSql(
      `alter table \`campaign_event\` add unique \`campaign_event_seq\` (\`campaign_id\`, \`seq\`);`,
    )

    this.addSql(
      `create table \`audience_member\` (\`workspace_id\` varchar(40) collate ascii_bin not null, \`audience_id\` varchar(32) collate ascii_bin not null, \`member_id\` varchar(32) collate ascii_bin not null, \`email\` varchar(254) not null, \`status\` varchar(16) collate ascii_bin not null, \`changed_at\` datetime(3) null, \`seen_by\` varchar(40) collate ascii_bin not null, \`seen_at\` datetime(3) not null, primary key (\`workspace_id\`, \`audience_id\`, \`member_id\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB;`,
    )
    this.addSql(
      `alter table \`audience_member\` add index \`audience_member_email\` (\`workspace_id\`, \`email\`);`,
    )

    this.addSql(
      `alter table \`campaign\` add \`state\` varchar(16) collate ascii_bin not null, add \`subject\` varchar(150) null, add \`preview_text\` varchar(150) null, add \`from_name\` varchar(100) null, add \`reply_to\` varchar(254) null, add \`html\` mediumtext null, add \`audience_id\` varchar(32) collate ascii_bin null, add \`scheduled_at\` datetime(3) null, add \`sent_at\` datetime(3) null, add \`mailchimp_id\` varchar(32) collate ascii_bin null, add \`synced_content\` json null, add \`synced_at\` datetime(3) null, add \`create_started_at\` datetime(3) null, add \`syncing_by\` varchar(40) collate ascii_bin null, add \`syncing_until\` datetime(3) null, add \`report\` json null, add \`reported_at\` datetime(3) null, add \`reason\` varchar(300) null, add \`last_event_seq\` int not null, add \`updated_at\` datetime(3) not null, add \`version\` int not null;`,
    )
    this.addSql(`alter table \`campaign\` add index \`campaign_page\` (\`workspace_id\`, \`id\`);`)
    this.addSql(`alter table \`campaign\` drop index \`campaign_workspace_id_index\`;`)
    this.addSql(
      `update \`campaign\` set \`state\` = 'DRAFT', \`updated_at\` = \`created_at\`, \`version\` = 1;`,
    )
    this.addSql(
      `alter table \`campaign\` add index \`campaign_state\` (\`workspace_id\`, \`state\`, \`scheduled_at\`);`,
    )
    this.addSql(
      `alter table \`campaign\` add unique \`campaign_mailchimp\` (\`workspace_id\`, \`mailchimp_id\`);`,
    )

    this.addSql(
      `alter table \`lead\` add \`crm_id\` varchar(64) generated always as (coalesce(json_value(\`external_ids\`,'$.hubspot'),json_value(\`external_ids\`,'$.twenty'))) virtual;`,
    )
    this.addSql(`alter table \`lead\` add index \`lead_crm\` (\`workspace_id\`, \`crm_id\`);`)

    this.addSql(
      `alter table \`whatsapp_template\` add constraint \`whatsapp_template_workspace_id_foreign\` foreign key (\`workspace_id\`) references \`workspace\` (\`id\`);`,
    )

    this.addSql(
      `alter table \`webhook_receipt\` add constraint \`webhook_receipt_workspace_id_foreign\` foreign key (\`workspace_id\`) references \`workspace\` (\`id\`);`,
    )

    this.addSql(
      `alter table \`suppression\` add constraint \`suppression_workspace_id_foreign\` foreign key (\`workspace_id\`) references \`workspace\` (\`id\`);`,
    )

    this.addSql(
      `alter table \`integration\` add constraint \`integration_workspace_id_foreign\` foreign key (\`workspace_id\`) references \`workspace\` (\`id\`);`,
    )

    this.addSql(
      `alter table \`fact\` add constraint \`fact_workspace_id_foreign\` foreign key (\`workspace_id\`) references \`workspace\` (\`id\`);`,
    )

    this.addSql(
      `alter table \`campaign_sync\` add constraint \`campaign_sync_workspace_id_foreign\` foreign key (\`workspace_id\`) references \`workspace\` (\`id\`);`,
    )

    this.addSql(
      `alter table \`campaign_sync_item\` add constraint \`campaign_sync_item_sync_id_foreign\` foreign key (\`sync_id\`) references \`campaign_sync\` (\`id\`) on delete cascade;`,
    )

    this.addSql(
      `alter table \`conversation\` add constraint \`conversation_workspace_id_foreign\` foreign key (\`workspace_id\`) references \`workspace\` (\`id\`);`,
    )
    this.addSql(
      `alter table \`conversation\` add constraint \`conversation_lead_id_foreign\` foreign key (\`lead_id\`) references \`lead\` (\`id\`) on delete set null;`,
    )

    this.addSql(
      `alter table \`inbound_message\` add constraint \`inbound_message_conversation_id_foreign\` foreign key (\`conversation_id\`) references \`conversation\` (\`id\`) on delete cascade;`,
    )

    this.addSql(
      `alter table \`campaign_event\` add constraint \`campaign_event_campaign_id_foreign\` foreign key (\`campaign_id\`) references \`campaign\` (\`id\`) on delete cascade;`,
    )

    this.addSql(
      `alter table \`audience_member\` add constraint \`audience_member_workspace_id_foreign\` foreign key (\`workspace_id\`) references \`workspace\` (\`id\`);`,
    )
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table \`campaign_sync_item\` drop foreign key \`campaign_sync_item_sync_id_foreign\`;`)
    this.addSql(
      `alter table \`inbound_message\` drop foreign key \`inbound_message_conversation_id_foreign\`;`,
    )

    this.addSql(`drop table if exists \`whatsapp_template\`;`)
    this.addSql(`drop table if exists \`webhook_receipt\`;`)
    this.addSql(`drop table if exists \`suppression\`;`)
    this.addSql(`drop table if exists \`integration\`;`)
    this.addSql(`drop table if exists \`fact\`;`)
    this.addSql(`drop table if exists \`campaign_sync\`;`)
    this.addSql(`drop table if exists \`campaign_sync_item\`;`)
    this.addSql(`drop table if exists \`conversation\`;`)
    this.addSql(`drop table if exists \`inbound_message\`;`)
    this.addSql(`drop table if exists \`campaign_event\`;`)
    this.addSql(`drop table if exists \`audience_member\`;`)

    this.addSql(`alter table \`lead\` drop index \`lead_crm\`;`)
    this.addSql(`alter table \`lead\` drop column \`crm_id\`;`)

    this.addSql(`alter table \`campaign\` add index \`campaign_workspace_id_index\` (\`workspace_id\`);`)
    this.addSql(`alter table \`campaign\` drop index \`campaign_page\`;`)
    this.addSql(`alter table \`campaign\` drop index \`campaign_state\`;`)
    this.addSql(`alter table \`campaign\` drop index \`campaign_mailchimp\`;`)
    this.addSql(
      `alter table \`campaign\` drop column \`state\`, drop column \`subject\`, drop column \`preview_text\`, drop column \`from_name\`, drop column \`reply_to\`, drop column \`html\`, drop column \`audience_id\`, drop column \`scheduled_at\`, drop column \`sent_at\`, drop column \`mailchimp_id\`, drop column \`synced_content\`, drop column \`synced_at\`, drop column \`create_started_at\`, drop column \`syncing_by\`, drop column \`syncing_until\`, drop column \`report\`, drop column \`reported_at\`, drop column \`reason\`, drop column \`last_event_seq\`, drop column \`updated_at\`, drop column \`version\`;`,
    )
  }
}
