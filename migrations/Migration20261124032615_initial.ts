import { Migration } from '@mikro-orm/migrations'

export class Migration20261124032615_initial extends Migration {
  override name = 'Migration20261124032615_initial'

  override up(): void | Promise<void> {
    this.addSql(
      `create table \`stream_position\` (\`queue\` varchar(64) collate ascii_bin not null, \`event_id\` varchar(40) collate ascii_bin not null, \`updated_at\` datetime(3) not null, primary key (\`queue\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB;`,
    )

    this.addSql(
      `create table \`workspace\` (\`id\` varchar(40) collate ascii_bin not null, \`slug\` varchar(64) collate ascii_bin not null, \`name\` varchar(120) not null, \`time_zone\` varchar(64) collate ascii_bin not null, \`created_at\` datetime(3) not null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB;`,
    )
    this.addSql(`alter table \`workspace\` add unique \`workspace_slug\` (\`slug\`);`)

    this.addSql(
      `create table \`job\` (\`id\` varchar(40) collate ascii_bin not null, \`workspace_id\` varchar(40) collate ascii_bin not null, \`name\` varchar(64) collate ascii_bin not null, \`input\` json not null, \`input_version\` int not null, \`fingerprint\` varchar(64) collate ascii_bin not null, \`idempotency_key\` varchar(191) collate ascii_bin null, \`state\` varchar(20) collate ascii_bin not null, \`priority\` int not null, \`run_at\` datetime(3) not null, \`run\` int not null, \`attempts\` int not null, \`attempts_made\` int not null, \`starts\` int not null, \`progress\` json null, \`result\` json null, \`error_class\` varchar(16) collate ascii_bin null, \`error_message\` varchar(2000) null, \`worker\` varchar(120) collate ascii_bin null, \`correlation_id\` varchar(64) collate ascii_bin not null, \`lead_id\` varchar(40) collate ascii_bin null, \`campaign_id\` varchar(40) collate ascii_bin null, \`retry_of\` varchar(40) collate ascii_bin null, \`requested_by\` varchar(40) collate ascii_bin null, \`cancel_requested_at\` datetime(3) null, \`check_at\` datetime(3) null, \`last_event_id\` varchar(40) collate ascii_bin null, \`created_at\` datetime(3) not null, \`started_at\` datetime(3) null, \`finished_at\` datetime(3) null, \`updated_at\` datetime(3) not null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB;`,
    )
    this.addSql(`alter table \`job\` add index \`job_check\` (\`name\`, \`check_at\`);`)
    this.addSql(`alter table \`job\` add index \`job_state\` (\`workspace_id\`, \`state\`, \`id\`);`)
    this.addSql(`alter table \`job\` add index \`job_name\` (\`workspace_id\`, \`name\`, \`id\`);`)
    this.addSql(`alter table \`job\` add index \`job_lead\` (\`lead_id\`, \`id\`);`)
    this.addSql(`alter table \`job\` add index \`job_campaign\` (\`campaign_id\`, \`id\`);`)
    this.addSql(`alter table \`job\` add index \`job_correlation\` (\`correlation_id\`);`)
    this.addSql(`alter table \`job\` add index \`job_finished\` (\`finished_at\`);`)
    this.addSql(
      `alter table \`job\` add unique \`job_idempotency\` (\`workspace_id\`, \`name\`, \`idempotency_key\`);`,
    )

    this.addSql(
      `create table \`job_step\` (\`job_id\` varchar(40) collate ascii_bin not null, \`name\` varchar(64) collate ascii_bin not null, \`result\` json null, \`done_at\` datetime(3) not null, primary key (\`job_id\`, \`name\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB;`,
    )

    this.addSql(
      `create table \`job_log\` (\`job_id\` varchar(40) collate ascii_bin not null, \`event_id\` varchar(40) collate ascii_bin not null, \`at\` datetime(3) not null, \`line\` varchar(1000) not null, primary key (\`job_id\`, \`event_id\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB;`,
    )

    this.addSql(
      `create table \`job_attempt\` (\`job_id\` varchar(40) collate ascii_bin not null, \`run\` int unsigned not null, \`number\` int unsigned not null, \`outcome\` varchar(16) collate ascii_bin not null, \`worker\` varchar(120) collate ascii_bin null, \`started_at\` datetime(3) null, \`finished_at\` datetime(3) null, \`error_class\` varchar(16) collate ascii_bin null, \`error_message\` varchar(2000) null, \`error_code\` varchar(100) null, \`next_at\` datetime(3) null, primary key (\`job_id\`, \`run\`, \`number\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB;`,
    )

    this.addSql(
      `create table \`campaign\` (\`id\` varchar(40) collate ascii_bin not null, \`workspace_id\` varchar(40) collate ascii_bin not null, \`name\` varchar(200) not null, \`created_at\` datetime(3) not null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB;`,
    )
    this.addSql(`alter table \`campaign\` add index \`campaign_workspace_id_index\` (\`workspace_id\`);`)

    this.addSql(
      `create table \`lead\` (\`id\` varchar(40) collate ascii_bin not null, \`workspace_id\` varchar(40) collate ascii_bin not null, \`email\` varchar(254) null, \`phone\` varchar(20) collate ascii_bin null, \`first_name\` varchar(100) null, \`last_name\` varchar(100) null, \`company\` varchar(200) null, \`locale\` varchar(35) collate ascii_bin null, \`time_zone\` varchar(64) collate ascii_bin null, \`source\` varchar(100) null, \`utm\` json not null, \`tags\` json not null, \`custom_fields\` json not null, \`email_consent\` varchar(16) collate ascii_bin not null, \`email_consent_at\` datetime(3) null, \`whatsapp_consent\` varchar(16) collate ascii_bin not null, \`whatsapp_consent_at\` datetime(3) null, \`status\` varchar(16) collate ascii_bin not null, \`external_ids\` json not null, \`campaign_id\` varchar(40) collate ascii_bin null, \`last_event_seq\` int not null, \`created_at\` datetime(3) not null, \`updated_at\` datetime(3) not null, \`version\` int not null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB;`,
    )
    this.addSql(`alter table \`lead\` add index \`lead_campaign_id_index\` (\`campaign_id\`);`)
    this.addSql(`alter table \`lead\` add index \`lead_page\` (\`workspace_id\`, \`id\`);`)
    this.addSql(`alter table \`lead\` add index \`lead_phone\` (\`workspace_id\`, \`phone\`);`)
    this.addSql(`alter table \`lead\` add unique \`lead_email\` (\`workspace_id\`, \`email\`);`)

    this.addSql(
      `create table \`message\` (\`id\` varchar(40) collate ascii_bin not null, \`workspace_id\` varchar(40) collate ascii_bin not null, \`lead_id\` varchar(40) collate ascii_bin not null, \`job_id\` varchar(40) collate ascii_bin not null, \`purpose\` varchar(64) collate ascii_bin not null, \`channel\` varchar(16) collate ascii_bin not null, \`occurrence\` varchar(64) collate ascii_bin not null, \`state\` varchar(16) collate ascii_bin not null, \`delivery\` varchar(16) collate ascii_bin null, \`provider\` varchar(32) collate ascii_bin not null, \`provider_message_id\` varchar(191) collate ascii_bin null, \`reason\` varchar(300) null, \`correlation_id\` varchar(64) collate ascii_bin not null, \`claimed_at\` datetime(3) not null, \`updated_at\` datetime(3) not null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB;`,
    )
    this.addSql(`alter table \`message\` add index \`message_workspace_id_index\` (\`workspace_id\`);`)
    this.addSql(
      `alter table \`message\` add index \`message_provider\` (\`provider\`, \`provider_message_id\`);`,
    )
    this.addSql(`alter table \`message\` add index \`message_state\` (\`state\`, \`claimed_at\`);`)
    this.addSql(
      `alter table \`message\` add unique \`message_once\` (\`lead_id\`, \`purpose\`, \`channel\`, \`occurrence\`);`,
    )

    this.addSql(
      `create table \`lead_event\` (\`id\` varchar(40) collate ascii_bin not null, \`lead_id\` varchar(40) collate ascii_bin not null, \`seq\` int not null, \`type\` varchar(32) collate ascii_bin not null, \`at\` datetime(3) not null, \`job_id\` varchar(40) collate ascii_bin null, \`message_id\` varchar(40) collate ascii_bin null, \`correlation_id\` varchar(64) collate ascii_bin not null, \`detail\` json not null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB;`,
    )
    this.addSql(`alter table \`lead_event\` add unique \`lead_event_seq\` (\`lead_id\`, \`seq\`);`)

    this.addSql(
      `create table \`audit\` (\`id\` varchar(40) collate ascii_bin not null, \`workspace_id\` varchar(40) collate ascii_bin not null, \`api_key_id\` varchar(40) collate ascii_bin null, \`action\` varchar(64) collate ascii_bin not null, \`subject_id\` varchar(40) collate ascii_bin not null, \`reason\` varchar(500) null, \`correlation_id\` varchar(64) collate ascii_bin not null, \`at\` datetime(3) not null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB;`,
    )
    this.addSql(
      `alter table \`audit\` add index \`audit_subject\` (\`workspace_id\`, \`subject_id\`, \`id\`);`,
    )

    this.addSql(
      `create table \`api_key\` (\`id\` varchar(40) collate ascii_bin not null, \`workspace_id\` varchar(40) collate ascii_bin not null, \`name\` varchar(120) not null, \`role\` varchar(16) collate ascii_bin not null, \`scopes\` json null, \`hash\` varchar(64) collate ascii_bin not null, \`hint\` varchar(16) collate ascii_bin not null, \`created_at\` datetime(3) not null, \`expires_at\` datetime(3) null, \`revoked_at\` datetime(3) null, \`last_used_at\` datetime(3) null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB;`,
    )
    this.addSql(`alter table \`api_key\` add index \`api_key_workspace_id_index\` (\`workspace_id\`);`)
    this.addSql(`alter table \`api_key\` add unique \`api_key_hash\` (\`hash\`);`)

    this.addSql(
      `alter table \`job\` add constraint \`job_workspace_id_foreign\` foreign key (\`workspace_id\`) references \`workspace\` (\`id\`);`,
    )

    this.addSql(
      `alter table \`job_step\` add constraint \`job_step_job_id_foreign\` foreign key (\`job_id\`) references \`job\` (\`id\`) on delete cascade;`,
    )

    this.addSql(
      `alter table \`job_log\` add constraint \`job_log_job_id_foreign\` foreign key (\`job_id\`) references \`job\` (\`id\`) on delete cascade;`,
    )

    this.addSql(
      `alter table \`job_attempt\` add constraint \`job_attempt_job_id_foreign\` foreign key (\`job_id\`) references \`job\` (\`id\`) on delete cascade;`,
    )

    this.addSql(
      `alter table \`campaign\` add constraint \`campaign_workspace_id_foreign\` foreign key (\`workspace_id\`) references \`workspace\` (\`id\`);`,
    )

    this.addSql(
      `alter table \`lead\` add constraint \`lead_workspace_id_foreign\` foreign key (\`workspace_id\`) references \`workspace\` (\`id\`);`,
    )
    this.addSql(
      `alter table \`lead\` add constraint \`lead_campaign_id_foreign\` foreign key (\`campaign_id\`) references \`campaign\` (\`id\`) on delete set null;`,
    )

    this.addSql(
      `alter table \`message\` add constraint \`message_workspace_id_foreign\` foreign key (\`workspace_id\`) references \`workspace\` (\`id\`);`,
    )
    this.addSql(
      `alter table \`message\` add constraint \`message_lead_id_foreign\` foreign key (\`lead_id\`) references \`lead\` (\`id\`) on delete cascade;`,
    )

    this.addSql(
      `alter table \`lead_event\` add constraint \`lead_event_lead_id_foreign\` foreign key (\`lead_id\`) references \`lead\` (\`id\`) on delete cascade;`,
    )

    this.addSql(
      `alter table \`audit\` add constraint \`audit_workspace_id_foreign\` foreign key (\`workspace_id\`) references \`workspace\` (\`id\`);`,
    )

    this.addSql(
      `alter table \`api_key\` add constraint \`api_key_workspace_id_foreign\` foreign key (\`workspace_id\`) references \`workspace\` (\`id\`);`,
    )
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table \`job\` drop foreign key \`job_workspace_id_foreign\`;`)
    this.addSql(`alter table \`campaign\` drop foreign key \`campaign_workspace_id_foreign\`;`)
    this.addSql(`alter table \`lead\` drop foreign key \`lead_workspace_id_foreign\`;`)
    this.addSql(`alter table \`message\` drop foreign key \`message_workspace_id_foreign\`;`)
    this.addSql(`alter table \`audit\` drop foreign key \`audit_workspace_id_foreign\`;`)
    this.addSql(`alter table \`api_key\` drop foreign key \`api_key_workspace_id_foreign\`;`)
    this.addSql(`alter table \`job_step\` drop foreign key \`job_step_job_id_foreign\`;`)
    this.addSql(`alter table \`job_log\` drop foreign key \`job_log_job_id_foreign\`;`)
    this.addSql(`alter table \`job_attempt\` drop foreign key \`job_attempt_job_id_foreign\`;`)
    this.addSql(`alter table \`lead\` drop foreign key \`lead_campaign_id_foreign\`;`)
    this.addSql(`alter table \`message\` drop foreign key \`message_lead_id_foreign\`;`)
    this.addSql(`alter table \`lead_event\` drop foreign key \`lead_event_lead_id_foreign\`;`)

    this.addSql(`drop table if exists \`stream_position\`;`)
    this.addSql(`drop table if exists \`workspace\`;`)
    this.addSql(`drop table if exists \`job\`;`)
    this.addSql(`drop table if exists \`job_step\`;`)
    this.addSql(`drop table if exists \`job_log\`;`)
    this.addSql(`drop table if exists \`job_attempt\`;`)
    this.addSql(`drop table if exists \`campaign\`;`)
    this.addSql(`drop table if exists \`lead\`;`)
    this.addSql(`drop table if exists \`message\`;`)
    this.addSql(`drop table if exists \`lead_event\`;`)
    this.addSql(`drop table if exists \`audit\`;`)
    this.addSql(`drop table if exists \`api_key\`;`)
  }
}
