import { Migration } from '@mikro-orm/migrations'

/**
 * A job's priority becomes a named level. 0 was "as it comes", 1 to 10 were meant to be first, the rest to be last. The
 * new column starts out as NORMAL, so that only jobs with a number of their own are written.
 */
export class Migration20261124222311_job_priority_levels extends Migration {
  override name = 'Migration20261124222311_job_priority_levels'

  override up(): void | Promise<void> {
    this.addSql(`alter table \`schedule\` add \`priority\` varchar(16) collate ascii_bin null;`)

    this.addSql(
      `alter table \`job\` add \`priority_level\` varchar(16) collate ascii_bin not null default 'NORMAL' after \`state\`;`,
    )
    this.addSql(
      `update \`job\` set \`priority_level\` = if(\`priority\` <= 10, 'HIGH', 'LOW') where \`priority\` > 0;`,
    )
    this.addSql(`alter table \`job\` drop column \`priority\`;`)
    this.addSql(`alter table \`job\` rename column \`priority_level\` to \`priority\`;`)
    this.addSql(`alter table \`job\` alter column \`priority\` drop default;`)
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table \`job\` add \`priority_number\` int not null default 0 after \`state\`;`)
    this.addSql(
      `update \`job\` set \`priority_number\` = if(\`priority\` in ('LOW', 'BULK'), 2097151, 1) where \`priority\` <> 'NORMAL';`,
    )
    this.addSql(`alter table \`job\` drop column \`priority\`;`)
    this.addSql(`alter table \`job\` rename column \`priority_number\` to \`priority\`;`)
    this.addSql(`alter table \`job\` alter column \`priority\` drop default;`)

    this.addSql(`alter table \`schedule\` drop column \`priority\`;`)
  }
}
