import { Migration } from '@mikro-orm/migrations'

export class Migration20261124130616_schedules_statistics_backups extends Migration {
  override name = 'Migration20261124130616_schedules_statistics_backups'

  override up(): void | Promise<void> {
    this.addSql(
      `create table \`backup\` (\`id\` varchar(40) collate ascii_bin not null, \`job_id\` varchar(40) collate ascii_bin not null, \`state\` varchar(16) collate ascii_bin not null, \`started_at\` datetime(3) not null, \`finished_at\` datetime(3) null, \`snapshot_id\` varchar(64) collate ascii_bin null, \`files_snapshot_id\` varchar(64) collate ascii_bin null, \`bytes_read\` bigint null, \`bytes_added\` bigint null, \`contents\` json null, \`newest_row_at\` datetime(3) null, \`problem_code\` varchar(40) collate ascii_bin null, \`problem\` varchar(500) null, \`verified_at\` datetime(3) null, \`forgotten_at\` datetime(3) null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB;`,
    )
    this.addSql(`alter table \`backup\` add unique \`backup_job\` (\`job_id\`);`)
    this.addSql(`alter table \`backup\` add index \`backup_started\` (\`started_at\`);`)

    this.addSql(
      `create table \`job_stat_hour\` (\`workspace_id\` varchar(40) collate ascii_bin not null, \`hour_at\` datetime(3) not null, \`name\` varchar(64) collate ascii_bin not null, \`measure\` varchar(16) collate ascii_bin not null, \`bucket\` int unsigned not null, \`count\` int not null, primary key (\`workspace_id\`, \`hour_at\`, \`name\`, \`measure\`, \`bucket\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB;`,
    )

    this.addSql(
      `create table \`stat_hour\` (\`workspace_id\` varchar(40) collate ascii_bin not null, \`hour_at\` datetime(3) not null, \`metric\` varchar(16) collate ascii_bin not null, \`channel\` varchar(16) collate ascii_bin not null, \`campaign_id\` varchar(40) collate ascii_bin not null, \`template\` varchar(64) collate ascii_bin not null, \`source\` varchar(100) not null, \`bot\` tinyint(1) not null, \`q0\` int not null, \`q1\` int not null, \`q2\` int not null, \`q3\` int not null, primary key (\`workspace_id\`, \`hour_at\`, \`metric\`, \`channel\`, \`campaign_id\`, \`template\`, \`source\`, \`bot\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB;`,
    )

    this.addSql(
      `create table \`stat_position\` (\`name\` varchar(16) collate ascii_bin not null, \`fact_id\` bigint not null, \`at\` datetime(3) not null, primary key (\`name\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB;`,
    )

    this.addSql(
      `insert into \`stat_position\` (\`name\`, \`fact_id\`, \`at\`) values ('FACTS', 0, '1970-01-01'), ('JOBS', 0, '1970-01-01'), ('GATE', 0, '1970-01-01'), ('PRUNED', 0, '1970-01-01');`,
    )

    this.addSql(
      `create table \`verification\` (\`id\` varchar(40) collate ascii_bin not null, \`backup_id\` varchar(40) collate ascii_bin not null, \`job_id\` varchar(40) collate ascii_bin not null, \`state\` varchar(16) collate ascii_bin not null, \`scratch_database\` varchar(64) collate ascii_bin not null, \`started_at\` datetime(3) not null, \`finished_at\` datetime(3) null, \`findings\` json not null, \`table_count\` int null, \`row_count\` bigint null, \`newest_row_at\` datetime(3) null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB;`,
    )
    this.addSql(`alter table \`verification\` add unique \`verification_job\` (\`job_id\`);`)
    this.addSql(`alter table \`verification\` add index \`verification_backup\` (\`backup_id\`, \`id\`);`)

    this.addSql(
      `create table \`schedule\` (\`id\` varchar(40) collate ascii_bin not null, \`workspace_id\` varchar(40) collate ascii_bin not null, \`name\` varchar(64) collate ascii_bin not null, \`job_name\` varchar(64) collate ascii_bin not null, \`input\` json not null, \`input_version\` int not null, \`cron\` varchar(100) collate ascii_bin not null, \`time_zone\` varchar(64) collate ascii_bin not null, \`overlap\` varchar(8) collate ascii_bin not null, \`catch_up\` varchar(8) collate ascii_bin not null, \`built_in\` tinyint(1) not null, \`paused_at\` datetime(3) null, \`next_at\` datetime(3) null, \`last_tick_at\` datetime(3) null, \`last_job_id\` varchar(40) collate ascii_bin null, \`problem\` varchar(500) null, \`created_at\` datetime(3) not null, \`updated_at\` datetime(3) not null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB;`,
    )
    this.addSql(`alter table \`schedule\` add index \`schedule_next\` (\`next_at\`);`)
    this.addSql(`alter table \`schedule\` add unique \`schedule_name\` (\`workspace_id\`, \`name\`);`)

    this.addSql(
      `create table \`erasure\` (\`id\` varchar(40) collate ascii_bin not null, \`workspace_id\` varchar(40) collate ascii_bin not null, \`lead_id\` varchar(40) collate ascii_bin not null, \`at\` datetime(3) not null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB;`,
    )
    this.addSql(`alter table \`erasure\` add unique \`erasure_lead\` (\`lead_id\`);`)
    this.addSql(`alter table \`erasure\` add index \`erasure_page\` (\`workspace_id\`, \`id\`);`)

    this.addSql(`alter table \`job\` add \`schedule_id\` varchar(40) collate ascii_bin null;`)
    this.addSql(`alter table \`job\` add index \`job_schedule\` (\`schedule_id\`, \`id\`);`)

    this.addSql(`alter table \`fact\` drop index \`fact_arrived\`;`)
    this.addSql(`alter table \`fact\` add index \`fact_lead\` (\`lead_id\`);`)

    this.addSql(`alter table \`lead\` add \`erased_at\` datetime(3) null;`)

    this.addSql(
      `alter table \`verification\` add constraint \`verification_backup_id_foreign\` foreign key (\`backup_id\`) references \`backup\` (\`id\`);`,
    )

    this.addSql(
      `alter table \`schedule\` add constraint \`schedule_workspace_id_foreign\` foreign key (\`workspace_id\`) references \`workspace\` (\`id\`);`,
    )

    this.addSql(
      `alter table \`erasure\` add constraint \`erasure_workspace_id_foreign\` foreign key (\`workspace_id\`) references \`workspace\` (\`id\`);`,
    )
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table \`verification\` drop foreign key \`verification_backup_id_foreign\`;`)

    this.addSql(`drop table if exists \`backup\`;`)
    this.addSql(`drop table if exists \`job_stat_hour\`;`)
    this.addSql(`drop table if exists \`stat_hour\`;`)
    this.addSql(`drop table if exists \`stat_position\`;`)
    this.addSql(`drop table if exists \`verification\`;`)
    this.addSql(`drop table if exists \`schedule\`;`)
    this.addSql(`drop table if exists \`erasure\`;`)

    this.addSql(`alter table \`lead\` drop column \`erased_at\`;`)

    this.addSql(`alter table \`fact\` drop index \`fact_lead\`;`)
    this.addSql(`alter table \`fact\` add index \`fact_arrived\` (\`arrived_at\`);`)

    this.addSql(`alter table \`job\` drop index \`job_schedule\`;`)
    this.addSql(`alter table \`job\` drop column \`schedule_id\`;`)
  }
}
